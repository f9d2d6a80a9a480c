"""Secrets that the agent holds, taken out of whatever it writes or says."""

from __future__ import annotations

import logging
import threading

_SHORTEST = 6
"""Shorter values are words that stand everywhere."""
HIDDEN = "[secret]"


class Redaction:
    """The values that may not be shown; it grows only."""

    def __init__(self) -> None:
        self._adding = threading.Lock()
        self._values: tuple[str, ...] = ()

    def add(self, *values: str | None) -> None:
        """Hide these from now on."""
        new = {value for value in values if value and len(value) >= _SHORTEST}
        with self._adding:
            self._values = tuple(sorted(new.union(self._values), key=len, reverse=True))

    def hidden(self, text: str) -> str:
        """A text without them."""
        for value in self._values:
            if value in text:
                text = text.replace(value, HIDDEN)
        return text

    def holds(self, text: str) -> bool:
        """Whether one of them stands in a text."""
        return any(value in text for value in self._values)


class RedactingFormatter(logging.Formatter):
    """Formats records, tracebacks included, without secrets."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.hidden(super().format(record))
