"""Commands in shell text, by the grammar of bash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tunesmith.sources.commands.found import (
    CORE,
    OPEN_PART,
    OPEN_VALUE,
    UNKNOWN_PART,
    Value,
    make_word,
    substituted,
)
from tunesmith.sources.commands.shell_values import ShellValues
from tunesmith.sources.commands.syntax import SyntaxTree, ancestors, descendants
from tunesmith.sources.launch_command import Word
from tunesmith.text import MappedText

if TYPE_CHECKING:
    from tree_sitter import Node

_PLACEHOLDER = re.compile(r"(?<![<\d])<[^\W\d][^<>\n]*(?<!\s)>")
_TEMPLATE = re.compile(r"\$?\{\{.*?\}\}")
_TEXTS = ("string", "raw_string", "heredoc_body", "comment", "ansi_c_string")


@dataclass(frozen=True, slots=True)
class ShellCommand:
    """A command's words, and where it stands in the shell text."""

    words: list[Word]
    start: int
    end: int
    folder: str | None


class ShellText:
    """A stretch of shell."""

    def __init__(self, source: MappedText) -> None:
        source = substituted(source, _PLACEHOLDER, lambda match: UNKNOWN_PART * len(match[0]))
        self.source = substituted(source, _TEMPLATE, lambda match: OPEN_PART * len(match[0]))
        self._tree = SyntaxTree("bash", self.source.text)
        self._values = ShellValues(self._tree)

    def commands(self) -> Iterator[ShellCommand]:
        """Every command that says `jobs ... run` in its own words."""
        seen: set[int] = set()
        for node in self._places():
            if node.type == "array":
                using = self._commands_using(node)
            else:
                using = [node] if node.type == "command" else []
            for command in using:
                if command.id not in seen:
                    seen.add(command.id)
                    yield self._command(command)

    def texts(self) -> Iterator[MappedText]:
        """The insides of strings, here-documents and trailing comments that say `jobs ... run`."""
        seen: set[int] = set()
        for node in self._places():
            if node.type in _TEXTS and node.id not in seen and not self._is_comment_line(node):
                seen.add(node.id)
                yield self._inside(node)

    def _places(self) -> Iterator[Node]:
        """The smallest text, array or command around every mention."""
        for match in CORE.finditer(self.source.text):
            around = ancestors(self._tree.node_at(match.start()))
            kinds = (*_TEXTS, "array", "command")
            node = next((node for node in around if node.type in kinds), None)
            if node is not None:
                yield node

    def _command(self, node: Node) -> ShellCommand:
        words = [word for argument in self._arguments(node) for word in self._words(argument, node)]
        span = self._tree.span(node)
        return ShellCommand(words, span.start, span.end, self._folder(node))

    def _arguments(self, command: Node) -> list[Node]:
        """The name and the arguments; the grammar gives those behind `> file` to the redirect."""
        if command.type == "array":
            return [command]
        own = [*command.children_by_field_name("name"), *command.children_by_field_name("argument")]
        parent = command.parent
        if parent is not None and parent.type == "redirected_statement":
            for redirect in parent.children_by_field_name("redirect"):
                own += redirect.children_by_field_name("destination")[1:]
                own += redirect.children_by_field_name("argument")
        return own

    def _words(self, argument: Node, use: Node) -> Iterator[Word]:
        name = self._values.array_name(argument)
        if name is not None:
            span = self._tree.span(argument)
            for element in self._values.array_elements(name, use):
                if element is None:
                    yield make_word(self.source, span.start, span.end, OPEN_VALUE)
                else:
                    yield self._word(element, is_movable=False)
            return
        constant = self._values.words_of_constant(argument)
        if constant is None:
            yield self._word(argument)
        else:
            yield from self._split(constant)

    def _split(self, constant: Node) -> Iterator[Word]:
        """The words of `FLAGS="--flavor a10g-small"`, each where it stands in the string."""
        start, end = self._tree.span(constant)
        for match in re.finditer(r"\S+", self.source.text[start + 1 : end - 1]):
            place = (start + 1 + match.start(), start + 1 + match.end())
            word = make_word(self.source, *place, Value(match[0]))
            yield Word(word.text, word.span, is_movable=False)

    def _word(self, node: Node, *, is_movable: bool = True) -> Word:
        start, end = self._tree.span(node)
        word = make_word(self.source, start, end, self._values.value(node))
        return Word(word.text, word.span, word.is_movable and is_movable, word.prefix, word.is_open)

    def _commands_using(self, array: Node) -> list[Node]:
        """The commands that say `"${NAME[@]}"`; the array itself where there is none."""
        assignment = array.parent
        name = assignment.child_by_field_name("name") if assignment is not None else None
        if assignment is None or name is None:
            return []
        wanted = self._tree.raw(name)
        return [
            command
            for command in descendants(self._tree.root, "command")
            if any(self._values.array_name(word) == wanted for word in self._arguments(command))
        ]

    def _is_comment_line(self, node: Node) -> bool:
        """Whether a comment has its line for itself; `comment_blocks` reads these."""
        start = self._tree.span(node).start
        before = self.source.text[self.source.text.rfind("\n", 0, start) + 1 : start]
        return node.type == "comment" and not before.strip()

    def _inside(self, node: Node) -> MappedText:
        start, end = self._tree.span(node)
        if node.type == "comment":
            return self.source.part(start + 1, end)
        if node.type == "heredoc_body":
            return self.source.part(start, end)
        start += 2 if node.type == "ansi_c_string" else 1
        inside = self.source.part(start, end - 1)
        return inside if node.type == "raw_string" else substituted(inside, _ESCAPED, _unescape)

    def _folder(self, node: Node) -> str | None:
        """The folder that `cd` commands before this one lead to, if they tell."""
        parts: list[str] = []
        for level in ancestors(node):
            for sibling in reversed(_before(level)):
                step = self._change_of_folder(sibling)
                if step is None:
                    continue
                if step:
                    parts.append(step)
                if step == "" or step.startswith("/"):
                    return "/".join(reversed(parts)) or None
        return "/".join(reversed(parts)) or None

    def _change_of_folder(self, node: Node) -> str | None:
        """Where the last `cd` in a statement goes; "" for an unknown place."""
        if node.type not in ("command", "list", "redirected_statement"):
            return None
        changes = [
            words[1:]
            for command in ([node] if node.type == "command" else descendants(node, "command"))
            if (words := [self._values.value(word) for word in self._arguments(command)])
            and words[0].text in ("cd", "pushd")
        ]
        if not changes:
            return None
        target = changes[-1][0].text if changes[-1] else None
        return "" if target is None or target.startswith(("-", "~")) else target.rstrip("/")


_ESCAPED = re.compile(r'\\([$`"\\])')


def _unescape(match: re.Match[str]) -> str:
    return match[1]


def _before(node: Node) -> list[Node]:
    siblings = node.parent.children if node.parent is not None else []
    return [sibling for sibling in siblings if sibling.end_byte <= node.start_byte]
