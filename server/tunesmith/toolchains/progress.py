"""Shows progress: a bar on a terminal, a line for each step elsewhere, JSON for programs."""

from __future__ import annotations

import sys
import time

from tunesmith.toolchains.failures import in_words
from tunesmith.workers.events import Progress, to_line

_PAUSE_S = 0.1
_WIDTH = 24


class Progressing:
    """Takes progress and shows it on standard error; as JSON, on standard output."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._is_terminal = sys.stderr.isatty()
        self._shown: Progress | None = None
        self._last = 0.0
        self._width = 0

    def __call__(self, event: Progress) -> None:
        before = self._shown
        is_new = before is None or (before.stage, before.message) != (event.stage, event.message)
        is_last = event.done == event.total
        now = time.monotonic()
        if not is_new and not is_last and now - self._last < _PAUSE_S:
            return
        self._shown, self._last = event, now
        if self._as_json:
            print(to_line(event), flush=True)
        elif self._is_terminal:
            self._redraw(f"{bar(event)} {described(event)}")
        elif is_new:
            print(described(event), file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave nothing half drawn."""
        if self._width:
            self._redraw("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def _redraw(self, text: str) -> None:
        sys.stderr.write(f"\r{text.ljust(self._width)}")
        sys.stderr.flush()
        self._width = len(text)


def bar(event: Progress) -> str:
    """How much is done, drawn."""
    share = (event.done or 0) / event.total if event.total else 0
    full = int(share * _WIDTH)
    return f"[{'#' * full}{'.' * (_WIDTH - full)}]"


def described(event: Progress) -> str:
    """How much is done, in words: bytes of an installation, libraries of a check."""
    if event.stage == "install":
        return f"{in_words(event.done or 0)} of {in_words(event.total or 0)}: {event.message}"
    if event.total is None:
        return f"{event.stage} {event.message}".rstrip()
    return f"{event.stage} {event.message} ({event.done or 0:.0f} of {event.total:.0f})"
