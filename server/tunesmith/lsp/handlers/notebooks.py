"""notebookDocument/didOpen, didChange, didClose."""

from __future__ import annotations

from lsprotocol import types

from tunesmith.lsp.convert import notebook_change, notebook_content
from tunesmith.lsp.language_server import TunesmithServer


def register(server: TunesmithServer) -> None:
    """Keep the notebooks of the editor. Their cells arrive by these messages only."""
    server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)(_did_open)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)(_did_change)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)(_did_close)


def _did_open(ls: TunesmithServer, params: types.DidOpenNotebookDocumentParams) -> None:
    content = notebook_content(params)
    ls.checker.opened(ls.documents.open_notebook(params.notebook_document.uri, content))


def _did_change(ls: TunesmithServer, params: types.DidChangeNotebookDocumentParams) -> None:
    change = notebook_change(params.change)
    changed = ls.documents.change_notebook(params.notebook_document.uri, change)
    if changed:
        ls.checker.changed(*changed)


def _did_close(ls: TunesmithServer, params: types.DidCloseNotebookDocumentParams) -> None:
    closed = ls.documents.close(params.notebook_document.uri)
    if closed:
        ls.checker.closed(closed)
        ls.clear(closed)
        ls.folders.reread([closed.path])
