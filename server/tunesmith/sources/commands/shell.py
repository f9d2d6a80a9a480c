"""Commands in shell text, by the grammar of bash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.commands.found import (
    LAUNCHES,
    OPEN_PART,
    OPEN_VALUE,
    UNKNOWN_PART,
    Value,
    make_word,
    substituted,
    without_long_lines,
)
from tunesmith.sources.commands.shell_values import ShellValues
from tunesmith.sources.commands.syntax import SyntaxTree, ancestors, descendants
from tunesmith.sources.launch_command import Word
from tunesmith.text import MappedText, regex

if TYPE_CHECKING:
    from tree_sitter import Node

_PLACEHOLDER = regex(r"(?<![<\d])<(?:\.\.\.|…|[^\W\d][^<>\n]*(?<!\s))>")
_TEMPLATE = regex(r"\$?\{\{.*?\}\}")
_CHANGES_FOLDER = regex(r"\b(?:cd|pushd)\b")
_MOST_CHANGES = 200
_MOST_USES = 20
_SAME_BLOCK = ("list", "redirected_statement", "pipeline", "command", "negated_command")
_TOO_HARD = regex(r"=\(|<<|\[\[")
_MOST_HARD = 500
_SEARCHES = ("grep", "egrep", "rg", "pgrep", "pkill", "sed")
_TEXTS = ("string", "raw_string", "heredoc_body", "comment", "ansi_c_string")


class ShellCommand(NamedTuple):
    """A command's words, and where it stands in the shell text."""

    words: list[Word]
    start: int
    end: int
    folder: str | None


class ShellText:
    """A stretch of shell."""

    def __init__(self, source: MappedText) -> None:
        source = without_long_lines(source)
        source = substituted(source, _PLACEHOLDER, lambda match: UNKNOWN_PART * len(match[0]))
        self.source = substituted(source, _TEMPLATE, lambda match: OPEN_PART * len(match[0]))
        is_too_hard = sum(1 for _ in _TOO_HARD.finditer(self.source.text)) > _MOST_HARD
        self._tree = SyntaxTree("bash", "" if is_too_hard else self.source.text)
        self._values = ShellValues(self._tree)

    def commands(self, mention: re.Pattern[str] = LAUNCHES.mention) -> Iterator[ShellCommand]:
        """Every command that says it in its own words."""
        seen: set[int] = set()
        for node in self._places(mention):
            if node.type == "array":
                using = self._commands_using(node)
            else:
                using = [node] if node.type == "command" else []
            for command in using:
                if command.id not in seen:
                    seen.add(command.id)
                    yield self._command(command)

    def texts(self, mention: re.Pattern[str] = LAUNCHES.mention) -> Iterator[MappedText]:
        """The insides of strings, here-documents and trailing comments that say it."""
        seen: set[int] = set()
        for node in self._places(mention):
            is_new = node.type in _TEXTS and node.id not in seen
            if is_new and not self._is_comment_line(node) and not self._is_pattern(node):
                seen.add(node.id)
                yield self._inside(node)

    def _places(self, mention: re.Pattern[str]) -> Iterator[Node]:
        """The smallest text, array or command around every mention."""
        for match in mention.finditer(self._tree.text):
            around = ancestors(self._tree.node_at(match.start()))
            node = next((node for node in around if self._is_place(node)), None)
            if node is not None:
                yield node

    def _is_place(self, node: Node) -> bool:
        """Whether a node is more than a word: `"$FOLDER/program.py"` belongs to its command."""
        is_text = node.type in _TEXTS and re.search(r"\s", self._tree.raw(node)) is not None
        return is_text or node.type in ("array", "command")

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
        using = (
            command
            for command in descendants(self._tree.root, "command")
            if any(self._values.array_name(word) == wanted for word in self._arguments(command))
        )
        return list(islice(using, _MOST_USES)) or [array]

    def _is_comment_line(self, node: Node) -> bool:
        """Whether a comment has its line for itself; `comment_blocks` reads these."""
        start = self._tree.span(node).start
        before = self.source.text[self.source.text.rfind("\n", 0, start) + 1 : start]
        return node.type == "comment" and not before.strip()

    def _is_pattern(self, node: Node) -> bool:
        """Whether a string is what a command such as `pkill -f` looks for."""
        command = next((n for n in ancestors(node) if n.type == "command"), None)
        name = command.child_by_field_name("name") if command is not None else None
        return name is not None and self._tree.raw(name) in _SEARCHES

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
        """The folder that the `cd` commands before this one lead to, if they tell."""
        if not self._changes_of_folder:
            return None
        blocks = {ancestor.id for ancestor in ancestors(node)}
        parts: list[str] = []
        for place, block, folder in self._changes_of_folder:
            if place > node.start_byte:
                break
            if block not in blocks:
                continue
            if folder is None:
                parts = []
            elif folder.startswith("/"):
                parts = [folder]
            else:
                parts.append(folder)
        return "/".join(parts) or None

    @cached_property
    def _changes_of_folder(self) -> list[tuple[int, int, str | None]]:
        """The place of every `cd`, the block that it holds for, and where it goes if it says so."""
        changes: list[tuple[int, int, str | None]] = []
        for match in islice(_CHANGES_FOLDER.finditer(self._tree.text), _MOST_CHANGES):
            around = list(ancestors(self._tree.node_at(match.start())))
            command = next((n for n in around if n.type in ("command", *_TEXTS)), None)
            if command is None or command.type != "command":
                continue
            words = [self._values.value(word).text for word in self._arguments(command)]
            if len(words) != 2 or words[0] not in ("cd", "pushd"):
                continue
            block = next((n for n in ancestors(command.parent) if n.type not in _SAME_BLOCK), None)
            folder = words[1]
            is_told = folder is not None and not folder.startswith(("-", "~"))
            if block is not None:
                told = folder.rstrip("/") if folder and is_told else None
                if told and told.startswith(".") and "$" in self._tree.raw(command):
                    changes.append((command.start_byte, block.id, None))  # the script's own folder
                    told = told[1:].strip("/") or None
                changes.append((command.start_byte, block.id, told))
        return changes


_ESCAPED = regex(r'\\([$`"\\])')


def _unescape(match: re.Match[str]) -> str:
    return match[1]
