"""What parsers of command lines give to a script: values by attribute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import libcst as cst

from tunesmith.sources.python_values import DictValue, Entry, Value


class Namespace(DictValue):
    """An object whose attributes are read when somebody asks.

    Attributes:
        read: gives the value of an attribute that is in `entries`.
        kind: the canonical name of the library's class that it is an instance of; "" for others.
    """

    def __init__(
        self, entries: Mapping[str, Entry], read: Callable[[str], Value], kind: str
    ) -> None:
        super().__init__(entries)
        self.read = read
        self.kind = kind

    def value(self, key: str) -> Value:
        return self.read(key) if key in self.entries else super().value(key)


def namespace(
    names: Iterable[str], node: cst.BaseExpression, read: Callable[[str], Value], kind: str = ""
) -> Namespace:
    """The object that the call `node` makes."""
    entries = {name: Entry(node, node, node, partial(read, name)) for name in names}
    return Namespace(entries, read, kind)
