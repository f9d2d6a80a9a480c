"""The findings of one file, as every output format takes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tunesmith.lint.engine import Diagnostic
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.document import Document


class Result(NamedTuple):
    """A file that was checked.

    Attributes:
        name: the file's name, as the user wrote it or as it lies below the working directory.
        document: its text.
        findings: in the order of their places.
    """

    name: str
    document: Document
    findings: Sequence[Diagnostic]


class Place(NamedTuple):
    """A place as people count: all from 1, columns in code points, rows within the cell."""

    cell: int | None
    row: int
    column: int


def place_of(document: Document, offset: int) -> Place:
    """Where an offset stands."""
    line, column = document.lines.position(offset)
    cell = document.cell_at(offset)
    if cell is None:
        return Place(None, line + 1, column + 1)
    first_line = document.lines.position(document.cells[cell].span.start).line
    return Place(cell + 1, line - first_line + 1, column + 1)


def shown_path(path: Path) -> str:
    """A path as a user reads it: below the working directory, else whole."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
