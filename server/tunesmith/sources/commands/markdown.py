"""Commands in Markdown: fences, indented code, inline code, and what is said in front of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.commands import prose, scripts
from tunesmith.sources.commands.found import LAUNCHES, Sought, lines_of, unified_line_ends
from tunesmith.sources.commands.marks import Mark, heading_mark, mark_of
from tunesmith.sources.commands.syntax import SyntaxTree, ancestors, descendants
from tunesmith.sources.launch_command import Argv
from tunesmith.text import MappedText, Span, regex

if TYPE_CHECKING:
    from tree_sitter import Node

Reader = Callable[[str, MappedText, "Mark | None", Sought], Iterator[Argv]]
"""Finds the commands in a fence of some other language: its name, its text, the mark before it, and
what is sought."""

_SHELL = regex(
    "bash|sh|shell|zsh|ksh|fish|console|terminal|shell-?session|(?:ba)?sh-session|cmd|bat|batch"
)
_PLAIN = regex("|text|txt|plaintext|plain|none|log|output|md|markdown")
_BLOCKS = (
    "code_fence_content",
    "indented_code_block",
    "html_block",
    "pipe_table_cell",
    "paragraph",
    "atx_heading",
    "setext_heading",
)
_HEADINGS = ("atx_heading", "setext_heading")
_PROMPT_LINE = regex(rf"[ \t]*{prose.PROMPT}(?=\S)")
_SECOND_PROMPT = regex(r"[ \t]*>[ \t]")


def find(source: MappedText, read_other: Reader, sought: Sought = LAUNCHES) -> Iterator[Argv]:
    """The commands in Markdown; fences in languages other than the shell go to `read_other`."""
    source = unified_line_ends(source)
    tree = SyntaxTree("markdown", source.text)
    seen: set[int] = set()
    for match in sought.mention.finditer(tree.text):
        around = ancestors(tree.node_at(match.start()))
        block = next((node for node in around if node.type in _BLOCKS), None)
        if block is not None and block.id not in seen:
            seen.add(block.id)
            yield from _Block(tree, source, block, sought).find(read_other)


class Fence(NamedTuple):
    """A fenced block of code that stands at the margin.

    Attributes:
        language: as its first line says, in lower case.
        span: its code.
        mark: what the text in front of it says of it.
    """

    language: str
    span: Span
    mark: Mark | None


def fences(
    source: MappedText, languages: re.Pattern[str], content: re.Pattern[str]
) -> Iterator[Fence]:
    """The fences in some languages whose code matches; not those in lists and quotes, whose lines
    begin later."""
    source = unified_line_ends(source)
    tree = SyntaxTree("markdown", source.text)
    for node in descendants(tree.root, "code_fence_content"):
        block = _Block(tree, source, node, LAUNCHES)
        language = block.language(node.parent)
        if not languages.fullmatch(language) or not content.search(tree.raw(node)):
            continue
        if not any(tree.raw(each) for each in descendants(node, "block_continuation")):
            yield Fence(language, source.span(*tree.span(node)), block.mark(node.parent))


class _Block:
    """A block of a document that mentions a command."""

    def __init__(self, tree: SyntaxTree, source: MappedText, node: Node, sought: Sought) -> None:
        self._tree = tree
        self._source = source
        self._node = node
        self._sought = sought

    def find(self, read_other: Reader) -> Iterator[Argv]:
        text = self._content()
        match self._node.type:
            case "code_fence_content":
                yield from self._in_fence(text, read_other)
            case "indented_code_block":
                yield from prose.find(text, self.mark(self._node), self._sought)
            case "html_block":
                yield from prose.find(text, None, self._sought)
            case "pipe_table_cell":
                yield from prose.in_sentences(text, self._column_mark(), self._sought)
            case _:
                yield from prose.in_sentences(text, None, self._sought)

    def _in_fence(self, text: MappedText, read_other: Reader) -> Iterator[Argv]:
        fence = self._node.parent
        mark = self.mark(fence) if fence is not None else None
        name = self.language(fence)
        if _SHELL.fullmatch(name):
            yield from scripts.find(_typed_lines(text), mark, self._sought)
        elif _PLAIN.fullmatch(name):
            yield from prose.find(_typed_lines(text), mark, self._sought)
        else:
            yield from read_other(name, text, mark, self._sought)

    def _content(self) -> MappedText:
        """The block's text without the quote signs and the indentation of the lists around it."""
        start, end = self._tree.span(self._node)
        parts: list[MappedText] = []
        for continuation in descendants(self._node, "block_continuation"):
            inner = self._tree.span(continuation)
            parts.append(self._source.part(start, inner.start))
            start = inner.end
        return MappedText.join([*parts, self._source.part(start, end)])

    def language(self, fence: Node | None) -> str:
        """What a fence says that it holds, in lower case; empty where it does not."""
        for child in fence.children if fence is not None else ():
            if child.type == "info_string":
                match = re.search(r"[\w+-]+", self._tree.raw(child))
                return match[0].lower() if match else ""
        return ""

    def mark(self, block: Node | None) -> Mark | None:
        """What the text in front of a block, or the heading above it, says of it."""
        before = block.prev_named_sibling if block is not None else None
        while before is not None and before.type in ("block_continuation", "block_quote_marker"):
            before = before.prev_named_sibling
        if before is not None and before.type in _HEADINGS:
            return heading_mark(self._tree.raw(before))
        if before is not None and before.type in ("paragraph", "block_quote", "list", "html_block"):
            found = mark_of(self._last_text(before))
            if found:
                return found
        return self._heading_above(block)

    def _last_text(self, block: Node) -> str:
        if block.type in ("block_quote", "list"):
            last = [*descendants(block, "paragraph", "fenced_code_block")][-1:]
            return self._tree.raw(last[0]) if last and last[0].type == "paragraph" else ""
        return self._tree.raw(block)

    def _heading_above(self, block: Node | None) -> Mark | None:
        section = next((node for node in ancestors(block) if node.type == "section"), None)
        first = section.child(0) if section is not None else None
        if first is None or first.type not in _HEADINGS:
            return None
        return heading_mark(self._tree.raw(first))

    def _column_mark(self) -> Mark | None:
        """What the head of a table's column says."""
        row = self._node.parent
        table = row.parent if row is not None else None
        head = table.child(0) if table is not None else None
        if row is None or head is None:
            return None
        cells = [cell.id for cell in row.children if cell.type == "pipe_table_cell"]
        heads = [cell for cell in head.children if cell.type == "pipe_table_cell"]
        column = cells.index(self._node.id)
        return heading_mark(self._tree.raw(heads[column])) if column < len(heads) else None


def _typed_lines(text: MappedText) -> MappedText:
    """What was typed in a terminal session, without prompts and output; other text as it is."""
    lines = list(lines_of(text))
    if not any(_PROMPT_LINE.match(line.text) for line in lines):
        return text
    typed: list[MappedText] = []
    continues = False
    for line in lines:
        prompt = (_SECOND_PROMPT if continues else _PROMPT_LINE).match(line.text)
        is_talk = line.text.lstrip().startswith("#")
        if prompt or continues or is_talk:
            typed.append(line.part(prompt.end() if prompt else 0, len(line.text)))
            continues = line.text.rstrip("\n").endswith("\\") and not is_talk
    return MappedText.join(typed)
