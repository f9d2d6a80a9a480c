"""Each live job is followed once, for all who look: its stage is noted, its log kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tunesmith.agent.follower import Follower
from tunesmith.agent.known_jobs import KnownJobs
from tunesmith.agent.log_file import LogFile
from tunesmith.agent.redaction import Redaction
from tunesmith.agent.settings import Settings
from tunesmith.agent.store import ClosedError, Store
from tunesmith.errors import UserError
from tunesmith.jobs.spec import LogLine

log = logging.getLogger(__name__)

_JOBS_AT_FULL_PACE = 5


class Followers:
    """Follows jobs, and keeps their logs in `logs` of a state folder.

    Args:
        folder: the state folder.
        store: knows which jobs are followed.
        jobs: asks their engines.
        redaction: takes secrets out of logs.
        settings: times.
    """

    def __init__(
        self, folder: Path, store: Store, jobs: KnownJobs, redaction: Redaction, settings: Settings
    ) -> None:
        self._folder = folder / "logs"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._store = store
        self._jobs = jobs
        self._redaction = redaction
        self._settings = settings
        self._guard = threading.Lock()
        self._logs: dict[str, LogFile] = {}
        self._running: dict[str, Follower] = {}
        self._is_ending = False

    @property
    def count(self) -> int:
        """How many jobs are followed."""
        return len(self._running)

    @property
    def problems(self) -> Sequence[str]:
        """What keeps jobs from being followed, each once."""
        with self._guard:
            found = [each.problem for each in self._running.values() if each.problem]
        return list(dict.fromkeys(found))

    def start_all(self) -> None:
        """Follow what was followed before."""
        for stored in self._store.followed():
            self.start(stored.job.id)

    def start(self, job_id: str) -> None:
        """Follow a job that an engine has taken, unless somebody does or its log is complete."""
        with self._guard:
            stored = self._store.job(job_id)
            if job_id in self._running or self._is_ending or stored.log == "complete":
                return
            if stored.log != "followed":
                self._store.set_log(job_id, "followed")
            follower = Follower(
                job_id, self._jobs, self.keep, self._settings, self._pace, self._ended
            )
            self._running[job_id] = follower
            follower.start()

    def _pace(self) -> float:
        return max(1.0, self.count / _JOBS_AT_FULL_PACE)

    def _ended(self, follower: Follower) -> None:
        if follower.is_complete:
            try:
                self._store.set_log(follower.job_id, "complete")
            except ClosedError:  # the next agent sees that it is
                return
            except UserError as error:
                log.warning("%s: %s", follower.job_id, error)
            self.log(follower.job_id).complete()
        with self._guard:
            self._running.pop(follower.job_id, None)

    def is_followed(self, job_id: str) -> bool:
        """Whether a job is followed."""
        return job_id in self._running

    def nudge(self, job_id: str) -> None:
        """Look now where a job is."""
        if follower := self._running.get(job_id):
            follower.nudge()

    def log(self, job_id: str) -> LogFile:
        """What is kept of a job's log."""
        with self._guard:
            if job_id not in self._logs:
                self._logs[job_id] = LogFile(self._folder / f"{job_id}.jsonl")
                if self._store.job(job_id).log == "complete":
                    self._logs[job_id].complete()
            return self._logs[job_id]

    def forget(self, job_id: str) -> None:
        """Know nothing more of the log of a job, which is deleted."""
        with self._guard:
            self._logs.pop(job_id, None)

    def keep(self, job_id: str, lines: Iterable[LogLine]) -> bool:
        """Lay a telling of a log over what is kept of it.

        Returns:
            False: it differs from what is kept, which is marked; it has to be told again.

        Raises:
            UserError: of the engine that tells it, or of the disk.
            OvertakenError: another telling has begun.
        """
        replay = self.log(job_id).replay()
        return all(replay.take(self._hidden(line)) for line in lines)

    def _hidden(self, line: LogLine) -> LogLine:
        text = self._redaction.hidden(line.text)
        return line if text is line.text else replace(line, text=text)

    def end(self) -> None:
        """Follow nothing any more; the next agent goes on."""
        with self._guard:
            self._is_ending = True
            running = list(self._running.values())
        for follower in running:
            follower.end()
