"""Going through a tree several times as fast as by libcst's `children`, which run its visitors."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import libcst as cst

_PUNCTUATION = (
    *("__", "whitespace", "comma", "semicolon", "colon", "dot", "equal", "indent"),
    *("lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace"),
    *("header", "footer", "leading_lines", "empty_lines", "lines_after"),
)
"""What the names of fields begin with that hold no code."""


def parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all nodes in it, in no order; without whitespace and punctuation."""
    pending = [node]
    while pending:
        part = pending.pop()
        yield part
        pending += children(part)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes directly in a node; without whitespace and punctuation."""
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        child: Any = getattr(node, name)
        if isinstance(child, (list, tuple)):
            found += child
        elif _is_node(cast("type[object]", type(child))):
            found.append(child)
    return found


@cache
def _is_node(kind: type[object]) -> bool:
    """By the bases, as `isinstance` asks each of the hundreds of abstract classes in turn."""
    return cst.CSTNode in kind.__mro__


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(name for name in kind.__dataclass_fields__ if not name.startswith(_PUNCTUATION))
