"""initialize, initialized, shutdown."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import cast

from lsprotocol import types

from tunesmith.lsp.documents import path_of
from tunesmith.lsp.handlers import configuration, watched_files
from tunesmith.lsp.language_server import DEBOUNCE, TunesmithServer
from tunesmith.lsp.watch_client import end_with


def register(server: TunesmithServer) -> None:
    """Start and end with the client."""
    server.feature(types.INITIALIZE)(_initialize)
    server.feature(types.INITIALIZED)(_initialized)
    server.feature(types.SHUTDOWN)(_shutdown)


def _initialize(ls: TunesmithServer, params: types.InitializeParams) -> None:
    ls.start(_debounce(params.initialization_options))
    ls.projects.set_roots(_roots(params))
    interpreter = _option(params.initialization_options, "interpreter")
    if isinstance(interpreter, str):
        ls.folders.use_interpreter(interpreter)
    if params.process_id is not None:
        end_with(params.process_id)


async def _initialized(ls: TunesmithServer, _: types.InitializedParams) -> None:
    watched_files.watch(ls)
    await configuration.pull(ls)
    ls.checker.release()
    ls.folders.scan(ls.projects.roots)


def _shutdown(ls: TunesmithServer, _: None) -> None:
    ls.exit_code = 0


def _debounce(options: object) -> float:
    """The option `debounce`, seconds of quiet before a check, is for tests and benchmarks."""
    debounce = _option(options, "debounce")
    return debounce if isinstance(debounce, (int, float)) else DEBOUNCE


def _option(options: object, name: str) -> object:
    return cast("dict[str, object]", options).get(name) if isinstance(options, dict) else None


def _roots(params: types.InitializeParams) -> list[PurePosixPath]:
    if params.workspace_folders is not None:
        return [path_of(folder.uri) for folder in params.workspace_folders]
    return [path_of(params.root_uri)] if params.root_uri else []
