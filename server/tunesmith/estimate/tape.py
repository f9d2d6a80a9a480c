"""What automatic differentiation keeps: a few operations on sizes instead of numbers.

The rules are PyTorch's (tools/autograd/derivatives.yaml): which operands an operation keeps for its
gradient, which temporaries that gradient takes, and that a gradient arriving at a tensor is added
in place where nothing else holds the one that is there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class Tensor:
    """A tensor's size.

    Attributes:
        count: how many numbers.
        width: bytes of each.
        size: bytes of all.
        has_grad: whether a gradient flows through it.
        storage: the tensor that it is a view of, else itself.
    """

    __slots__ = ("count", "grad", "has_grad", "holders", "size", "storage", "width")

    def __init__(
        self, count: int, width: int, has_grad: bool, storage: Tensor | None = None
    ) -> None:
        self.storage = storage or self
        self.count, self.width, self.has_grad = count, width, has_grad
        self.size = count * width
        self.holders = 0
        self.grad: _Gradient | None = None


class _Gradient:
    __slots__ = ("holders", "size")

    def __init__(self, size: int) -> None:
        self.size, self.holders = size, 1


class _Operation:
    __slots__ = ("inputs", "kept", "output", "passes", "scratch", "trained")

    def __init__(
        self,
        inputs: Sequence[Tensor],
        output: Tensor,
        kept: Sequence[Tensor],
        scratch: int,
        passes: bool,
        trained: int,
    ) -> None:
        self.inputs, self.output, self.kept = inputs, output, kept
        self.scratch, self.passes, self.trained = scratch, passes, trained


class Tape:
    """Operations in their order.

    Args:
        accumulates: whether gradients of weights are added to earlier ones.
        is_recorded: whether anything is kept; not where no gradient is asked for.

    Attributes:
        kept: bytes that are held for the gradient, tensors from outside not counted.
        way_there: most bytes at once until now, what is kept included.
        alive: tensors that someone has in hand; looked at where nothing is kept.
        trained: bytes of gradients of weights that the way back leaves behind; none where they
            are added to those of earlier batches.
    """

    def __init__(self, accumulates: bool = False, *, is_recorded: bool = True) -> None:
        self._accumulates, self._is_recorded = accumulates, is_recorded
        self._operations: list[_Operation] = []
        self.alive: list[Tensor] = []
        self.kept = 0
        self.way_there = 0
        self.trained = 0

    def outside(self, count: int, width: int, has_grad: bool = True) -> Tensor:
        """A tensor that is there anyway, so that keeping it costs nothing."""
        made = Tensor(count, width, has_grad)
        made.holders = 1
        return made

    def apply(
        self,
        inputs: Sequence[Tensor],
        count: int,
        width: int,
        kept: Sequence[Tensor] = (),
        *,
        scratch: int = 0,
        passes: bool = False,
        trained: int = 0,
        is_view: bool = False,
    ) -> Tensor:
        """Note an operation and return its result.

        Args:
            inputs: the operands through which gradients may flow.
            count: numbers in the result.
            width: bytes of each.
            kept: tensors that the gradient needs; the result may be kept by `keep`.
            scratch: bytes of temporaries of the gradient, besides the gradients of the inputs.
            passes: whether the gradient is handed on as it is: additions, views.
            trained: bytes of the gradient of a weight, which stays.
            is_view: whether the result is a part of the first operand.
        """
        flowing = [each for each in inputs if each.has_grad]
        storage = inputs[0].storage if is_view else None
        has_grad = self._is_recorded and (trained > 0 or bool(flowing))
        output = Tensor(count, width, has_grad, storage)
        if output.has_grad:
            for each in kept:
                self._hold(each)
            self._operations.append(_Operation(flowing, output, kept, scratch, passes, trained))
        there = self.kept if is_view else self.kept + output.size
        live = inputs if self._is_recorded else (*inputs, *self.alive)
        for storage in {each.storage for each in live}:
            if not storage.holders:
                there += storage.size
        if there > self.way_there:
            self.way_there = there
        return output

    def note(self, beside: Iterable[Tensor]) -> None:
        """Note that some tensors are there at this moment besides what is kept."""
        there = self.kept + sum([each.size for each in beside if not each.storage.holders])
        self.way_there = max(self.way_there, there)

    def keep_result(self, result: Tensor) -> None:
        """Have the last operation keep its own result."""
        if result.has_grad:
            self._hold(result)
            last = self._operations[-1]
            last.kept = (*last.kept, result)

    def _hold(self, tensor: Tensor) -> None:
        storage = tensor.storage
        if storage.holders == 0:
            self.kept += storage.size
        storage.holders += 1

    def way_back(self, output: Tensor, arriving: int) -> int:
        """Bytes at the peak of the gradient's way, from all that is kept on.

        Args:
            output: where the gradient starts.
            arriving: bytes of the gradient there; 0 where it is counted elsewhere.
        """
        output.grad = _Gradient(arriving)
        now = peak = self.kept + arriving
        for each in reversed(self._operations):
            gradient = each.output.grad
            if gradient is None:
                continue
            each.output.grad = None
            now, peak = self._back(each, gradient, now, peak)
        return peak

    def _back(
        self, operation: _Operation, gradient: _Gradient, now: int, peak: int
    ) -> tuple[int, int]:
        arrived: list[tuple[Tensor, _Gradient]] = []
        for each in operation.inputs:
            if operation.passes:
                gradient.holders += 1
                arrived.append((each, gradient))
            else:
                arrived.append((each, _Gradient(each.size)))
                now += each.size
        peak = max(peak, now + operation.trained + operation.scratch)
        if not self._accumulates:
            now += operation.trained
            self.trained += operation.trained
        for tensor in operation.kept:
            storage = tensor.storage
            storage.holders -= 1
            if storage.holders == 0:
                now -= storage.size
        now = _released(gradient, now)
        for tensor, new in arrived:
            before = tensor.grad
            if before is None:
                tensor.grad = new
                continue
            if before.holders > 1 and new.holders > 1:
                tensor.grad = _Gradient(tensor.size)
                now += tensor.size
                peak = max(peak, now)
                now = _released(before, _released(new, now))
            elif before.holders > 1:
                tensor.grad, now = new, _released(before, now)
            else:
                now = _released(new, now)
        return now, peak


def _released(gradient: _Gradient, now: int) -> int:
    gradient.holders -= 1
    return now - gradient.size if gradient.holders == 0 else now
