"""The process that runs one local job, and outlives whoever started it.

It gets a request on standard input, `{"folder", "job", "command", "cwd", "environment",
"timeout_s"}`, whose environment is all that the script has, secrets too: they are nowhere else. It
answers with one line, `{"taken": bool}` or `{"error": …}`, and lets go of its descriptors. It needs
the standard library and `tunesmith.platform`; psutil helps where it is there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from tunesmith.jobs.local_folder import GRACE_S, JobFolder
from tunesmith.jobs.local_log import LineSplitter, LogWriter
from tunesmith.platform import (
    adopt_orphans,
    ask_group_to_end,
    exit_code_of,
    group_options,
    kill_group,
    try_lock,
)

_LOOK_S = 0.2
_DRAIN_S = 5.0
_AGAIN_S = 5.0
_TRIES = 720


def main() -> int:
    """Take the job of standard input and run it to its end."""
    request = json.loads(sys.stdin.buffer.read())
    folder = JobFolder(Path(request["folder"]))
    try:
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        locks = _take(folder)
        if locks is None:
            _answer({"taken": False})
            return 0
        log = LogWriter(folder.log)
        folder.reserve()
        folder.write_job(request["job"])
    except OSError as error:
        _answer({"error": error.strerror or str(error)})
        return 1
    _Run(folder, request, log, locks).run()
    return 0


def _take(folder: JobFolder) -> Sequence[int] | None:
    """Lock the job for good; None where someone has taken it before."""
    locks: list[int] = []
    for path in (folder.supervisor_lock, folder.group_lock):
        locks.append(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        while not try_lock(locks[-1]):
            if folder.job():
                return None
            time.sleep(_LOOK_S)  # another one is about to take it, or to fail
    return None if folder.job() else locks


def _answer(answer: Mapping[str, Any]) -> None:
    """Say how it went, and let go of what the starter holds the other ends of."""
    with suppress(OSError):  # it may have gone
        os.write(1, f"{json.dumps(answer)}\n".encode())
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)


class _Run:
    def __init__(
        self, folder: JobFolder, request: Mapping[str, Any], log: LogWriter, locks: Sequence[int]
    ) -> None:
        self._folder = folder
        self._request = request
        self._log = log
        self._locks = locks
        self._is_ended = threading.Event()
        self._is_told_to_end = threading.Event()

    def run(self) -> None:
        """Run the script; what it printed and how it ended is in the folder then."""
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if number := getattr(signal, name, None):
                signal.signal(number, self._tell_to_end)
        adopt_orphans()
        try:
            process = self._start()
        except OSError as error:
            _answer({"taken": True})
            program = self._request["command"][0]
            self._say("ERROR", None, f"{program} cannot be started: {error.strerror or error}")
            return
        with suppress(OSError):  # the job goes on on a full disk
            self._folder.write_started(time.time(), process.pid)
        _answer({"taken": True})
        self._see_through(process)

    def _tell_to_end(self, signal_number: int, frame: object) -> None:
        self._is_told_to_end.set()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen[bytes](
            self._request["command"],
            cwd=self._request["cwd"],
            env=self._request["environment"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            **group_options(self._locks[1:]),
        )

    def _see_through(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        reader.start()
        threading.Thread(target=self._wait, args=(process,), daemon=True).start()
        reason = self._reason_to_end()
        if reason:
            ask_group_to_end(process.pid)
            self._is_ended.wait(GRACE_S)
        self._end_all(process)
        self._is_ended.wait()
        reader.join(_DRAIN_S)  # a daemon that got away may keep the pipe open
        exit_code = exit_code_of(process.returncode)
        if reason:
            self._say(*reason[:1], exit_code, reason[1])
        elif exit_code:
            self._say("ERROR", exit_code, _cause(process.returncode, exit_code))
        else:
            self._say("COMPLETED", 0, None)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        self._is_ended.set()

    def _read(self, pipe: IO[bytes]) -> None:
        splitter = LineSplitter()
        while data := pipe.read(64 * 1024):
            now = time.time()
            self._log.write(splitter.feed(data, now), now)
        self._log.write(splitter.end(), time.time())

    def _reason_to_end(self) -> tuple[str, str | None] | None:
        """Wait for the end, or for a reason to end it: the stage and the message then."""
        timeout_s = self._request["timeout_s"]
        deadline = time.monotonic() + timeout_s if timeout_s else None
        while not self._is_ended.wait(_LOOK_S):
            if self._folder.is_asked_to_end:
                return "CANCELED", None
            if self._is_told_to_end.is_set():
                return "ERROR", "ended with its supervisor, as when the machine is shut down"
            if deadline and time.monotonic() >= deadline:
                return "ERROR", f"ended by its timeout of {timeout_s} s"
        return None

    def _end_all(self, process: subprocess.Popen[bytes]) -> None:
        """End what is left of the script and of all that it started."""
        for _ in range(2):  # orphans become our children when their parents are gone
            left = _descendants()
            if command := kill_group(process.pid):
                subprocess.run(command, capture_output=True, check=False)
            for each in left:
                with suppress(Exception):  # it has ended
                    each.kill()
        self._is_ended.wait(GRACE_S)

    def _say(self, stage: str, exit_code: int | None, message: str | None) -> None:
        """Write the last state; where that fails, again until there is room."""
        with suppress(OSError):
            self._log.close()
        for _ in range(_TRIES):
            try:
                self._folder.write_state(stage, time.time(), exit_code, message)
            except FileNotFoundError:  # its folder was deleted: nobody will ask
                return
            except OSError:
                time.sleep(_AGAIN_S)
            else:
                return


def _descendants() -> Sequence[Any]:
    try:
        import psutil

        return psutil.Process().children(recursive=True)
    except Exception:  # not installed, or /proc is not there
        return ()


def _cause(status: int, exit_code: int) -> str:
    if status == -signal.SIGTERM:
        return "ended by the signal SIGTERM"
    if exit_code == 137:  # 128 + SIGKILL: uv answers so for its script
        return "killed (SIGKILL), as the system does with a program when memory runs out"
    if status < 0:
        with suppress(ValueError):
            return f"ended by the signal {signal.Signals(-status).name}"
    return f"ended with exit code {exit_code}"
