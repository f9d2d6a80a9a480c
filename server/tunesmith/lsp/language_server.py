"""The server object that the handlers share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from tunesmith import __version__
from tunesmith.lint.engine import Diagnostic
from tunesmith.lsp import rpc
from tunesmith.lsp.checker import TIME_LIMIT, Checker
from tunesmith.lsp.convert import diagnostics_by_part
from tunesmith.lsp.documents import DocumentStore, OpenDocument
from tunesmith.lsp.folder_reader import SCAN_LIMIT, FolderReader
from tunesmith.lsp.lenses import Lenses
from tunesmith.lsp.pool import WorkerPool
from tunesmith.lsp.projects import Projects
from tunesmith.lsp.protocol import STATUS_NOTIFICATION, StatusParams

_P = TypeVar("_P")
_R = TypeVar("_R")
_log = logging.getLogger(__name__)

_NOTEBOOKS = types.NotebookDocumentSyncOptions(
    [
        types.NotebookDocumentFilterWithNotebook(
            "jupyter-notebook",
            [
                types.NotebookCellLanguage(language)
                for language in ("python", "markdown", "shellscript")
            ],
        )
    ]
)
DEBOUNCE = 0.15
"""Seconds of quiet before a changed document is checked."""


class TunesmithServer(LanguageServer):
    """A pygls server with our documents, projects and checks.

    What needs the event loop exists from `initialize` on.
    """

    pool: WorkerPool
    checker: Checker
    folders: FolderReader

    def __init__(self) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - pygls leaves its *args open
            "tunesmith",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Incremental,
            notebook_document_sync=_NOTEBOOKS,
            protocol_cls=rpc.Protocol,
            converter_factory=rpc.converter,
        )
        self.documents = DocumentStore()
        self.projects = Projects()
        self.lenses = Lenses(self._refresh_lenses)
        self.exit_code = 1
        """What the process ends with: 0 after a `shutdown` request, as the protocol demands."""
        self._published: dict[str, Mapping[str, types.PublishDiagnosticsParams]] = {}
        self._notes: set[str] = set()

    def start(self, debounce: float = DEBOUNCE) -> None:
        """Begin to work; on the event loop.

        Args:
            debounce: seconds of quiet before a changed document is checked.
        """
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_loop_error)
        self.pool = WorkerPool(loop, threads=2, limit=TIME_LIMIT)
        self.checker = Checker(
            loop,
            self.pool,
            self.projects,
            self.publish,
            self.note,
            lambda: self.lenses.refresh_soon(loop),
            debounce=debounce,
        )
        self.folders = FolderReader(
            WorkerPool(loop, threads=1, limit=SCAN_LIMIT),
            self.projects,
            self.checker.recheck_all,
            self.tell_status,
            self.note,
        )

    def guarded(
        self, handler: Callable[[TunesmithServer, _P], Awaitable[_R | None]]
    ) -> Callable[[_P], Awaitable[_R | None]]:
        """A handler that answers with nothing, rather than with an error, when it fails."""

        async def handle(params: _P) -> _R | None:
            try:
                return await handler(self, params)
            except Exception:
                _log.exception("a request was not answered")
                return None

        return handle

    def publish(self, opened: OpenDocument, findings: Sequence[Diagnostic]) -> None:
        """Show findings that are not shown yet, and clear those of cells that are gone."""
        before = self._published.get(opened.uri, {})
        now = {each.uri: each for each in diagnostics_by_part(opened, findings)}
        for uri in before.keys() - now.keys():
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        for uri, message in now.items():
            if message != before.get(uri):
                self.text_document_publish_diagnostics(message)
        self._published[opened.uri] = now

    def clear(self, opened: OpenDocument) -> None:
        """Take back what is shown of a document that was closed."""
        for uri in self._published.pop(opened.uri, {}):
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        self.lenses.forget(opened)

    def note(self, text: str) -> None:
        """Write something to the editor's output channel, once."""
        if text not in self._notes:
            self._notes.add(text)
            self.window_log_message(types.LogMessageParams(types.MessageType.Warning, text))

    def tell_status(self, status: StatusParams) -> None:
        """Tell the extension what the server is doing."""
        self.protocol.notify(STATUS_NOTIFICATION, rpc.to_json(status))

    def _refresh_lenses(self) -> None:
        workspace = self.client_capabilities.workspace
        if workspace and workspace.code_lens and workspace.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log an error; pygls would show it to the user."""
        if isinstance(error, rpc.RequestFailedError):
            return  # the user is told
        cause = error.__context__ or error
        _log.error("a message was not handled", exc_info=cause)


def _log_loop_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    _log.error("a callback failed", exc_info=context.get("exception"))
