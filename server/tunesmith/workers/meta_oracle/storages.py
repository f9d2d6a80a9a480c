# pyright: basic, reportMissingImports=false
"""Counts the bytes of live tensors while a program runs without any real memory."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

ALLOCATION = 512
"""CUDA's caching allocator hands out multiples of 512 bytes (c10/cuda/CUDACachingAllocator)."""


def is_split(kinds: Iterable[type]) -> bool:
    """Whether an operation is on parts of larger tensors, which do it on what they hold."""
    return any(kind.__name__ == "DTensor" for kind in kinds)


class Ledger(TorchDispatchMode):
    """Every storage that an operation makes, until it dies.

    Attributes:
        kind: what new storages are for, unless their dimensions are those of logits.
        moment: what the program is at; noted with the peak.
        vocabulary, tile: dimensions that tell logits: words, and the fused head's pieces.
        peak: most bytes at once since `start`, `at_peak` by kind, `moment_of_peak`.
    """

    def __init__(self, vocabulary: int, tile: tuple[int, int]) -> None:
        super().__init__()
        self.tile = tile
        self.kind = "weights"
        self.moment = "load"
        self.vocabulary = vocabulary
        self.totals: Counter[str] = Counter()
        self._live: dict[int, tuple[int, str, Any]] = {}
        self.start()

    @property
    def now(self) -> int:
        """Bytes that are live."""
        return self._now

    def start(self) -> None:
        """Forget the peak so far."""
        self._now = sum(self.totals.values())
        self.peak, self.at_peak, self.moment_of_peak = 0, Counter(self.totals), self.moment

    def is_kind(self, tensor: torch.Tensor, kind: str) -> None:
        """Say what a tensor's storage is for."""
        key = tensor.untyped_storage()._cdata
        size, before, reference = self._live[key]
        self._live[key] = (size, kind, reference)
        self.totals[before] -= size
        self.totals[kind] += size

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if is_split(types):
            return NotImplemented
        if func is torch.ops.aten.add.Tensor and self._sums_gradients(args):
            func = torch.ops.aten.add_.Tensor
        results = func(*args, **(kwargs or {}))
        for each in tree_leaves(results):
            if isinstance(each, torch.Tensor):
                self._enter(each)
        self._look()
        return results

    def resize(self, tensor: torch.Tensor, size: int) -> None:
        """Give a tensor's storage another size, as a program does that frees and fills it again."""
        storage = tensor.untyped_storage()
        if storage.size() == size:
            return
        storage.resize_(size)
        before, kind, reference = self._live[storage._cdata]
        self._live[storage._cdata] = (size, kind, reference)
        self.totals[kind] += size - before
        self._now += size - before
        self._look()

    def _look(self) -> None:
        if self._now > self.peak:
            self.peak, self.at_peak = self._now, Counter(self.totals)
            self.moment_of_peak = self.moment

    def _sums_gradients(self, args: Any) -> bool:
        """Whether the engine adds up the gradients of an embedding that is the output layer too.

        It does so in place, though not while operations are watched (InputBuffer::accumulate).
        """
        is_backward = self.moment == "backward" and not torch.is_grad_enabled()
        return is_backward and args[0].ndim == 2 and args[0].shape[0] == self.vocabulary

    def _enter(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._live:
            return
        size = -(-storage.nbytes() // ALLOCATION) * ALLOCATION
        kind = self.kind
        if kind == "activations" and self._has_words(tensor.shape):
            # Past the loss, only the gradient of the embedding has a word in each row.
            kind = "gradients" if self.moment == "backward" else "logits"
        reference = weakref.ref(storage, lambda _: self._leave(key))
        self._live[key] = (size, kind, reference)
        self.totals[kind] += size
        self._now += size

    def _has_words(self, shape: torch.Size) -> bool:
        if len(shape) == 2 and shape[0] <= self.tile[0] and shape[1] == self.tile[1]:
            return self.moment == "loss"
        return self.vocabulary in shape

    def _leave(self, key: int) -> None:
        size, kind, _ = self._live.pop(key)
        self.totals[kind] -= size
        self._now -= size
