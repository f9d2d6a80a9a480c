"""Commands in PowerShell: statements with backtick continuations, and splatted arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunesmith.sources.commands import prose
from tunesmith.sources.commands.found import (
    LAUNCHES,
    OPEN_VALUE,
    Sought,
    Value,
    comment_blocks,
    literal,
    make_word,
    unified_line_ends,
)
from tunesmith.sources.commands.marks import Mark, mark_at
from tunesmith.sources.commands.syntax import SyntaxTree, ancestors, descendants
from tunesmith.sources.launch_command import Argv, Word
from tunesmith.text import MappedText, Span, regex

if TYPE_CHECKING:
    from tree_sitter import Node

_STRINGS = ("string_literal", "expandable_here_string_literal", "verbatim_here_string_characters")
_ELEMENTS = ("unary_expression", "string_literal", "variable")
_UNKNOWN = regex(r"(?<!`)\$|^[@({]")
_REST_OF_WORD = regex(r"""[^\s;|&(){}"'`,]*""")
_BACKTICK = regex(r"`(.)", re.DOTALL)


def find(
    source: MappedText, outer: Mark | None = None, sought: Sought = LAUNCHES
) -> Iterator[Argv]:
    """The commands in PowerShell text, in its strings and its comments."""
    source = unified_line_ends(source)
    yield from _Reader(source, outer, sought).find()
    for block in comment_blocks(source, sought):
        yield from prose.find(block, outer, sought)


class _Reader:
    def __init__(self, source: MappedText, outer: Mark | None, sought: Sought) -> None:
        self._source = source
        self._outer = outer
        self._sought = sought
        self._tree = SyntaxTree("powershell", source.text)

    def find(self) -> Iterator[Argv]:
        seen: set[int] = set()
        for match in self._sought.mention.finditer(self._tree.text):
            node = self._holder(Span(*match.span()))
            if node is None or node.id in seen:
                continue
            seen.add(node.id)
            start, end = self._tree.span(node)
            mark = mark_at(self._source.text, start, end, _is_comment) or self._outer
            if node.type in _STRINGS:
                yield from prose.find(self._source.part(start + 1, end - 1), mark, self._sought)
                continue
            words = self._command(node) if node.type == "command" else self._array(node)
            yield Argv(words, mark is Mark.WRONG)

    def _holder(self, place: Span) -> Node | None:
        """The string, the array or the command that holds a whole mention."""
        for node in ancestors(self._tree.node_at(place.start)):
            kinds = (*_STRINGS, "command")
            is_array = node.type == "array_literal_expression" and node.named_child_count > 1
            if (is_array or node.type in kinds) and self._tree.span(node).contains(place):
                return node
        return None

    def _command(self, node: Node) -> list[Word]:
        """The words of a command: what stands between separators is one word."""
        name = next(descendants(node, "command_name", "string_literal", "variable"), None)
        elements = next(descendants(node, "command_elements"), None)
        words = [self._word(*self._tree.span(name))] if name is not None else []
        group: list[Node] = []
        for child in elements.children if elements is not None else ():
            if child.type == "redirection":
                break
            if child.type == "command_argument_sep":
                words += self._words_of(group)
                group = []
            else:
                group.append(child)
        return [*words, *self._words_of(group)]

    def _words_of(self, group: list[Node]) -> Iterator[Word]:
        if not group:
            return
        start, end = self._tree.span(group[0]).start, self._tree.span(group[-1]).end
        rest = _REST_OF_WORD.match(self._source.text, end)  # the grammar ends words at `\`
        end = rest.end() if rest else end
        raw = self._source.text[start:end]
        if not raw.startswith("--"):
            yield self._word(start, end)
            return
        for match in re.finditer(r"\S+", raw):  # the grammar takes `-- --lr=1` for an expression
            yield self._word(start + match.start(), start + match.end())

    def _array(self, array: Node) -> list[Word]:
        """The words of `$arguments = @("jobs", "uv", ...)`, what is added to it later, and of the
        command that it is splatted to."""
        words = list(self._elements(array))
        assignment = next((n for n in ancestors(array) if n.type == "assignment_expression"), None)
        if assignment is None:
            return words
        name = self._tree.raw(assignment.children[0]).lower()
        blocks = {ancestor.id for ancestor in ancestors(assignment)}
        for other in descendants(self._tree.root, "assignment_expression"):
            raw = self._tree.raw(other).lower()
            if other.start_byte > assignment.start_byte and re.match(
                rf"{re.escape(name)}\s*\+=", raw
            ):
                block = next((n.id for n in ancestors(other) if n.type == "statement_list"), None)
                words += self._added(other, always=block in blocks)
        return self._splatted(f"@{name[1:]}", words)

    def _added(self, assignment: Node, *, always: bool) -> Iterator[Word]:
        value = assignment.children[-1]
        if not always:
            yield make_word(self._source, *self._tree.span(value), OPEN_VALUE)
            return
        arrays = descendants(value, "array_literal_expression")
        array = next((node for node in arrays if node.named_child_count > 1), value)
        yield from self._elements(array)

    def _elements(self, array: Node) -> Iterator[Word]:
        children = [child for child in array.children if child.type in _ELEMENTS]
        for child in children or descendants(array, "string_literal"):
            yield self._word(*self._tree.span(child))

    def _splatted(self, name: str, words: list[Word]) -> list[Word]:
        if not words or words[0].text != "jobs":
            return words
        for command in descendants(self._tree.root, "command"):
            for node in descendants(command, "array_literal_expression"):
                if self._tree.raw(node).lower() == name:
                    using = self._command(command)
                    splat = self._word(*self._tree.span(node))
                    place = using.index(splat) if splat in using else len(using)
                    return [*using[:place], *words, *using[place + 1 :]]
        return words

    def _word(self, start: int, end: int) -> Word:
        return make_word(self._source, start, end, _value(self._source.text[start:end]))


def _value(raw: str) -> Value:
    if len(raw) > 1 and raw[0] == raw[-1] == "'":
        return literal(raw[1:-1].replace("''", "'"))
    is_quoted = len(raw) > 1 and raw[0] == raw[-1] == '"'
    text = raw[1:-1] if is_quoted else raw
    unknown = _UNKNOWN.search(text) if not is_quoted else re.search(r"(?<!`)\$", text)
    if unknown:
        return Value(None, text[: unknown.start()], is_open=not is_quoted and unknown.start() == 0)
    return literal(_BACKTICK.sub(r"\1", text))


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")
