"""Calls as rules see them: by the qualified name of what is called, with arguments and values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from tunesmith.sources.python_index import CallSite
from tunesmith.sources.python_scopes import Block
from tunesmith.sources.python_values import Argument, DictValue, ListValue, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN
from tunesmith.text import Span

if TYPE_CHECKING:
    from tunesmith.sources.python_evaluate import Evaluator


class Call:
    """A call of something of a library, or of a class of the file's own.

    Attributes:
        name: the qualified name of what is called; for an own subclass that of the library class
            whose `__init__` runs, "" for other own classes.
        own_class: the class of this file that is called, or that `super()` stands in.
        is_super: it is `super().__init__(...)`.
    """

    def __init__(
        self,
        site: CallSite,
        name: str,
        evaluator: Evaluator,
        own_class: cst.ClassDef | None = None,
        *,
        is_super: bool = False,
    ) -> None:
        self.name = name
        self.own_class = own_class
        self.is_super = is_super
        self._site = site
        self._evaluator = evaluator

    def __repr__(self) -> str:
        return f"Call({self.name!r})"

    @property
    def node(self) -> cst.Call:
        return self._site.node

    @property
    def block(self) -> Block:
        """The statements that it stands among."""
        return self._site.block

    @property
    def span(self) -> Span:
        return self._evaluator.locate(self.node)

    @property
    def callee_span(self) -> Span:
        return self._evaluator.locate(self.node.func)

    @property
    def arguments(self) -> Sequence[Argument]:
        """The arguments as written, and those that a known `*list` or `**dict` stands for."""
        return self._arguments[0]

    @property
    def has_unknown_keywords(self) -> bool:
        """Whether a `**mapping` may give keywords that the text does not tell."""
        return self._arguments[1]

    @property
    def has_unknown_positionals(self) -> bool:
        """Whether a `*sequence` may give positional arguments that the text does not tell."""
        return self._arguments[2]

    def argument(self, name: str, position: int | None = None) -> Argument | None:
        """The argument of that keyword, or else at that 0-based position."""
        for argument in self.arguments:
            if argument.name == name:
                return argument
        for argument in self.arguments:
            if position is not None and argument.position == position:
                return argument
        return None

    def value(self, name: str, position: int | None = None) -> Value:
        """The value of an argument.

        ABSENT if it is surely not given; UNKNOWN if it may be, or if `result.name = ...` sets it
        later. An own subclass's attribute of that name counts as given.
        """
        argument = self.argument(name, position)
        set_later = self._evaluator.attribute_set_later(self, name)
        if set_later is not ABSENT:
            return set_later
        if argument:
            return argument.value
        if self.has_unknown_keywords or (position is not None and self.has_unknown_positionals):
            return UNKNOWN
        if self.own_class and not self.is_super:
            return self._evaluator.class_attribute(self.own_class, name)
        return ABSENT

    @cached_property
    def _arguments(self) -> tuple[Sequence[Argument], bool, bool]:
        found: list[Argument] = []
        unknown_keywords = unknown_positionals = False
        for node in self.node.args:
            if node.star == "**":
                expanded = self._evaluate(node.value)
                found += self._expanded_keywords(expanded)
                unknown_keywords |= not isinstance(expanded, DictValue) or expanded.is_open
            elif node.star == "*":
                unknown_positionals |= not self._is_empty(node.value)
            else:
                found.append(self._explicit(node, found, unknown_positionals))
        return found, unknown_keywords, unknown_positionals

    def _is_empty(self, node: cst.BaseExpression) -> bool:
        value = self._evaluate(node)
        return isinstance(value, ListValue) and not value.elements and not value.is_open

    def _explicit(
        self, node: cst.Arg, before: Sequence[Argument], follows_unknown: bool
    ) -> Argument:
        position = None
        if node.keyword is None and not follows_unknown:
            position = sum(1 for argument in before if argument.position is not None)
        return Argument(
            name=node.keyword.value if node.keyword else None,
            position=position,
            node=node,
            value_node=node.value,
            comes_from_expansion=False,
            compute=lambda: self._evaluate(node.value),
            locate=self._evaluator.locate,
            key_node=node.keyword,
        )

    def _expanded_keywords(self, value: Value) -> Iterator[Argument]:
        if isinstance(value, DictValue):
            for name, entry in value.entries.items():
                yield Argument(
                    name=name,
                    position=None,
                    node=entry.node,
                    value_node=entry.value_node,
                    comes_from_expansion=True,
                    compute=lambda entry=entry: entry.value,
                    locate=self._evaluator.locate,
                    key_node=entry.key_node,
                )

    def _evaluate(self, node: cst.BaseExpression) -> Value:
        return self._evaluator.evaluate(node, self._site.block, self._site.order)
