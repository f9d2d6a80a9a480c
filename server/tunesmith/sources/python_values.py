"""What a Python expression is worth, as far as the text tells: the values that rules compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, Union

import libcst as cst

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.unknown import ABSENT, UNKNOWN, Absent, Unknown
from tunesmith.text import Span

if TYPE_CHECKING:
    from tunesmith.sources.python_calls import Call

__all__ = [
    "ABSENT",
    "UNKNOWN",
    "Argument",
    "DictValue",
    "Entry",
    "ListValue",
    "Reference",
    "Value",
]

Constant: TypeAlias = str | bytes | int | float | complex | bool | None
Value: TypeAlias = Union[Constant, "Reference", "ListValue", "DictValue", "Call", Unknown, Absent]


class Reference(NamedTuple):
    """Something of a library by its qualified name, as `torch.bfloat16`."""

    name: str


class ListValue:
    """A list, tuple or set.

    Attributes:
        elements: the known elements in order, each may be UNKNOWN.
        is_open: there may be more.
    """

    def __init__(self, elements: Sequence[Value], is_open: bool = False) -> None:
        self.elements = elements
        self.is_open = is_open

    def __contains__(self, value: object) -> bool:
        return any(type(element) is type(value) and element == value for element in self.elements)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.elements)

    def __len__(self) -> int:
        return len(self.elements)


class Entry:
    """One entry of a `DictValue`.

    Attributes:
        key_node: the string of a display, the Arg of `dict(key=...)`.
        value_node: the expression behind it.
        node: what holds both: the DictElement, the Arg or the `d["k"] = v` Assign target.
        siblings: what stands between the same brackets, itself included; none of an assignment.
    """

    def __init__(
        self,
        key_node: cst.CSTNode,
        value_node: cst.BaseExpression,
        node: cst.CSTNode,
        compute: Callable[[], Value],
        siblings: Sequence[cst.CSTNode] = (),
    ) -> None:
        self.key_node = key_node
        self.value_node = value_node
        self.node = node
        self.compute = compute
        self.siblings = siblings

    def worth(self, compute: Callable[[], Value]) -> Entry:
        """This entry with another value."""
        return Entry(self.key_node, self.value_node, self.node, compute, self.siblings)

    @cached_property
    def value(self) -> Value:
        return self.compute()


class DictValue:
    """A dict with its string keys.

    Attributes:
        entries: by key; keys that are no strings are left out.
        is_open: there may be more entries.
    """

    def __init__(self, entries: Mapping[str, Entry], is_open: bool = False) -> None:
        self.entries = entries
        self.is_open = is_open

    def __contains__(self, key: object) -> bool:
        return key in self.entries

    def value(self, key: str) -> Value:
        """The value of a key; ABSENT if it is surely not there, UNKNOWN if it may be."""
        entry = self.entries.get(key)
        if entry:
            return entry.value
        return UNKNOWN if self.is_open else ABSENT


class Argument:
    """One argument of a call.

    Attributes:
        name: its keyword; None for a positional one.
        position: its 0-based position; None for a keyword.
        node: the Arg, or the dict element that `**` unpacks.
        value_node: the expression.
        span: `name=value`, or `"name": value` inside an unpacked dict; comma left out.
        name_span: the keyword, or the key with its quotes; None for a positional one.
        value_span: the expression with its parentheses.
        comes_from_expansion: it is given by `*` or `**`, and stands elsewhere.
    """

    def __init__(
        self,
        name: str | None,
        position: int | None,
        node: cst.CSTNode,
        value_node: cst.BaseExpression,
        *,
        comes_from_expansion: bool,
        compute: Callable[[], Value],
        locate: Callable[[cst.CSTNode], Span],
        key_node: cst.CSTNode | None = None,
    ) -> None:
        self.name = name
        self.position = position
        self.node = node
        self.value_node = value_node
        self.comes_from_expansion = comes_from_expansion
        self.compute = compute
        self.locate = locate
        self.key_node = key_node

    @cached_property
    def value(self) -> Value:
        return self.compute()

    @property
    def span(self) -> Span:
        start = self.key_node or self.value_node
        return Span(self.locate(start).start, self.value_span.end)

    @property
    def name_span(self) -> Span | None:
        return self.locate(self.key_node) if self.key_node else None

    @property
    def value_span(self) -> Span:
        return self.locate(self.value_node)
