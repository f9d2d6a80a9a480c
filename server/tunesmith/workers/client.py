"""Running a worker and hearing what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tunesmith import __version__
from tunesmith.processes import Program
from tunesmith.workers import bootstrap
from tunesmith.workers.events import Event, Failure, Hello, Progress, Report, WorkerError, from_line

START_LIMIT_S = 60.0
"""Python starts in a tenth of a second; from a cold network disk it takes longer."""
_EXIT_PATIENCE_S = 5.0
_SHOWN_LINES = 6


class Worker:
    """A worker's process. Leaving the `with` block ends it, with all that it started.

    Args:
        python: the interpreter that has the libraries.
        name: the module below `tunesmith.workers`.
        request: what it shall do; no secrets, as it may be logged.
        inherited: descriptors of locks that hold as long as it runs.
    """

    def __init__(
        self,
        python: Path,
        name: str,
        request: Mapping[str, Any],
        *,
        inherited: Sequence[int] = (),
    ) -> None:
        self._name = name
        self._is_cancelled = False
        command = [str(python), "-I", "-X", "utf8", bootstrap.__file__, name]
        try:
            self._program = Program(command, inherited=inherited)
        except OSError as error:
            raise WorkerError(
                f"{python} cannot be started: {error.strerror or error}",
                "give the path of a Python interpreter",
            ) from None
        self._program.send(f"{json.dumps(request)}\n")

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cancel()

    def cancel(self) -> None:
        """End it with its whole process group; any thread may call this."""
        self._is_cancelled = True
        self._program.end()

    def result(self, report: Report | None = None) -> Mapping[str, Any]:
        """Wait for what it makes.

        Args:
            report: hears how far it is.

        Raises:
            WorkerError: it failed, was ended, or is of another version of Tunesmith.
        """
        self._greet()
        while (event := self._event()) is not None:
            if isinstance(event, Failure):
                raise WorkerError(event.message, event.next_step)
            if isinstance(event, Progress):
                if report:
                    report(event)
            elif not isinstance(event, Hello):
                self._program.end(_EXIT_PATIENCE_S)
                return event.value
        raise self._died()

    def _greet(self) -> None:
        try:
            hello = self._event(START_LIMIT_S)
        except TimeoutError:
            raise WorkerError(
                f"the worker `{self._name}` said nothing for {START_LIMIT_S:.0f} s",
                "try again when the machine is less busy",
            ) from None
        if hello is None:
            raise self._died()
        if not isinstance(hello, Hello) or hello.tunesmith != __version__:
            found = hello.tunesmith if isinstance(hello, Hello) else "unknown"
            raise WorkerError(
                f"the worker `{self._name}` is of Tunesmith {found}, expected {__version__}",
                "start Tunesmith again: it was replaced while it ran",
            )

    def _event(self, timeout_s: float | None = None) -> Event | None:
        line = self._program.line(timeout_s)
        try:
            return None if line is None else from_line(line)
        except ValueError as error:
            raise WorkerError(
                f"the worker `{self._name}` broke off: {error}", "see the lines that it printed"
            ) from None

    def _died(self) -> WorkerError:
        if self._is_cancelled:
            return WorkerError(f"the worker `{self._name}` was cancelled", "start it again")
        status = self._program.end(_EXIT_PATIENCE_S)
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        said = "\n  ".join(self._program.errors.splitlines()[-_SHOWN_LINES:])
        killed = "the machine may have run out of memory: close other programs and try again"
        return WorkerError(
            f"the worker `{self._name}` ended {how} without a result",
            (killed if status == -9 else "try again") + (f". It said:\n  {said}" if said else ""),
        )


def run_worker(
    python: Path,
    name: str,
    request: Mapping[str, Any],
    report: Report | None = None,
    *,
    inherited: Sequence[int] = (),
) -> Mapping[str, Any]:
    """Run a worker to its end and return its result.

    Raises:
        WorkerError: there is none.
    """
    with Worker(python, name, request, inherited=inherited) as worker:
        return worker.result(report)
