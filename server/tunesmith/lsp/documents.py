"""The open documents, as immutable snapshots.

pygls keeps documents too, but splits lines at form feeds and U+2028, and notebooks by cells alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pygls.uris import to_fs_path, urlparse

from tunesmith.platform import project_path
from tunesmith.sources.document import CellKind, Document, Kind, kind_of, notebook
from tunesmith.text import (
    Edit,
    LineIndex,
    Position,
    Span,
    apply_edits,
    common_prefix_length,
)

_KINDS: Mapping[str, Kind] = {
    "python": Kind.PYTHON,
    "shellscript": Kind.SHELL,
    "powershell": Kind.POWERSHELL,
    "makefile": Kind.MAKEFILE,
    "just": Kind.JUSTFILE,
    "yaml": Kind.YAML,
    "dockercompose": Kind.YAML,
    "github-actions-workflow": Kind.YAML,
    "dockerfile": Kind.DOCKERFILE,
    "markdown": Kind.MARKDOWN,
    "mdx": Kind.MARKDOWN,
}
_SCHEMES = frozenset({"file", "untitled"})


class Change(NamedTuple):
    """New text for what stands between two UTF-16 positions; for everything if there are none."""

    text: str
    start: Position | None = None
    end: Position | None = None


@dataclass(frozen=True)
class Part:
    """A text that the editor knows by a URI of its own: a document, or a cell of a notebook.

    Attributes:
        span: where it stands in the document's text.
    """

    uri: str
    version: int
    span: Span
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> LineIndex:
        """Its lines."""
        return LineIndex(self.text)

    def position(self, offset: int) -> Position:
        """The UTF-16 position, in this part, of an offset into the document."""
        return self.lines.utf16_position(offset - self.span.start)

    def offset(self, position: Position) -> int:
        """The offset into the document of a UTF-16 position in this part."""
        return self.span.start + self.lines.utf16_offset(position)


@dataclass(frozen=True)
class OpenDocument:
    """A document as it stood at one moment.

    Attributes:
        uri: the notebook's for a notebook.
        parts: the document itself, or the cells.
    """

    uri: str
    document: Document
    parts: Sequence[Part]

    @property
    def path(self) -> PurePosixPath:
        """Its path, which no other open document has."""
        return self.document.path

    @property
    def text(self) -> str:
        """The whole text; of a notebook, all cells' texts."""
        return self.document.text

    def part(self, uri: str) -> Part | None:
        """The part with this URI."""
        return next((part for part in self.parts if part.uri == uri), None)

    def part_at(self, offset: int) -> Part | None:
        """The part that holds an offset."""
        return self.part_of(Span(offset, offset))

    def part_of(self, span: Span) -> Part | None:
        """The part that holds a span; None where it reaches from one cell into the next."""
        return next((part for part in self.parts if part.span.contains(span)), None)


class NotebookCell(NamedTuple):
    """A cell as the editor sends it."""

    uri: str
    version: int
    language: str
    is_markup: bool
    text: str

    @property
    def kind(self) -> CellKind:
        """What the cell means to us; code in another language means nothing."""
        if self.is_markup:
            return CellKind.MARKDOWN
        is_code = self.language == "python" or self.text.lstrip().startswith("%%")
        return CellKind.CODE if is_code else CellKind.RAW


class TextChange(NamedTuple):
    """Changes of one cell's text."""

    uri: str
    version: int
    changes: Sequence[Change]


class NotebookChange(NamedTuple):
    """Changes of a notebook, to be made in the order of the fields.

    Attributes:
        opened: cells that are new, in any order.
        start: where the order of the cells changes: `removed` of them make way for `inserted`.
        closed: URIs of cells that will not come back.
    """

    opened: Sequence[NotebookCell] = ()
    start: int = 0
    removed: int = 0
    inserted: Sequence[str] = ()
    closed: Sequence[str] = ()
    texts: Sequence[TextChange] = ()


class Cells:
    """The cells of an open notebook. One that is moved may be missing for a while."""

    def __init__(self) -> None:
        self._order: list[str] = []
        self._known: dict[str, NotebookCell] = {}

    def change(self, change: NotebookChange) -> None:
        """Make a change."""
        self._known.update((cell.uri, cell) for cell in change.opened)
        self._order[change.start : change.start + change.removed] = change.inserted
        for uri in change.closed:
            self._known.pop(uri, None)
        for uri, version, changes in change.texts:
            cell = self._known.get(uri)
            if cell is not None:
                text, _ = _apply(cell.text, changes)
                self._known[uri] = cell._replace(version=version, text=text)

    def document(self, uri: str) -> OpenDocument:
        """The notebook as it stands."""
        cells = [self._known[cell_uri] for cell_uri in self._order if cell_uri in self._known]
        document = notebook(path_of(uri), [(cell.kind, cell.text) for cell in cells])
        parts = [
            Part(cell.uri, cell.version, place.span, cell.text)
            for cell, place in zip(cells, document.cells, strict=True)
        ]
        return OpenDocument(uri, document, parts)


