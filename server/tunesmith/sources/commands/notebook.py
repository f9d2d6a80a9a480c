"""Commands in notebooks: `!` lines, shell cells, Markdown cells and Python strings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunesmith.sources.commands import markdown, other_languages, prose, python, scripts
from tunesmith.sources.commands.found import (
    LAUNCHES,
    OPEN_PART,
    Sought,
    comment_blocks,
    substituted,
    unified_line_ends,
)
from tunesmith.sources.commands.marks import mark_at
from tunesmith.sources.document import Cell, CellKind, Document
from tunesmith.sources.launch_command import Argv
from tunesmith.text import MappedText, regex

if TYPE_CHECKING:
    from tunesmith.sources.python_script import PythonScript

_CELL_MAGIC = regex(r"\s*%%(\w+)([^\n]*)(?:\n|\Z)")
_SHELL_MAGICS = ("bash", "sh", "shell", "system", "sx", "cmd", "script")
_SHELL_LINE = regex(
    r"^[ \t]*(?:[\w, ]+=[ \t]*)?(?:!!?|%(?:sx|system|sh)[ \t])[ \t]*"
    r"(?P<command>(?:[^\\\n]|\\[^\n]|\\\n)+)",
    re.MULTILINE,
)
_BRACES = regex(r"(?<!\$)\{[^{}\n]*\}")


def find(
    document: Document, script: PythonScript | None, sought: Sought = LAUNCHES
) -> Iterator[Argv]:
    """The commands in all cells of a notebook."""
    for cell in document.cells:
        source = MappedText.slice(document.text, cell.span)
        if sought.mention.search(source.text):
            yield from _in_cell(cell, unified_line_ends(source), script, sought)
    if script is not None:
        yield from python.in_strings(script, sought)


def _in_cell(
    cell: Cell, source: MappedText, script: PythonScript | None, sought: Sought
) -> Iterator[Argv]:
    if cell.kind is not CellKind.CODE:
        yield from markdown.find(source, other_languages.read, sought)
        return
    magic = _CELL_MAGIC.match(source.text)
    if magic:
        body = source.part(magic.end(), len(source.text))
        is_file = magic[1] == "writefile" and magic[2].strip().endswith((".sh", ".bash"))
        if magic[1] in _SHELL_MAGICS or is_file:
            yield from scripts.find(body, None, sought)
        else:
            yield from prose.find(body, None, sought)
        return
    yield from _in_shell_lines(source, sought)
    for block in comment_blocks(source, sought):
        yield from prose.find(block, None, sought)
    if script is None:
        yield from prose.find(source, None, sought)


def _in_shell_lines(source: MappedText, sought: Sought) -> Iterator[Argv]:
    for match in _SHELL_LINE.finditer(source.text):
        start, end = match.span("command")
        if sought.mention.search(source.text, start, end):
            shell = substituted(
                source.part(start, end), _BRACES, lambda braces: OPEN_PART * len(braces[0])
            )
            mark = mark_at(source.text, start, end, lambda line: line.lstrip().startswith("#"))
            yield from scripts.find(shell, mark, sought)
