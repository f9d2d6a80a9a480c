"""Runs the language server on standard input and output.

It reads documents and files, and starts, imports and downloads nothing; so it makes no difference
whether the user trusts the workspace.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from typing import BinaryIO

from tunesmith.lsp import handlers, rpc
from tunesmith.lsp.language_server import TunesmithServer


def main() -> int:
    """Serve one client until it leaves, then end the process."""
    output = _claim_output()
    _log_to_stderr()
    server = handlers.register_all(TunesmithServer())
    _look_for_garbage_less_often()
    server.start_io(sys.stdin.buffer, output)
    sys.stderr.flush()
    os._exit(server.exit_code)  # a check that hangs must not keep the process


def _look_for_garbage_less_often() -> None:
    """Keep keystrokes from waiting for a look at all that the process holds.

    A script's tree has thousands of nodes, which would make that look due every few keystrokes.
    """
    gc.freeze()  # what is imported stays
    gc.set_threshold(20_000)


def _claim_output() -> BinaryIO:
    """The real standard output; whatever else is printed goes to standard error from now on."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return output


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(rpc.is_worth_logging)
    handler.setFormatter(rpc.PayloadFreeFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
