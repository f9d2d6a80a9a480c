"""workspace/didChangeWatchedFiles: files that changed behind the editor's back."""

from __future__ import annotations

from lsprotocol import types

from tunesmith.lsp.documents import path_of
from tunesmith.lsp.language_server import TunesmithServer

_PATTERNS = (
    "**/*.{py,ipynb,sh,bash,zsh,ps1,mk,just,yml,yaml,md,markdown,mdx,dockerfile}",
    "**/{Makefile,makefile,GNUmakefile,Justfile,justfile,.justfile,Dockerfile*,Containerfile*}",
    "**/{pyproject.toml,uv.lock,*.py.lock,requirements*.txt,config.json}",
)


def register(server: TunesmithServer) -> None:
    """Follow the files of the open folders."""
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(_did_change)


def watch(ls: TunesmithServer) -> None:
    """Ask the client to tell of changes, if it can."""
    workspace = ls.client_capabilities.workspace
    files = workspace.did_change_watched_files if workspace else None
    if not (files and files.dynamic_registration):
        return
    watchers = [types.FileSystemWatcher(pattern) for pattern in _PATTERNS]
    registration = types.Registration(
        "watched-files",
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        types.DidChangeWatchedFilesRegistrationOptions(watchers),
    )
    ls.client_register_capability(types.RegistrationParams([registration]))


def _did_change(ls: TunesmithServer, params: types.DidChangeWatchedFilesParams) -> None:
    opened = {document.path for document in ls.documents}
    changed = dict.fromkeys(path_of(event.uri) for event in params.changes)
    ls.folders.reread([path for path in changed if path not in opened])
