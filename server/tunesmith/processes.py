"""Starting programs: only `update.py` and `jobs/supervisor.py` start theirs by themselves."""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import IO

from tunesmith.platform import ask_group_to_end, detached_options, group_options, kill_group

GRACE_S = 5.0
"""How long a program that is asked to end may take to clean up."""
_LONGEST_LINE = 16 * 1024 * 1024
_KEPT_ERRORS = 200
_JOIN_S = 2.0


class Program:
    """A program in a process group of its own. Leaving the `with` block ends the whole group.

    Args:
        command: the program and its arguments; no shell reads them.
        cwd: its working folder.
        environment: all its variables; None: ours.
        inherited: descriptors that it keeps open, as those of locks.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        inherited: Sequence[int] = (),
    ) -> None:
        self._process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            **group_options(inherited),
        )
        self._lines: Queue[str | None] = Queue()
        self._errors: deque[str] = deque(maxlen=_KEPT_ERRORS)
        assert self._process.stdout
        assert self._process.stderr
        self._readers = [
            threading.Thread(target=self._read_lines, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_errors, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self._status: int | None = None
        self._ending = threading.Lock()

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    @property
    def errors(self) -> str:
        """The last lines of its standard error."""
        return "\n".join(list(self._errors))

    def send(self, text: str) -> None:
        """Write to its standard input; nothing happens where it has ended."""
        assert self._process.stdin
        with suppress(OSError):  # its exit status tells
            self._process.stdin.write(text)
            self._process.stdin.flush()

    def line(self, timeout_s: float | None = None) -> str | None:
        """The next line of its standard output, without its end; None after the last.

        Raises:
            TimeoutError: there was none in that time.
        """
        try:
            line = self._lines.get(timeout=timeout_s)
        except Empty:
            raise TimeoutError from None
        if line is None:
            self._lines.put(None)
        return line

    def lines(self) -> Iterator[str]:
        """Its standard output to the end."""
        while (line := self.line()) is not None:
            yield line

    def end(self, patience_s: float = 0) -> int:
        """End it with all its descendants; returns the exit status, negative for a signal.

        Args:
            patience_s: how long it may go on by itself before it is asked to end.
        """
        with self._ending:
            if self._status is None:
                self._status = self._ended(patience_s)
            return self._status

    def _ended(self, patience_s: float) -> int:
        if not self._wait(patience_s):
            ask_group_to_end(self._process.pid)
            self._wait(GRACE_S)
        if command := kill_group(self._process.pid):
            subprocess.run(command, capture_output=True, check=False)
        status = self._process.wait()
        for reader in self._readers:
            reader.join(_JOIN_S)
        self._close()
        return status

    def _wait(self, timeout_s: float) -> bool:
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _close(self) -> None:
        assert self._process.stdin
        with suppress(OSError):  # what was left to write has no reader
            self._process.stdin.close()

    def _read_lines(self, stream: IO[str]) -> None:
        with stream:
            while line := stream.readline(_LONGEST_LINE):
                self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_errors(self, stream: IO[str]) -> None:
        with stream:
            while line := stream.readline(_LONGEST_LINE):
                self._errors.append(line.rstrip("\n"))


class Detached:
    """A program that goes on when we end: in a session of its own, without our terminal.

    Args:
        command: the program and its arguments; no shell reads them.
        cwd: its working folder.
        environment: all its variables; None: ours.
        given: its whole standard input.
        errors: the file that gets its standard error; None: nothing does.
        inherited: descriptors that it keeps open, as those of locks.
        answers: it says something at its start, which `answer` reads, with its errors.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        given: str = "",
        errors: Path | None = None,
        inherited: Sequence[int] = (),
        answers: bool = False,
    ) -> None:
        with errors.open("wb") if errors else nullcontext(subprocess.DEVNULL) as error_stream:
            self._process = subprocess.Popen(
                list(command),
                cwd=cwd,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if answers else subprocess.DEVNULL,
                stderr=subprocess.STDOUT if answers else error_stream,
                **detached_options(inherited),
            )
        assert self._process.stdin
        with suppress(OSError), self._process.stdin as stream:  # its exit status tells
            stream.write(given.encode())
        threading.Thread(target=self._process.wait, daemon=True).start()  # leaves no zombie

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def answer(self) -> str:
        """What it says before it closes its standard output and errors; only with `answers`."""
        assert self._process.stdout
        with self._process.stdout as stream:
            return stream.read().decode("utf-8", "replace")


def output_of(command: Sequence[str], *, timeout_s: float) -> str | None:
    """What a short program prints; None where it cannot be started, fails or takes too long."""
    try:
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
