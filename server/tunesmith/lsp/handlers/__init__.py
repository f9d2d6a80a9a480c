"""One module for each group of messages; each has a `register(server)`."""

from __future__ import annotations

from tunesmith.lsp.handlers import (
    code_action,
    code_lens,
    configuration,
    estimate_edits,
    estimates,
    hover,
    interpreter,
    lifecycle,
    notebooks,
    rule,
    text_documents,
    watched_files,
    workspace_folders,
)
from tunesmith.lsp.language_server import TunesmithServer

_MODULES = (
    lifecycle,
    configuration,
    workspace_folders,
    watched_files,
    text_documents,
    notebooks,
    code_action,
    code_lens,
    estimate_edits,
    estimates,
    hover,
    interpreter,
    rule,
)


def register_all(server: TunesmithServer) -> TunesmithServer:
    """Give a server all its handlers."""
    for module in _MODULES:
        module.register(server)
    return server
