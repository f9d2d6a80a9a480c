"""Where every node of a libcst tree stands, counted while the tree writes its text again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import cast

import libcst as cst
from libcst._nodes.internal import CodegenState

from tunesmith.text import Span


class Positions:
    """The spans of one tree's nodes.

    Attributes:
        text: what the tree writes; equal to the parsed text, or the spans mean nothing.
        comments: the spans of all comments, in order.
        names: the spans of all identifiers, by their text; attributes and keywords included.
    """

    def __init__(self, module: cst.Module, offset: int = 0) -> None:
        """Count the positions of a tree whose text starts at an offset of the document."""
        state = _CountingState(module.default_indent, module.default_newline)
        state.offset = offset
        module._codegen(state)  # pyright: ignore[reportPrivateUsage]
        self.text = "".join(state.tokens)
        self.comments = state.comments
        self.names = state.names
        self._spans: Mapping[int, tuple[int, int]] = state.spans
        self._inner: Mapping[int, tuple[int, int]] = state.inner
        self._module = module  # keeps the ids valid

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands: without the whitespace and commas that it owns, with parentheses.

        Raises:
            KeyError: the node is not of this tree.
        """
        return Span(*self._spans[id(node)])

    def names_in(self, span: Span) -> set[str]:
        """The identifiers that stand in a span."""
        return {name for name, uses in self.names.items() if any(map(span.contains, uses))}

    def inner_span(self, node: cst.BaseExpression) -> Span:
        """Where an expression stands without its own parentheses."""
        return Span(*(self._inner.get(id(node)) or self._spans[id(node)]))


class _CountingState(CodegenState):
    """Counts the characters written, and notes where each node begins and ends."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.offset = 0
        self.spans: dict[int, tuple[int, int]] = {}
        self.inner: dict[int, tuple[int, int]] = {}
        self.comments: list[Span] = []
        self.names: dict[str, list[Span]] = {}
        self._starts: list[int] = []

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.offset += len(value)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._starts.append(self.offset)

    def after_codegen(self, node: cst.CSTNode) -> None:
        start, key, kind = self._starts.pop(), id(node), type(node)
        # An expression owns no outer whitespace, but the span that libcst records lacks its
        # parentheses; all other nodes are recorded without the whitespace that they own.
        if key not in self.spans:
            self.spans[key] = (start, self.offset)
        elif getattr(node, "lpar", ()) and cst.BaseExpression in kind.__mro__:
            self.inner[key] = self.spans[key]
            self.spans[key] = (start, self.offset)
        if kind is cst.Name:
            self.names.setdefault(cast("cst.Name", node).value, []).append(Span(start, self.offset))
        elif kind is cst.Comment:
            self.comments.append(Span(start, self.offset))

    def record_syntactic_position(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> AbstractContextManager[None]:
        return _Recorder(self, node, start_node, end_node)


class _Recorder(AbstractContextManager[None]):
    __slots__ = ("_end_node", "_node", "_start", "_start_node", "_state")

    def __init__(
        self,
        state: _CountingState,
        node: cst.CSTNode,
        start_node: cst.CSTNode | None,
        end_node: cst.CSTNode | None,
    ) -> None:
        self._state = state
        self._node = node
        self._start_node = start_node
        self._end_node = end_node
        self._start = 0

    def __enter__(self) -> None:
        self._start = self._state.offset

    def __exit__(self, *_: object) -> None:
        spans = self._state.spans
        start = spans[id(self._start_node)][0] if self._start_node else self._start
        end = spans[id(self._end_node)][1] if self._end_node else self._state.offset
        spans[id(self._node)] = (start, end)