def path_of(uri: str) -> PurePosixPath:
    """The path of a URI; a document without a file gets a path that no file has."""
    file = to_fs_path(uri)
    if file:
        return project_path(Path(file))
    scheme, _, path, *_ = urlparse(uri)
    return PurePosixPath(f"/{scheme}:", path.lstrip("/"))


def difference(old: str, new: str) -> Edit:
    """One edit that makes the new text of the old one, as short as it can be."""
    start = common_prefix_length(old, new)
    rest = min(len(old), len(new)) - start
    end = common_prefix_length(old[len(old) - rest :][::-1], new[len(new) - rest :][::-1])
    return Edit(Span(start, len(old) - end), new[start : len(new) - end])


class DocumentStore:
    """The open documents by URI. Every change makes a new snapshot."""

    def __init__(self) -> None:
        self._open: dict[str, OpenDocument] = {}
        self._notebooks: dict[str, Cells] = {}
        self._notebook_of: dict[str, str] = {}

    def __iter__(self) -> Iterator[OpenDocument]:
        return iter(list(self._open.values()))

    def get(self, uri: str) -> OpenDocument | None:
        """The document of a URI, which may be a cell's."""
        return self._open.get(self._notebook_of.get(uri, uri))

    def open(self, uri: str, language: str, version: int, text: str) -> OpenDocument | None:
        """Keep a document; None for one that Tunesmith does not read."""
        path = path_of(uri)
        kind = _KINDS.get(language) or kind_of(path)
        if kind is None or kind is Kind.NOTEBOOK or urlparse(uri)[0] not in _SCHEMES:
            return None
        return self._keep(_text_document(uri, version, Document(path, kind, text)))

    def change(
        self, uri: str, version: int, changes: Sequence[Change]
    ) -> tuple[OpenDocument, Sequence[Edit]] | None:
        """Change a document; the edits apply one after the other. None if it is not kept."""
        opened = self._open.get(uri)
        if opened is None:
            return None
        text, edits = _apply(opened.text, changes)
        document = opened.document._replace(text=text)
        return self._keep(_text_document(uri, version, document)), edits

    def open_notebook(self, uri: str, content: NotebookChange) -> OpenDocument:
        """Keep a notebook; its content is a change of an empty one."""
        cells = self._notebooks[uri] = Cells()
        cells.change(content)
        return self._keep_notebook(uri)

    def change_notebook(
        self, uri: str, change: NotebookChange
    ) -> tuple[OpenDocument, Sequence[Edit]] | None:
        """Change the cells of a notebook; None if it is not kept."""
        old, cells = self._open.get(uri), self._notebooks.get(uri)
        if old is None or cells is None:
            return None
        cells.change(change)
        new = self._keep_notebook(uri)
        return new, [difference(old.text, new.text)]

    def close(self, uri: str) -> OpenDocument | None:
        """Forget a document or a notebook."""
        self._notebooks.pop(uri, None)
        closed = self._open.pop(uri, None)
        for part in closed.parts if closed else ():
            self._notebook_of.pop(part.uri, None)
        return closed

    def _keep(self, opened: OpenDocument) -> OpenDocument:
        self._open[opened.uri] = opened
        return opened

    def _keep_notebook(self, uri: str) -> OpenDocument:
        old = self._open.get(uri)
        for part in old.parts if old else ():
            self._notebook_of.pop(part.uri, None)
        new = self._keep(self._notebooks[uri].document(uri))
        self._notebook_of.update((part.uri, uri) for part in new.parts)
        return new


def _text_document(uri: str, version: int, document: Document) -> OpenDocument:
    span = Span(0, len(document.text))
    return OpenDocument(uri, document, (Part(uri, version, span, document.text),))


def _apply(text: str, changes: Sequence[Change]) -> tuple[str, Sequence[Edit]]:
    edits: list[Edit] = []
    for change in changes:
        edit = _edit(text, change)
        edits.append(edit)
        text = apply_edits(text, [edit])
    return text, edits


def _edit(text: str, change: Change) -> Edit:
    if change.start is None or change.end is None:
        return difference(text, change.text)
    lines = LineIndex(text)
    start, end = sorted((lines.utf16_offset(change.start), lines.utf16_offset(change.end)))
    return Edit(Span(start, end), change.text)
