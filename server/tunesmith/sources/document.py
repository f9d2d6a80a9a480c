"""A document: its path, its kind and its text, before anybody asks what it means."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from functools import cached_property
from pathlib import PurePath, PurePosixPath

from tunesmith.named_tuple import NamedTuple
from tunesmith.text import LineIndex, Span

MAX_CHARACTERS = 512 * 1024
"""Longer documents are skipped with a note: a parse of one would hold the editor for seconds."""


class Kind(Enum):
    """What a document is written in. The value is the name that a user reads."""

    PYTHON = "Python"
    NOTEBOOK = "notebook"
    SHELL = "shell script"
    POWERSHELL = "PowerShell script"
    MAKEFILE = "Makefile"
    JUSTFILE = "justfile"
    YAML = "YAML"
    DOCKERFILE = "Dockerfile"
    MARKDOWN = "Markdown"


_SUFFIXES = {
    ".py": Kind.PYTHON,
    ".ipynb": Kind.NOTEBOOK,
    ".sh": Kind.SHELL,
    ".bash": Kind.SHELL,
    ".zsh": Kind.SHELL,
    ".ps1": Kind.POWERSHELL,
    ".mk": Kind.MAKEFILE,
    ".just": Kind.JUSTFILE,
    ".yml": Kind.YAML,
    ".yaml": Kind.YAML,
    ".dockerfile": Kind.DOCKERFILE,
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".mdx": Kind.MARKDOWN,
}
_NAMES = {
    "makefile": Kind.MAKEFILE,
    "gnumakefile": Kind.MAKEFILE,
    "justfile": Kind.JUSTFILE,
    ".justfile": Kind.JUSTFILE,
}
_DOCKERFILE_NAMES = ("dockerfile", "containerfile")


def kind_of(path: PurePath) -> Kind | None:
    """The kind that a path's name tells, or None for a file that Tunesmith does not read."""
    name = path.name.lower()
    if name.partition(".")[0] in _DOCKERFILE_NAMES:
        return Kind.DOCKERFILE
    return _NAMES.get(name) or _SUFFIXES.get(path.suffix.lower())


class CellKind(Enum):
    """What a cell of a notebook holds."""

    CODE = "code"
    MARKDOWN = "markdown"
    RAW = "raw"


class Cell(NamedTuple):
    """One cell of a notebook: where its source stands in the document's text."""

    kind: CellKind
    span: Span


class Document(NamedTuple):
    """A text with a path and a kind.

    A notebook's text is its cells' sources joined by line feeds, in order; `cells` tells where
    each one stands. All spans of a notebook are spans of that text.
    """

    path: PurePosixPath
    kind: Kind
    text: str
    cells: Sequence[Cell] = ()

    @cached_property
    def lines(self) -> LineIndex:
        return LineIndex(self.text)

    @property
    def code_length(self) -> int:
        """Characters; of a notebook those of its code, as its text often holds whole pictures."""
        if self.kind is not Kind.NOTEBOOK:
            return len(self.text)
        return sum(c.span.end - c.span.start for c in self.cells if c.kind is CellKind.CODE)

    def cell_at(self, offset: int) -> int | None:
        """The 0-based index of the cell that holds an offset; None outside notebooks."""
        for index, cell in enumerate(self.cells):
            if cell.span.start <= offset <= cell.span.end:
                return index
        return None


def notebook(path: PurePosixPath, sources: Sequence[tuple[CellKind, str]]) -> Document:
    """The document of a notebook with these cells."""
    cells: list[Cell] = []
    start = 0
    for kind, source in sources:
        cells.append(Cell(kind, Span(start, start + len(source))))
        start += len(source) + 1
    return Document(path, Kind.NOTEBOOK, "\n".join(source for _, source in sources), cells)
