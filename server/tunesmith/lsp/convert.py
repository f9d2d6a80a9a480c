"""Between Tunesmith's values and the protocol's: the only module that makes lsprotocol types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsprotocol import types
from pygls.uris import from_fs_path

from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.rule import Severity
from tunesmith.lsp.documents import (
    Change,
    NotebookCell,
    NotebookChange,
    OpenDocument,
    Part,
    TextChange,
)
from tunesmith.sources.document import Document, Kind
from tunesmith.text import Edit, Position, Span

SOURCE = "tunesmith"

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
}


def position(value: types.Position) -> Position:
    """A position as the text module has it; the column is in UTF-16 units."""
    return Position(value.line, value.character)


def lsp_range(part: Part, span: Span) -> types.Range:
    """The range of a span that lies in a part."""
    start, end = part.position(span.start), part.position(span.end)
    return types.Range(types.Position(*start), types.Position(*end))


def span_in(part: Part, value: types.Range) -> Span:
    """The document's span of a range in a part."""
    return Span(part.offset(position(value.start)), part.offset(position(value.end)))


def lsp_diagnostic(part: Part, finding: Diagnostic) -> types.Diagnostic:
    """A finding in a part; one that reaches past the part's end is cut off there."""
    span = Span(finding.span.start, min(finding.span.end, part.span.end))
    return types.Diagnostic(
        range=lsp_range(part, span),
        message=finding.message,
        severity=_SEVERITIES[finding.severity],
        code=finding.name,
        code_description=types.CodeDescription(finding.url),
        source=SOURCE,
    )


def diagnostics_by_part(
    opened: OpenDocument, findings: Iterable[Diagnostic]
) -> Sequence[types.PublishDiagnosticsParams]:
    """What to publish for a document: one message for each part, findings or not."""
    found: dict[str, list[types.Diagnostic]] = {part.uri: [] for part in opened.parts}
    for finding in findings:
        part = opened.part_at(finding.span.start)
        if part:
            found[part.uri].append(lsp_diagnostic(part, finding))
    return [
        types.PublishDiagnosticsParams(part.uri, found[part.uri], part.version)
        for part in opened.parts
    ]


def workspace_edit(opened: OpenDocument, edits: Iterable[Edit]) -> types.WorkspaceEdit | None:
    """Edits of a document as the editor makes them; None if one reaches across cells."""
    changes: dict[str, types.TextDocumentEdit] = {}
    for edit in edits:
        part = opened.part_of(edit.span)
        if part is None:
            return None
        identifier = types.OptionalVersionedTextDocumentIdentifier(part.uri, part.version)
        change = changes.setdefault(part.uri, types.TextDocumentEdit(identifier, []))
        change.edits = (*change.edits, types.TextEdit(lsp_range(part, edit.span), edit.text))
    return types.WorkspaceEdit(document_changes=list(changes.values()))


def closed_file_edit(document: Document, edits: Iterable[Edit]) -> types.WorkspaceEdit | None:
    """Edits of a file that is not open; None for a notebook, whose cells have no addresses then."""
    if document.kind is Kind.NOTEBOOK:
        return None
    uri = from_fs_path(str(document.path)) or ""
    whole = Part(uri, 0, Span(0, len(document.text)), document.text)
    changes = [types.TextEdit(lsp_range(whole, edit.span), edit.text) for edit in edits]
    identifier = types.OptionalVersionedTextDocumentIdentifier(uri)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, changes)])


def document_edit(
    open_documents: Iterable[OpenDocument], document: Document, edits: Iterable[Edit]
) -> types.WorkspaceEdit | None:
    """Edits of a document that may be open; None if its text is another one by now."""
    opened = next((each for each in open_documents if each.path == document.path), None)
    if opened is None:
        return closed_file_edit(document, edits)
    return workspace_edit(opened, edits) if opened.text == document.text else None


def text_change(event: types.TextDocumentContentChangeEvent) -> Change:
    """One change of a text document or cell."""
    if isinstance(event, types.TextDocumentContentChangePartial):
        return Change(event.text, position(event.range.start), position(event.range.end))
    return Change(event.text)


def notebook_content(params: types.DidOpenNotebookDocumentParams) -> NotebookChange:
    """The cells of a notebook that was opened."""
    return _structure(0, 0, params.notebook_document.cells, params.cell_text_documents)


def notebook_change(event: types.NotebookDocumentChangeEvent) -> NotebookChange:
    """What happened to the cells of a notebook."""
    change = NotebookChange()
    if event.cells and (structure := event.cells.structure):
        array, did_open = structure.array, structure.did_open or ()
        change = _structure(array.start, array.delete_count, array.cells or (), did_open)
        change = change._replace(closed=[document.uri for document in structure.did_close or ()])
    texts = (event.cells.text_content or ()) if event.cells else ()
    return change._replace(texts=[_cell_text(text) for text in texts])


def _structure(
    start: int,
    removed: int,
    cells: Sequence[types.NotebookCell],
    documents: Iterable[types.TextDocumentItem],
) -> NotebookChange:
    markup = {cell.document for cell in cells if cell.kind is types.NotebookCellKind.Markup}
    opened = [
        NotebookCell(item.uri, item.version, item.language_id, item.uri in markup, item.text)
        for item in documents
    ]
    return NotebookChange(opened, start, removed, [cell.document for cell in cells])


def _cell_text(content: types.NotebookDocumentCellContentChanges) -> TextChange:
    changes = [text_change(change) for change in content.changes]
    return TextChange(content.document.uri, content.document.version, changes)
