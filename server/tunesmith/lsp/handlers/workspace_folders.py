"""workspace/didChangeWorkspaceFolders."""

from __future__ import annotations

from lsprotocol import types

from tunesmith.lsp.documents import path_of
from tunesmith.lsp.handlers import configuration
from tunesmith.lsp.language_server import TunesmithServer


def register(server: TunesmithServer) -> None:
    """Follow the folders that the user opens and closes."""
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(_did_change)


async def _did_change(ls: TunesmithServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    removed = {path_of(folder.uri) for folder in params.event.removed}
    added = [path_of(folder.uri) for folder in params.event.added]
    new = ls.projects.set_roots((ls.projects.roots - removed).union(added))
    await configuration.pull(ls)
    ls.checker.recheck_all()
    ls.folders.scan(new)
