"""Which of several statements decides what something is worth when it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import libcst as cst

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources import python_arithmetic as arithmetic
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_scopes import Block
from tunesmith.sources.python_values import DictValue, ListValue, Reference, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN


class Source(NamedTuple):
    """A statement that gives a value, if it runs.

    Attributes:
        block: where it stands.
        order: its place in the order of the text.
        compute: what it gives.
    """

    block: Block
    order: int
    compute: Callable[[], Value]


class Flow:
    """Follows conditions as far as they can be told.

    Args:
        evaluate: what an expression is worth in a block, at a place in the order of the text.
    """

    def __init__(self, evaluate: Callable[[cst.CSTNode, Block, int], Value]) -> None:
        self._evaluate = evaluate

    def first(self, sources: Iterable[Source], reader: Block | None = None) -> Value:
        """The value of the first source that runs, in the order given.

        Args:
            sources: the statements, the one that decides first.
            reader: where the value is read, which therefore runs.

        Returns:
            ABSENT where surely none runs; UNKNOWN where it cannot be told which one does and their
            values differ. One of those that may run is taken to.
        """
        found: list[Value] = []
        for source in sources:
            runs = self.runs(source.block, source.order, reader)
            if runs is not False:
                found.append(source.compute())
            if runs:
                return agreed(found)
        return agreed(found) if found else ABSENT

    def runs(self, block: Block, order: int, reader: Block | None) -> bool | None:
        """Whether a statement runs, given that another block does; None if unsure."""
        around = {id(each) for each in _with_parents(reader)}
        runs: bool | None = True
        for each in _with_parents(block):
            if id(each) in around:
                break
            own = self._is_entered(each, order)
            if own is False:
                return False
            runs = runs and own
        return runs

    def _is_entered(self, block: Block, order: int) -> bool | None:
        if block.is_repeated:
            return None
        if block.test is None:
            return not block.is_fallback
        holds = truth(self._evaluate(block.test, block.parent or block, order))
        return holds if holds is None or not block.is_fallback else not holds


def truth(value: Value) -> bool | None:
    """Whether `if value:` holds; None where that is not known."""
    if arithmetic.is_constant(value):
        return bool(value)
    if isinstance(value, (ListValue, DictValue)):
        filled = len(value.elements if isinstance(value, ListValue) else value.entries) > 0
        return True if filled else (None if value.is_open else False)
    if isinstance(value, Call):
        is_object = bool(value.own_class) or value.name.rpartition(".")[2][:1].isupper()
        return True if is_object else None
    return True if isinstance(value, Reference) and value.name.startswith("torch.") else None


def agreed(values: Sequence[Value]) -> Value:
    """The value that all have; UNKNOWN where they differ."""
    first = values[0]
    return first if all(_is_same(first, each) for each in values) else UNKNOWN


def _is_same(left: Value, right: Value) -> bool:
    comparable = arithmetic.is_constant(left) or isinstance(left, Reference)
    return left is right or (comparable and type(left) is type(right) and left == right)


def _with_parents(block: Block | None) -> Iterable[Block]:
    while block:
        yield block
        block = block.parent
