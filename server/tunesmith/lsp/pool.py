"""Worker threads for checks and for reading files.

Not a `concurrent.futures` pool: its threads are joined when the process ends, and a check that
hangs must neither keep the process alive nor hold up other documents.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Task:
    run: Callable[[], Callable[[], None]]
    failed: Callable[[], None]
    overdue: Callable[[], None]
    timer: asyncio.TimerHandle | None = None
    is_abandoned: bool = False


class WorkerPool:
    """Runs tasks on daemon threads and reports on the event loop.

    Args:
        loop: where reports are called.
        threads: how many tasks run at once; an abandoned one's thread is replaced.
        limit: seconds after which a running task is abandoned.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, threads: int = 2, limit: float) -> None:
        self._loop = loop
        self._limit = limit
        self._tasks: SimpleQueue[_Task] = SimpleQueue()
        for _ in range(threads):
            self._add_thread()

    def submit(
        self,
        run: Callable[[], Callable[[], None]],
        failed: Callable[[], None],
        overdue: Callable[[], None],
    ) -> None:
        """Run a task on a thread; afterwards, on the loop, call what it returned.

        Args:
            run: the task.
            failed: called on the loop in place of a result when the task raised.
            overdue: called on the loop, in place of both, when the task took too long.
        """
        self._tasks.put(_Task(run, failed, overdue))

    async def compute(self, function: Callable[..., _T], *arguments: object) -> _T | None:
        """The result of a function that runs on a thread; None if it raised or took too long."""
        future: asyncio.Future[_T | None] = self._loop.create_future()

        def settle(value: _T | None) -> None:
            if not future.done():
                future.set_result(value)

        nothing = partial(settle, None)
        self.submit(lambda: partial(settle, function(*arguments)), nothing, nothing)
        return await future

    def _add_thread(self) -> None:
        threading.Thread(target=self._work, name="tunesmith-worker", daemon=True).start()

    def _work(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: the process ends
            task = None
            while task is None or not task.is_abandoned:
                task = self._tasks.get()
                self._loop.call_soon_threadsafe(self._begin, task)
                self._loop.call_soon_threadsafe(self._end, task, _outcome(task))

    def _begin(self, task: _Task) -> None:
        task.timer = self._loop.call_later(self._limit, self._abandon, task)

    def _end(self, task: _Task, report: Callable[[], None] | None) -> None:
        if task.timer:
            task.timer.cancel()
        if not task.is_abandoned:
            (report or task.failed)()

    def _abandon(self, task: _Task) -> None:
        task.is_abandoned = True
        self._add_thread()
        task.overdue()


def _outcome(task: _Task) -> Callable[[], None] | None:
    try:
        try:
            return task.run()
        except SystemError:  # CPython 3.11's `ast` fails now and then where two threads parse
            return task.run()
    except Exception:
        _log.exception("a task failed")
        return None
