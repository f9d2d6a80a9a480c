"""A document after edits."""

from __future__ import annotations

from collections.abc import Iterable

from tunesmith.sources.document import Document, Kind, notebook
from tunesmith.text import Edit, Span, apply_edits, regex

_LINE_BREAK = regex(r"\r\n|\n|\r")


def with_edits(document: Document, edits: Iterable[Edit]) -> Document:
    """The document after edits, whose line breaks become its own; a notebook keeps its cells.

    Raises:
        ValueError: two edits overlap, or one reaches across cells.
    """
    line_break = _line_break(document.text)
    edits = [Edit(span, _LINE_BREAK.sub(line_break, text)) for span, text in edits]
    if document.kind is not Kind.NOTEBOOK:
        return document._replace(text=apply_edits(document.text, edits))
    own: list[list[Edit]] = [[] for _ in document.cells]
    for edit in edits:
        index = document.cell_at(edit.span.start)
        if index is None or not document.cells[index].span.contains(edit.span):
            raise ValueError(f"an edit of {edit.span} reaches across the cells of a notebook")
        start = document.cells[index].span.start
        own[index].append(Edit(Span(edit.span.start - start, edit.span.end - start), edit.text))
    sources = [
        (cell.kind, apply_edits(document.text[slice(*cell.span)], cell_edits))
        for cell, cell_edits in zip(document.cells, own, strict=True)
    ]
    return notebook(document.path, sources)


def _line_break(text: str) -> str:
    """The line break that a text uses most."""
    crlf = text.count("\r\n")
    counts = {"\n": text.count("\n") - crlf, "\r\n": crlf, "\r": text.count("\r") - crlf}
    return max(counts, key=lambda line_break: counts[line_break])
