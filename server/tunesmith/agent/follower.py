"""A job is followed from when its engine has taken it until its last line is kept."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from tunesmith.agent.known_jobs import KnownJobs
from tunesmith.agent.log_file import OvertakenError
from tunesmith.agent.settings import Settings
from tunesmith.agent.store import ClosedError, StoredJob
from tunesmith.errors import UserError
from tunesmith.jobs.spec import EngineError, LogLine, Stage

log = logging.getLogger(__name__)

_REFUSALS = 5
"""So often an engine says that it will not tell, before nobody asks any more."""
_FIRST_PAUSE_S = 1.0
_LAST_LINES_S = 2.0
"""How long a stream may take to end by itself once its job has."""
_SHORT_S, _LONG_S = 10.0, 30.0
"""Streams that end sooner are opened again after longer and longer, up to the second."""
_FINAL = {stage.value for stage in Stage if stage.is_final}


class Follower(threading.Thread):
    """Looks where a job is, and has its lines kept as they come.

    Args:
        job_id: which.
        jobs: asks its engine.
        keep: lays a telling of its log over what is kept; False: that was another log.
        settings: times.
        pace: by how much the times between looks are longer, as there are many jobs.
        on_end: is called with this at its end.
    """

    def __init__(
        self,
        job_id: str,
        jobs: KnownJobs,
        keep: Callable[[str, Iterable[LogLine]], bool],
        settings: Settings,
        pace: Callable[[], float],
        on_end: Callable[[Follower], None],
    ) -> None:
        super().__init__(name=f"follow {job_id}", daemon=True)
        self.job_id = job_id
        self.problem = ""
        self.is_complete = False
        self._jobs = jobs
        self._keep = keep
        self._settings = settings
        self._pace = pace
        self._on_end = on_end
        self._news = threading.Event()
        self._is_ending = False
        self._failures = self._refusals = self._log_refusals = 0
        self._stream: threading.Thread | None = None
        self._stream_pause_s, self._stream_due = _FIRST_PAUSE_S, 0.0

    def nudge(self) -> None:
        """Look now."""
        self._news.set()

    def end(self) -> None:
        """Follow no longer."""
        self._is_ending = True
        self._news.set()

    def run(self) -> None:
        try:
            self._follow()
        except ClosedError:
            pass
        except Exception:
            log.exception("%s is not followed any more", self.job_id)
        finally:
            self._on_end(self)

    def _follow(self) -> None:
        while not (self._is_ending or self.is_complete) and self._refusals < _REFUSALS:
            self._news.clear()
            try:
                self._step()
            except UserError as error:
                pause_s = self._pause_after(error)
            else:
                self.problem, self._failures, self._refusals = "", 0, 0
                pause_s = self._usual_pause()
            if not self.is_complete:
                self._news.wait(pause_s)

    def _step(self) -> None:
        stored = self._jobs.stored(self.job_id)
        job = self._jobs.look(stored)
        if job.stage in _FINAL:
            self._finish(stored)
        elif job.stage == Stage.RUNNING.value:
            self._open_stream(stored)

    def _finish(self, stored: StoredJob) -> None:
        """Lay the whole log over what is kept: the stream may have ended too early."""
        if self._stream:
            self._stream.join(_LAST_LINES_S)
        engine = self._jobs.engine(stored)
        try:
            if not self._keep(self.job_id, engine.log(stored.state, follow=False)):
                log.warning("%s: its log is another one than before", self.job_id)
                self._keep(self.job_id, engine.log(stored.state, follow=False))
        except EngineError as error:
            self._log_refusals += not error.can_retry
            if self._log_refusals < _REFUSALS:
                raise
            log.warning("%s: its last lines are missing: %s", self.job_id, error)
        self.is_complete = True

    def _pause_after(self, error: UserError) -> float:
        log.warning("%s: %s", self.job_id, error)
        self.problem = str(error)
        self._failures += 1
        asked_s = 0.0
        if isinstance(error, EngineError):
            if not error.can_retry:
                self._refusals += 1
                self._jobs.disown(self.job_id)
            asked_s = error.retry_after_s or 0.0
        doubled_s = _FIRST_PAUSE_S * 2 ** min(self._failures, 16)
        return min(self._settings.longest_pause, max(asked_s, doubled_s))

    def _usual_pause(self) -> float:
        job = self._jobs.stored(self.job_id).job
        pause_s = self._settings.poll.get(job.engine, 1.0) * self._pace()
        if job.stage == Stage.RUNNING.value and not self._is_streaming():
            return min(pause_s, max(0.0, self._stream_due - time.monotonic()))
        return pause_s

    def _is_streaming(self) -> bool:
        return self._stream is not None and self._stream.is_alive()

    def _open_stream(self, stored: StoredJob) -> None:
        if self._is_streaming() or time.monotonic() < self._stream_due:
            return
        name = f"stream {self.job_id}"
        self._stream = threading.Thread(
            target=self._read_stream, args=[stored], name=name, daemon=True
        )
        self._stream.start()

    def _read_stream(self, stored: StoredJob) -> None:
        began = time.monotonic()
        try:
            self._keep(self.job_id, self._jobs.engine(stored).log(stored.state, follow=True))
        except (OvertakenError, ClosedError):
            return
        except UserError as error:
            log.info("%s: its log was cut: %s", self.job_id, error)
        except Exception:
            log.exception("%s: its log cannot be read", self.job_id)
        lasted_s = time.monotonic() - began
        is_early = lasted_s < _SHORT_S
        self._stream_pause_s = (
            min(_LONG_S, self._stream_pause_s * 2) if is_early else _FIRST_PAUSE_S
        )
        self._stream_due = time.monotonic() + self._stream_pause_s
        self.nudge()
