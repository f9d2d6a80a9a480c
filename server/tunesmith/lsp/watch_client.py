"""Ends the process with the client's, also where an open pipe hides that it died."""

from __future__ import annotations

import os
import threading
import time

from tunesmith.platform import is_running

_INTERVAL = 2.0
"""Seconds between two looks."""


def end_with(process_id: int) -> None:
    """End this process soon after another one, which is running now, ended."""
    if is_running(process_id):
        threading.Thread(target=_watch, args=(process_id,), name="client", daemon=True).start()


def _watch(process_id: int) -> None:
    while is_running(process_id):
        time.sleep(_INTERVAL)
    os._exit(1)
