"""String literals and lists of strings in Python code: where launch commands hide.

`PythonScript.strings_matching(pattern)` and `PythonScript.sequences_matching(pattern)` give these.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import libcst as cst

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.python_evaluate import Evaluator
from tunesmith.sources.python_index import DisplaySite, PythonIndex, StringNode, sum_terms
from tunesmith.sources.python_literals import is_bytes, literal_parts, shifted
from tunesmith.sources.python_names import Names
from tunesmith.sources.python_positions import Positions
from tunesmith.sources.python_scopes import Binding, Block, Mutation
from tunesmith.sources.python_values import ListValue, Value
from tunesmith.sources.unknown import UNKNOWN
from tunesmith.text import MappedText, Span

HOLE = "\ufffc"
"""Stands in a text for a part that the program makes while it runs, one character a part."""


class StringLiteral(NamedTuple):
    """A string as the program sees it: escapes decoded, neighbouring literals joined.

    Attributes:
        node: the outermost expression: a literal, literals side by side, an f-string, or a sum
            of these.
        span: the whole expression as written, with prefixes and quotes.
        value: its text, every character with its place. What an f-string or a sum inserts stands
            as the text of a known constant (placed at the inserting expression), else as HOLE.
        is_statement: it stands alone as a statement, as docstrings do.
    """

    node: cst.BaseExpression
    span: Span
    value: MappedText
    is_statement: bool


class StringElement(NamedTuple):
    """One element of a `StringSequence`.

    Attributes:
        text: the element's value; None where it is not known or is no string.
        span: the element as written, with its quotes, without its comma.
        value: the characters with their places, for an element that is itself a string literal
            (or an f-string; it may hold HOLE and then `text` is None); None for everything else.
        is_unpacked: `*more`, of which neither the texts nor their number are known.
    """

    text: str | None
    span: Span
    value: MappedText | None = None
    is_unpacked: bool = False


class StringSequence(NamedTuple):
    """A list or tuple display, such as the argv of a subprocess.

    Attributes:
        node: the display.
        span: the display with its brackets.
        elements: its elements, then what `name += [...]`, `.append(...)` and `.extend([...])`
            add without a condition to the one name that it is assigned to.
        is_open: more elements may follow (added under a condition, in a loop, by another function).
    """

    node: cst.List | cst.Tuple
    span: Span
    elements: Sequence[StringElement]
    is_open: bool


class Strings:
    """Finds the strings of one script, and lists of strings."""

    def __init__(
        self, index: PythonIndex, names: Names, evaluator: Evaluator, positions: Positions
    ) -> None:
        self._index = index
        self._names = names
        self._evaluator = evaluator
        self._positions = positions

    def literals(self, text: str, pattern: re.Pattern[str]) -> Iterator[StringLiteral]:
        """The strings whose raw text matches, in the order of the text."""
        found = [match.start() for match in pattern.finditer(text)]
        for site in self._index.strings if found else ():
            start, end = span = self._positions.span(site.node)
            if _any_between(found, start, end) and pattern.search(text, start, end):
                value = self._value(site.node, site.block, site.order)
                if value is not None:
                    yield StringLiteral(site.node, span, value, site.is_statement)

    def sequences(self, text: str, pattern: re.Pattern[str]) -> Iterator[StringSequence]:
        """The list and tuple displays whose raw text matches, in the order of the text."""
        found = [match.start() for match in pattern.finditer(text)]
        for site in self._index.displays if found else ():
            start, end = span = self._positions.span(site.node)
            if _any_between(found, start, end) and pattern.search(text, start, end):
                elements = list(self._elements(site.node, site.block, site.order))
                is_open = self._extend(site, elements)
                yield StringSequence(site.node, span, elements, is_open)

    def _elements(
        self, node: cst.List | cst.Tuple, block: Block, order: int
    ) -> Iterator[StringElement]:
        for element in node.elements:
            if isinstance(element, cst.StarredElement):
                value = self._evaluator.evaluate(element.value, block, order)
                yield from self._unpacked(element, value)
            else:
                yield self._element(element.value, block, order)

    def _element(self, node: cst.BaseExpression, block: Block, order: int) -> StringElement:
        span = self._positions.span(node)
        if not isinstance(node, StringNode):
            value = self._evaluator.evaluate(node, block, order)
            return StringElement(value if isinstance(value, str) else None, span)
        mapped = self._value(node, block, order)
        text = mapped.text if mapped and HOLE not in mapped.text else None
        return StringElement(text, span, mapped)

    def _unpacked(self, element: cst.StarredElement, value: Value) -> Iterator[StringElement]:
        span = self._positions.span(element)
        if not isinstance(value, ListValue) or value.is_open:
            yield StringElement(None, span, is_unpacked=True)
            return
        for item in value:
            yield StringElement(item if isinstance(item, str) else None, span)

    def _extend(self, site: DisplaySite, elements: list[StringElement]) -> bool:
        """Add what later statements add to the name of a display; whether there may be more."""
        binding = self._bound_to(site)
        if binding is None:
            return False
        name, is_open = binding.name, False
        for change in self._index.mutations.get(name, ()):
            if change.block.scope.holder(name) is not binding.block.scope.holder(name):
                continue
            added = self._added(change) if change.block is binding.block else None
            if added is None:
                is_open = True
            elif not is_open:
                elements += added
        return is_open

    def _bound_to(self, site: DisplaySite) -> Binding | None:
        """The only binding of the name that a display is assigned to."""
        binding = self._index.assignments.get(id(site.node))
        if binding and self._names.binding(binding.name, binding.block.scope) is binding:
            return binding
        return None

    def _added(self, change: Mutation) -> list[StringElement] | None:
        node, value = change.node, change.value
        if isinstance(node, cst.Call) and len(node.args) == 1 and not node.args[0].star:
            value = node.args[0].value
            if change.method == "append":
                return [self._element(value, change.block, change.order)]
        if change.method in ("+=", "extend") and isinstance(value, (cst.List, cst.Tuple)):
            return list(self._elements(value, change.block, change.order))
        return None

    def _value(self, node: cst.BaseExpression, block: Block, order: int) -> MappedText | None:
        """The text of a string expression; None for bytes."""
        if is_bytes(node):
            return None
        parts: list[MappedText] = []
        for term in sum_terms(node):
            if isinstance(term, StringNode):
                parts += self._literal(term, block, order)
            else:
                parts.append(self._inserted(term, block, order, is_plain=True))
        return MappedText.join(parts) if parts else MappedText("", (), ())

    def _literal(self, node: cst.BaseExpression, block: Block, order: int) -> Iterator[MappedText]:
        for part in literal_parts(node):
            if part.text is None:
                yield self._inserted(part.node, block, order, is_plain=part.is_plain)
            elif isinstance(part.node, cst.BaseExpression):
                yield shifted(part.text, self._positions.inner_span(part.node).start)
            else:
                yield shifted(part.text, self._positions.span(part.node).start)

    def _inserted(
        self, node: cst.CSTNode, block: Block, order: int, *, is_plain: bool
    ) -> MappedText:
        value = self._evaluator.evaluate(node, block, order) if is_plain else UNKNOWN
        is_known = isinstance(value, (str, int, float))
        text = str(value) if is_known else HOLE
        start, end = self._positions.span(node)
        return MappedText(text, [start] * len(text), [end] * len(text))


def _any_between(offsets: Sequence[int], start: int, end: int) -> bool:
    index = bisect_left(offsets, start)
    return index < len(offsets) and offsets[index] < end
