"""textDocument/didOpen, didChange, didClose."""

from __future__ import annotations

from lsprotocol import types

from tunesmith.lsp.convert import text_change
from tunesmith.lsp.language_server import TunesmithServer


def register(server: TunesmithServer) -> None:
    """Keep the text documents of the editor."""
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(_did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(_did_change)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(_did_close)


def _did_open(ls: TunesmithServer, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    opened = ls.documents.open(item.uri, item.language_id, item.version, item.text)
    if opened:
        ls.checker.opened(opened)


def _did_change(ls: TunesmithServer, params: types.DidChangeTextDocumentParams) -> None:
    changes = [text_change(event) for event in params.content_changes]
    document = params.text_document
    changed = ls.documents.change(document.uri, document.version, changes)
    if changed:
        ls.checker.changed(*changed)


def _did_close(ls: TunesmithServer, params: types.DidCloseTextDocumentParams) -> None:
    closed = ls.documents.close(params.text_document.uri)
    if closed:
        ls.checker.closed(closed)
        ls.clear(closed)
        ls.folders.reread([closed.path])
