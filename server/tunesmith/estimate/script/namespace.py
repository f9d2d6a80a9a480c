"""What parsers of command lines give to a script: values by attribute."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import libcst as cst

from tunesmith.sources.python_values import DictValue, Entry, Value
from tunesmith.sources.unknown import UNKNOWN


def _unknown(_: str) -> Value:
    return UNKNOWN


@dataclass(frozen=True, eq=False)
class Namespace(DictValue):
    """An object whose attributes are read when somebody asks.

    Attributes:
        read: gives the value of an attribute that is in `entries`.
        kind: the canonical name of the library's class that it is an instance of; "" for others.
    """

    read: Callable[[str], Value] = _unknown
    kind: str = ""

    def value(self, key: str) -> Value:
        return self.read(key) if key in self.entries else super().value(key)


def namespace(
    names: Iterable[str], node: cst.BaseExpression, read: Callable[[str], Value], kind: str = ""
) -> Namespace:
    """The object that the call `node` makes."""
    entries = {name: Entry(node, node, node, partial(read, name)) for name in names}
    return Namespace(entries, read=read, kind=kind)
