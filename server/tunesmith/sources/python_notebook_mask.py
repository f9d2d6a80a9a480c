"""A notebook as one Python text: everything else masked, every character at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tunesmith.sources.document import CellKind, Document
from tunesmith.sources.python_scan import CLOSE, NEWLINE, OPEN, TOKEN
from tunesmith.text import regex

_NOT_LINE_BREAK = regex(r"[^\r\n]")
_CELL_MAGIC = regex(r"\s*%%(\w+)[^\r\n]*")
_PYTHON_CELL_MAGICS = frozenset({"capture", "memit", "prun", "time", "timeit"})
_SHELL_LINE = r"(?:\\(?:\r\n|\n|\r)|[^\r\n])*"
_TIMED = regex(r"[ \t]*(?P<magic>%time(?:it)?[ \t]+)(?=[^\s%!-])")
_MAGIC = regex(
    rf"[ \t]*(?:[\w.,\[\] \t]+?=[ \t]*(?=[!%]))?(?P<magic>[!%?]{_SHELL_LINE})"
    r"|[ \t]*(?P<help>[\w.]+\?\??)[ \t]*(?=[\r\n]|\Z)"
)


def mask_notebook(document: Document) -> str:
    """The document's text with all that is no Python made blank or a statement without effect.

    Markdown, other languages' cells (`%%bash`), magics (`%pip`) and shell lines (`!ls`) are masked.
    """
    text = document.text
    pieces: list[str] = []
    position = 0
    for cell in document.cells:
        start, end = cell.span
        pieces.append(text[position:start])
        pieces.append(_masked_cell(text[start:end], cell.kind))
        position = end
    return "".join((*pieces, text[position:]))


def mask_broken_cells(document: Document, masked: str, is_readable: Callable[[str], bool]) -> str:
    """The masked text with the code cells made blank that do not parse by themselves."""
    for cell in document.cells:
        start, end = cell.span
        if cell.kind is CellKind.CODE and not is_readable(masked[start:end]):
            masked = masked[:start] + _blank(masked[start:end]) + masked[end:]
    return masked


def _masked_cell(source: str, kind: CellKind) -> str:
    if kind is not CellKind.CODE:
        return _blank(source)
    magic = _CELL_MAGIC.match(source)
    if magic and magic[1] not in _PYTHON_CELL_MAGICS:
        return _blank(source)
    start = magic.end() if magic else 0
    return _blank(source[:start]) + "".join(_masked_lines(source, start))


def _masked_lines(source: str, position: int) -> Iterator[str]:
    """The logical lines of a code cell, magics masked."""
    while position < len(source):
        timed, magic = _TIMED.match(source, position), _MAGIC.match(source, position)
        if timed:
            yield source[position : timed.start("magic")]
            yield "0" + " " * (len(timed["magic"]) - 2) + ";"
            position = timed.end()
        elif magic:
            group = "magic" if magic["magic"] else "help"
            yield source[position : magic.start(group)]
            yield "0" + _blank(magic[group][1:])
            position = magic.end(group)
        end = _logical_line_end(source, position)
        yield source[position:end]
        position = end


def _logical_line_end(source: str, position: int) -> int:
    """Behind the line break that ends the logical line at a position."""
    depth = 0
    for match in TOKEN.finditer(source, position):
        if match.lastindex == OPEN:
            depth += 1
        elif match.lastindex == CLOSE:
            depth = max(0, depth - 1)
        elif match.lastindex == NEWLINE and depth == 0:
            return match.start() + (2 if source.startswith("\r\n", match.start()) else 1)
    return len(source)


def _blank(text: str) -> str:
    return _NOT_LINE_BREAK.sub(" ", text)
