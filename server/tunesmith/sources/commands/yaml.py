"""Commands in YAML (and JSON): the scripts of CI steps, and argument lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunesmith.sources.commands import prose, scripts
from tunesmith.sources.commands.found import (
    LAUNCHES,
    OPEN_VALUE,
    UNKNOWN_VALUE,
    Sought,
    comment_blocks,
    lines_of,
    literal,
    make_word,
    substituted,
    unified_line_ends,
)
from tunesmith.sources.commands.marks import Mark, mark_at
from tunesmith.sources.commands.syntax import SyntaxTree, ancestors, descendants
from tunesmith.sources.launch_command import Argv, Word
from tunesmith.text import MappedText, Span, regex

if TYPE_CHECKING:
    from tree_sitter import Node

_SCALARS = ("block_scalar", "plain_scalar", "double_quote_scalar", "single_quote_scalar")
_SEQUENCES = ("flow_sequence", "block_sequence")
_PAIRS = ("block_mapping_pair", "flow_pair")
_SHELL_KEY = regex(
    r"(?:\w*[-_])?(?:run|scripts?|cmds?|commands?|args?|entrypoint|exec|shell|bash|sh"
    r"|steps?|setup|task)",
    re.IGNORECASE,
)
_ESCAPE = regex(r"\\\n[ \t]*|\\(.)|(?<![ \t])[ \t]*\n[ \t]*", re.DOTALL)
_QUOTE = regex(r"''|(?<![ \t])[ \t]*\n[ \t]*")
_FOLDER_KEYS = ("working-directory", "working_directory", "working_dir", "dir")
_ITEM_SIGN = regex(r"^-\s+")
_INDICATOR = regex(r"(?<!\S)[-?:](?=\s)")
_MOST_INDICATORS = 100
_DEEPEST_INDENT = 140

_FOLD = regex(r"(?<![ \t])[ \t]*\n[ \t]*")
_FOLDED_LINE_END = regex(r"(?<=\S)\n(?=\S)")


def find(source: MappedText, sought: Sought = LAUNCHES) -> Iterator[Argv]:
    """The commands in the scripts, argument lists, texts and comments of a YAML file."""
    source = unified_line_ends(source)
    if not _is_too_deep(source.text):
        yield from _Reader(source, sought).find()
    for block in comment_blocks(source, sought):
        yield from prose.find(block, None, sought)


def _is_too_deep(text: str) -> bool:
    """Whether blocks may be nested so deep (250 levels) that the grammar overflows its memory."""
    return any(
        line.startswith(" " * _DEEPEST_INDENT) or len(_INDICATOR.findall(line)) > _MOST_INDICATORS
        for line in text.split("\n")
    )


class _Reader:
    def __init__(self, source: MappedText, sought: Sought) -> None:
        self._source = source
        self._sought = sought
        self._tree = SyntaxTree("yaml", source.text)
        self._folders: dict[int, str | None] = {}

    def find(self) -> Iterator[Argv]:
        seen: set[int] = set()
        for match in self._sought.mention.finditer(self._tree.text):
            node = self._holder(Span(*match.span()))
            if node is not None and node.id not in seen:
                seen.add(node.id)
                folder = self._folder(node)
                for argv in self._in_node(node):
                    parts = [part for part in (folder, argv.folder_hint) if part]
                    yield argv._replace(folder_hint="/".join(parts) or None)

    def _holder(self, place: Span) -> Node | None:
        """The scalar or the sequence that holds a whole mention."""
        for node in ancestors(self._tree.node_at(place.start)):
            kinds = (*_SCALARS, *_SEQUENCES)
            if node.type not in kinds or not self._tree.span(node).contains(place):
                continue
            if node.type in _SEQUENCES or not self._is_argument(node):
                return node
        return None

    def _is_argument(self, scalar: Node) -> bool:
        """Whether a scalar is one word of an argument list."""
        is_word = re.search(r"\s", self._tree.raw(scalar)) is None
        around = next((n for n in ancestors(scalar) if n.type in (*_PAIRS, *_SEQUENCES)), None)
        return is_word and around is not None and around.type in _SEQUENCES

    def _in_node(self, node: Node) -> Iterator[Argv]:
        start, end = self._tree.span(node)
        mark = mark_at(self._source.text, start, end, _is_comment)
        if node.type in _SEQUENCES:
            return iter([Argv(list(self._words(node)), mark is Mark.WRONG)])
        text = self._scalar(node)
        if _SHELL_KEY.fullmatch(self._key(node)):
            return scripts.find(text, mark, self._sought)
        return prose.find(text, mark, self._sought)

    def _words(self, sequence: Node) -> Iterator[Word]:
        for child in sequence.children:
            if child.type not in ("flow_node", "block_sequence_item"):
                continue
            scalar = next(descendants(child, *_SCALARS), None)
            written = _ITEM_SIGN.sub("", self._tree.raw(child))
            if scalar is None or self._tree.raw(scalar) != written:
                yield make_word(self._source, *self._tree.span(child), OPEN_VALUE)
                continue
            value = literal(self._scalar(scalar).text)
            is_template = "{{" in (value.text or "")
            span = self._tree.span(scalar)
            yield make_word(self._source, *span, UNKNOWN_VALUE if is_template else value)

    def _scalar(self, node: Node) -> MappedText:
        """The text of a scalar: indentation, quotes, escapes and folds undone."""
        start, end = self._tree.span(node)
        match node.type:
            case "block_scalar":
                return self._block(self._source.part(start, end))
            case "double_quote_scalar":
                return substituted(self._source.part(start + 1, end - 1), _ESCAPE, _unescape)
            case "single_quote_scalar":
                inside = self._source.part(start + 1, end - 1)
                return substituted(inside, _QUOTE, lambda match: "'" if match[0] == "''" else " ")
            case _:
                return substituted(self._source.part(start, end), _FOLD, lambda _: " ")

    def _block(self, scalar: MappedText) -> MappedText:
        header, *lines = lines_of(scalar)
        indents = [
            len(line.text) - len(line.text.lstrip(" ")) for line in lines if line.text.strip()
        ]
        indent = min(indents, default=0)
        dedented = [
            line.part(min(indent, len(line.text.rstrip("\n"))), len(line.text)) for line in lines
        ]
        text = MappedText.join(dedented) if dedented else scalar.part(0, 0)
        if header.text.startswith(">"):
            return substituted(text, _FOLDED_LINE_END, lambda _: " ")
        return text

    def _key(self, node: Node) -> str:
        pair = next((n for n in ancestors(node) if n.type in _PAIRS), None)
        key = pair.child_by_field_name("key") if pair is not None else None
        return self._tree.raw(key).strip("\"'") if key is not None else ""

    def _folder(self, node: Node) -> str | None:
        """The `working-directory` of the step that a script belongs to."""
        pair = next((n for n in ancestors(node) if n.type in _PAIRS), None)
        step = pair.parent if pair is not None else None
        if step is None:
            return None
        if step.id not in self._folders:  # a mapping of thousands of pairs is read once
            self._folders[step.id] = self._folder_of(step)
        return self._folders[step.id]

    def _folder_of(self, step: Node) -> str | None:
        for pair in step.children:
            key = pair.child_by_field_name("key") if pair.type in _PAIRS else None
            value = pair.child_by_field_name("value") if key is not None else None
            if key is not None and value is not None and self._tree.raw(key) in _FOLDER_KEYS:
                folder = self._tree.raw(value).strip("\"'").rstrip("/")
                return None if "{" in folder or "$" in folder else folder
        return None


def _unescape(match: re.Match[str]) -> str:
    if match[1] is None:
        return "" if match[0].startswith("\\") else " "
    return {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1])


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")
