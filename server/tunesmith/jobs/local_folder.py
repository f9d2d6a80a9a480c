"""The folder of a local job: what its supervisor and those who ask about it say to each other.

<state>/local/<key>/
job.json         {"created", "spec", "command"}: the job exists since this is here
started.json     {"time", "pid"}: of the script's process, which leads its group
state.json       {"stage", "exit_code", "message", "finished"}: how it ended; written last
log.jsonl        what it printed
cancel           there where somebody asked it to end
supervisor.lock  held by the supervisor as long as it lives
group.lock       held as long as the supervisor or the script lives
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tunesmith.platform import is_locked

GRACE_S = 10.0
"""How long a script that is asked to end may take, as to write a checkpoint."""
_RESERVED = 4096
"""Bytes kept for the last state, which has to be written on a full disk, too."""


class JobFolder:
    """The folder of one job."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "log.jsonl"
        self.supervisor_lock = path / "supervisor.lock"
        self.group_lock = path / "group.lock"
        self._cancel = path / "cancel"
        self._reserve = path / "state.partial"

    def job(self) -> Mapping[str, Any] | None:
        """What the job is; None where it was never taken."""
        return _read(self.path / "job.json")

    def started(self) -> Mapping[str, Any] | None:
        """When its script was started, and as which process; None where it was not yet."""
        return _read(self.path / "started.json")

    def state(self) -> Mapping[str, Any] | None:
        """How it ended; None where it has not, or nobody was left to say so."""
        return _read(self.path / "state.json")

    def write_job(self, job: Mapping[str, Any]) -> None:
        """Take the job."""
        _write(self.path / "job.json", json.dumps(job).encode())

    def write_started(self, time: float, pid: int) -> None:
        """Say that the script runs."""
        _write(self.path / "started.json", json.dumps({"time": time, "pid": pid}).encode())

    def reserve(self) -> None:
        """Take the room for the last state while there is some."""
        self._reserve.write_bytes(b" " * _RESERVED)

    def write_state(
        self, stage: str, finished: float, exit_code: int | None, message: str | None
    ) -> None:
        """Say how the job ended."""
        state = {"stage": stage, "finished": finished, "exit_code": exit_code, "message": message}
        data = json.dumps(state).encode().ljust(_RESERVED)
        file = os.open(self._reserve, os.O_WRONLY | os.O_CREAT, 0o600)  # in place: needs no room
        try:
            if os.write(file, data) < len(data):
                raise OSError("no space is left on the device")
            os.fsync(file)
        finally:
            os.close(file)
        self._reserve.replace(self.path / "state.json")

    def ask_to_end(self) -> None:
        """Ask the supervisor to end the job."""
        self._cancel.touch()

    @property
    def is_asked_to_end(self) -> bool:
        return self._cancel.exists()

    @property
    def is_supervised(self) -> bool:
        return is_locked(self.supervisor_lock)

    @property
    def is_alive(self) -> bool:
        """Whether the script, or its supervisor, lives."""
        return is_locked(self.group_lock)


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType]


def _write(path: Path, data: bytes) -> None:
    """Write a small file whole or not at all."""
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise
