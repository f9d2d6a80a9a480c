"""tunesmith/interpreter: the user selected another interpreter for their scripts."""

from __future__ import annotations

from typing import cast

from tunesmith.lsp.language_server import TunesmithServer
from tunesmith.lsp.protocol import INTERPRETER_NOTIFICATION


def register(server: TunesmithServer) -> None:
    """Follow the user's choice."""
    server.feature(INTERPRETER_NOTIFICATION)(_did_change)


def _did_change(ls: TunesmithServer, params: object) -> None:
    path = cast("dict[str, object]", params).get("path") if isinstance(params, dict) else None
    ls.folders.use_interpreter(path if isinstance(path, str) else None)
