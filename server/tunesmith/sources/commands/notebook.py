"""Commands in notebooks: `!` lines, shell cells, Markdown cells and Python strings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunesmith.sources.commands import markdown, other_languages, prose, python, scripts
from tunesmith.sources.commands.found import (
    CORE,
    OPEN_PART,
    comment_blocks,
    substituted,
    unified_line_ends,
)
from tunesmith.sources.commands.marks import mark_at
from tunesmith.sources.document import Cell, CellKind, Document
from tunesmith.sources.launch_command import Argv
from tunesmith.text import MappedText

if TYPE_CHECKING:
    from tunesmith.sources.python_script import PythonScript

_CELL_MAGIC = re.compile(r"\s*%%(\w+)([^\n]*)(?:\n|\Z)")
_SHELL_MAGICS = ("bash", "sh", "shell", "system", "sx", "cmd", "script")
_SHELL_LINE = re.compile(
    r"^[ \t]*(?:[\w, ]+=[ \t]*)?(?:!!?|%(?:sx|system|sh)[ \t])[ \t]*"
    r"(?P<command>(?:[^\\\n]|\\[^\n]|\\\n)+)",
    re.MULTILINE,
)
_BRACES = re.compile(r"(?<!\$)\{[^{}\n]*\}")


def find(document: Document, script: PythonScript | None) -> Iterator[Argv]:
    """The commands in all cells of a notebook."""
    for cell in document.cells:
        source = MappedText.slice(document.text, cell.span)
        if CORE.search(source.text):
            yield from _in_cell(cell, unified_line_ends(source), script)
    if script is not None:
        yield from python.in_strings(script)


def _in_cell(cell: Cell, source: MappedText, script: PythonScript | None) -> Iterator[Argv]:
    if cell.kind is not CellKind.CODE:
        yield from markdown.find(source, other_languages.read)
        return
    magic = _CELL_MAGIC.match(source.text)
    if magic:
        body = source.part(magic.end(), len(source.text))
        is_file = magic[1] == "writefile" and magic[2].strip().endswith((".sh", ".bash"))
        if magic[1] in _SHELL_MAGICS or is_file:
            yield from scripts.find(body)
        else:
            yield from prose.find(body)
        return
    yield from _in_shell_lines(source)
    for block in comment_blocks(source):
        yield from prose.find(block)
    if script is None:
        yield from prose.find(source)


def _in_shell_lines(source: MappedText) -> Iterator[Argv]:
    for match in _SHELL_LINE.finditer(source.text):
        start, end = match.span("command")
        if CORE.search(source.text, start, end):
            shell = substituted(
                source.part(start, end), _BRACES, lambda braces: OPEN_PART * len(braces[0])
            )
            mark = mark_at(source.text, start, end, lambda line: line.lstrip().startswith("#"))
            yield from scripts.find(shell, mark)
