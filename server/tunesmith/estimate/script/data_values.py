"""Values that are data sets: what loads them, and what their methods make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_index import CallSite
from tunesmith.sources.python_values import Value

if TYPE_CHECKING:
    from tunesmith.sources.python_evaluate import Evaluator

PREFIX = "datasets.Dataset."
_LOADERS = ("datasets.load_dataset", "datasets.load_from_disk", "datasets.concatenate_datasets")


class DataValue(Call):
    """A data set made of another one: `dataset.select(...)`, `dataset["train"]`.

    Attributes:
        base: the other one.
        key: what is in the brackets; None for a method.
        is_item: whether it is taken by brackets.
        order: its place in the order of the text.
    """

    def __init__(
        self,
        site: CallSite,
        name: str,
        evaluator: Evaluator,
        base: Value,
        key: Value = None,
        *,
        is_item: bool = False,
    ) -> None:
        super().__init__(site, name, evaluator)
        self.base = base
        self.key = key
        self.is_item = is_item
        self.order = site.order


def is_data(value: Value) -> bool:
    """Whether a value is a data set, or several by the name of their split."""
    if isinstance(value, DataValue):
        return True
    is_loader = isinstance(value, Call) and value.name in _LOADERS
    return is_loader or (isinstance(value, Call) and value.name.startswith(f"{PREFIX}from_"))
