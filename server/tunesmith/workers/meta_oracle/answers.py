# pyright: basic, reportMissingImports=false
"""Answers what only data could tell where a program asks its tensors: how many, which, whether."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tunesmith.workers.meta_oracle.storages import is_split

aten = torch.ops.aten


class Answers(TorchDispatchMode):
    """Takes every condition to hold, and a choice of tokens to choose as many as have a label.

    Attributes:
        places: positions of each row that a mask of labels has.
        labelled: how many of them it chooses; other masks choose all.
    """

    def __init__(self, places: int, labelled: int) -> None:
        super().__init__()
        self.places, self.labelled = places, labelled

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if is_split(types):
            return NotImplemented
        if func is aten._local_scalar_dense.default:
            return _one(args[0].dtype)
        if func is aten.nonzero.default:
            return args[0].new_empty(args[0].numel(), args[0].ndim, dtype=torch.long)
        if func is aten.index.Tensor and _is_mask(args[1]):
            whole, (mask,) = args
            return whole.new_empty(self._count(mask), *whole.shape[mask.ndim :])
        if func is aten._index_put_impl_.default and _is_mask(args[1]):
            return args[0]
        return func(*args, **(kwargs or {}))

    def _count(self, mask: Any) -> int:
        is_of_labels = mask.ndim == 2 and mask.shape[1] == self.places
        return mask.shape[0] * self.labelled if is_of_labels else mask.numel()


def _one(dtype: torch.dtype) -> bool | int | float:
    if dtype == torch.bool:
        return True
    return 1.0 if dtype.is_floating_point else 1


def _is_mask(indices: Any) -> bool:
    return len(indices) == 1 and indices[0] is not None and indices[0].dtype == torch.bool
