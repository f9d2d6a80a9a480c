"""What a local job prints, as lines in a file.

log.jsonl has one line for each: `[seconds since 1970, "text"]`. Lines are only ever appended.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

LONGEST_LINE = 64 * 1024
"""In bytes; what goes beyond it is counted, not kept."""
SNAPSHOT_S = 10.0
"""How often a line that is rewritten all the time, as a progress bar, is kept meanwhile."""
_BLOCK = 1024 * 1024
_ENDS = re.compile(rb"([\r\n])")


class LineSplitter:
    """Cuts output into lines as they look in the end, without what a carriage return rewrites."""

    def __init__(self) -> None:
        self._part = bytearray()
        self._cut = 0
        self._rewritten: str | None = None
        self._kept: str | None = None
        self._kept_at: float | None = None

    def feed(self, data: bytes, now: float) -> Sequence[str]:
        """The lines that more output ends."""
        lines: list[str] = []
        if self._kept_at is None:
            self._kept_at = now
        for piece in _ENDS.split(data):
            if piece == b"\n":
                lines += self._ended()
                self._kept_at = now
            elif piece == b"\r":
                lines += self._returned(now)
            else:
                room = LONGEST_LINE - len(self._part)
                self._part += piece[:room]
                self._cut += max(0, len(piece) - room)
        return lines

    def end(self) -> Sequence[str]:
        """A last line without an end, if there is one."""
        return self._ended() if self._part or self._rewritten is not None else ()

    def _returned(self, now: float) -> Sequence[str]:
        text = self._take()
        if text.strip():
            self._rewritten = text.rstrip()
            if now - (self._kept_at or now) >= SNAPSHOT_S:
                self._kept, self._kept_at = self._rewritten, now
                return (self._kept,)
        return ()

    def _ended(self) -> Sequence[str]:
        text = self._take()
        if self._rewritten is not None and not text.strip():
            text = self._rewritten
        is_kept = self._kept is not None and self._kept == text
        self._rewritten = self._kept = None
        return () if is_kept else (text,)

    def _take(self) -> str:
        text = self._part.decode("utf-8", "replace")
        if self._cut:
            text = f"{text}… [{self._cut:,} more bytes of this line are left out]"
        self._part.clear()
        self._cut = 0
        return text


class LogWriter:
    """Appends lines. Where there is no room, they are counted, and the count is written later."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = os.fstat(self._file).st_size
        self._lost = 0
        self._reason = ""

    def write(self, lines: Sequence[str], now: float) -> None:
        """Append lines, all or none of them; never raises."""
        if self._lost:
            note = f"[{self._lost:,} lines are lost: {self._reason}]"
            if not self._append([note], now):
                self._lost += len(lines)
                return
            self._lost = 0
        if not self._append(lines, now):
            self._lost += len(lines)

    def close(self) -> None:
        """Write what could not be written before, if it can be now."""
        self.write((), time.time())
        os.close(self._file)

    def _append(self, lines: Sequence[str], now: float) -> bool:
        data = "".join(f"{json.dumps([round(now, 3), line])}\n" for line in lines).encode()
        try:
            written = os.write(self._file, data)
            if written == len(data):
                self._size += written
                return True
            self._reason = "no space is left on the device"
        except OSError as error:
            self._reason = error.strerror or str(error)
        self._forget_part()
        return False

    def _forget_part(self) -> None:
        try:
            os.ftruncate(self._file, self._size)
        except OSError:  # then the reader drops what is no whole line
            self._size = os.fstat(self._file).st_size


class LogReader:
    """Reads the lines of a log that may still grow."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def lines(self) -> Iterator[tuple[float, str]]:
        """Time and text of those that have come since the last call."""
        while block := self._block():
            for line in block.splitlines():
                yield _line(line)

    def _block(self) -> bytes:
        """Some whole lines; empty where there are none now."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                block = file.read(_BLOCK)
        except FileNotFoundError:
            return b""
        block = block[: block.rfind(b"\n") + 1]
        self._position += len(block)
        return block


def _line(data: bytes) -> tuple[float, str]:
    try:
        value: Any = json.loads(data)
        return float(value[0]), str(value[1])
    except (ValueError, TypeError, LookupError):  # after a crash of the machine
        return 0.0, data.decode("utf-8", "replace")
