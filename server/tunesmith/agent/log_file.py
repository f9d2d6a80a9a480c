"""The log of a job on this disk: a line of JSON for each of its lines, `[time, text]`.

Engines tell a log from its first line each time. A replay is laid over what is kept: lines that are
the same are left, later ones are added. Where they differ, nobody guesses: a `null` marks the gap,
and all lines of the replay come after it.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tunesmith.agent.database import StateError
from tunesmith.agent.messages import Line
from tunesmith.jobs.spec import LogLine

LONGEST_TEXT = 100_000
"""Characters of a line; what is beyond is cut."""
BATCH_LINES, BATCH_BYTES = 1000, 1_000_000
_WAIT_S = 0.5
"""How long one who waits for lines may take to see that they are not wanted any more."""
_GAP = b"null\n"


class OvertakenError(Exception):
    """A later replay has begun."""


@dataclass(frozen=True)
class Batch:
    """Lines that are read at once. `is_gap`: they do not go on where those before ended."""

    lines: tuple[Line, ...]
    is_gap: bool


class LogFile:
    """The lines that are kept of one job; one writes, many read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._news = threading.Condition()
        self._replay: Replay | None = None
        self._is_complete = False
        self._end, self._section, self._kept = self._measure()

    def _measure(self) -> tuple[int, int, int]:
        """Where the whole lines end, where those since the last gap begin, how many these are."""
        end = section = kept = 0
        with suppress(FileNotFoundError), self._path.open("rb") as stream:
            for line in stream:
                if not _is_whole(line):
                    break
                end += len(line)
                kept += 1
                if line == _GAP:
                    section, kept = end, 0
        return end, section, kept

    def replay(self) -> Replay:
        """Begin to lay a replay over what is kept; any replay before is overtaken."""
        with self._news:
            self._replay = Replay(self, self._path, self._section, self._kept)
            return self._replay

    def take(self, replay: Replay, line: LogLine | None) -> None:
        """Keep a line, or None for a gap. Only for `Replay`.

        Raises:
            OvertakenError: another replay has begun.
            StateError: the disk takes no more; the file is as it was.
        """
        record = _GAP if line is None else _record(line)
        with self._news:
            if self._replay is not replay:
                raise OvertakenError
            self._append(record)
            self._kept += 1
            if line is None:
                self._section, self._kept = self._end, 0
            self._news.notify_all()

    def _append(self, record: bytes) -> None:
        descriptor = -1
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | _BINARY, 0o600)
            os.lseek(descriptor, self._end, os.SEEK_SET)
            written = 0
            while written < len(record):
                written += os.write(descriptor, record[written:])
            os.ftruncate(descriptor, self._end + written)
        except OSError as error:
            raise StateError(
                f"cannot keep a log in {self._path}: {error.strerror or error}",
                "free space on its disk; the lines are fetched again",
            ) from None
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        self._end += len(record)

    def complete(self) -> None:
        """Nothing will come any more."""
        with self._news:
            self._is_complete = True
            self._news.notify_all()

    def reopen(self) -> None:
        """More may come after all."""
        with self._news:
            self._is_complete = False

    def batches(
        self, start: int, *, follow: bool, is_wanted: Callable[[], bool]
    ) -> Iterator[Batch]:
        """The lines from an ordinal on; following, until the log is complete."""
        position = ordinal = 0
        while is_wanted():
            with self._news:
                if follow and not self._is_complete and position == self._end:
                    self._news.wait(_WAIT_S)
                end, is_last = self._end, self._is_complete or not follow
            if position == end:
                if is_last:
                    return
                continue
            with self._opened() as stream:
                stream.seek(position)
                for batch in _read(stream, end, ordinal):
                    ordinal += len(batch.lines)
                    shown = tuple(line for line in batch.lines if line.ordinal >= start)
                    if shown or batch.is_gap:
                        yield Batch(shown, batch.is_gap)
                    if not is_wanted():
                        return
            position = end

    def _opened(self) -> BinaryIO:
        try:
            return self._path.open("rb")
        except OSError as error:
            raise StateError(
                f"cannot read the log in {self._path}: {error.strerror or error}",
                "run `tunesmith agent stop`, then try again: the lines are fetched again",
            ) from None


class Replay:
    """One telling of a log from its first line on."""

    def __init__(self, log: LogFile, path: Path, section: int, kept: int) -> None:
        self._log = log
        self._known = _texts(path, section, kept)
        self._next = 0
        self._count = kept

    def take(self, line: LogLine) -> bool:
        """Keep a line where it is new.

        Returns:
            False: it is not the one that was kept, which is marked; begin another replay.

        Raises:
            OvertakenError, StateError: as `LogFile.take`.
        """
        is_known = line.ordinal < self._count
        is_same = line.ordinal == self._next
        if is_same and is_known:
            is_same = next(self._known, None) == _fit(line.text)
        if not is_same:
            self._log.take(self, None)
            return False
        if not is_known:
            self._log.take(self, line)
        self._next += 1
        return True


_BINARY = getattr(os, "O_BINARY", 0)


def _fit(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()  # no half of a character
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} … (cut)"


def _record(line: LogLine) -> bytes:
    return json.dumps([line.time, _fit(line.text)], separators=(",", ":")).encode() + b"\n"


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return ()


def _is_whole(line: bytes) -> bool:
    return line.endswith(b"\n") and (line == _GAP or len(_parsed(line)) == 2)


def _texts(path: Path, start: int, count: int) -> Iterator[str]:
    if not count:
        return
    with path.open("rb") as stream:
        stream.seek(start)
        for _, line in zip(range(count), stream, strict=False):
            yield _parsed(line)[1]


def _read(stream: BinaryIO, end: int, ordinal: int) -> Iterator[Batch]:
    """Batches up to a place in the file, their lines numbered from an ordinal on."""
    lines: list[Line] = []
    size, is_gap = 0, False
    while stream.tell() < end:
        raw = stream.readline()
        if raw == _GAP or len(lines) >= BATCH_LINES or size >= BATCH_BYTES:
            if lines or is_gap:
                yield Batch(tuple(lines), is_gap)
            lines, size, is_gap = [], 0, False
        if raw == _GAP:
            is_gap = True
            continue
        time, text = _parsed(raw)
        lines.append(Line(ordinal, time, text))
        ordinal += 1
        size += len(raw)
    if lines or is_gap:
        yield Batch(tuple(lines), is_gap)
