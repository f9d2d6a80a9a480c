"""Forgetting what nobody needs any more: jobs that ended, with their logs, and plans.

A job that lives, or of whose log something may still come, is never touched. A row goes before the
log, so that no half of a job is seen; what a killed agent leaves goes with a later pruning.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tunesmith.agent.store import Store, StoredJob
from tunesmith.errors import UserError
from tunesmith.jobs.spec import Keeper

log = logging.getLogger(__name__)

PLAN_AGE_S = 7 * 24 * 3600.0
"""Plans that nobody submits are forgotten after that."""


@dataclass(frozen=True)
class Bounds:
    """What is kept of jobs that have ended.

    Attributes:
        age_s: they are forgotten so long after their end.
        most_bytes: of logs and local folders; beyond, the oldest go. None: there is no limit.
        newest: so many stay in any case: a clock that is wrong may make all look old.
    """

    age_s: float = 90 * 24 * 3600.0
    most_bytes: int | None = 1_000_000_000
    newest: int = 20


@dataclass(frozen=True)
class Pruned:
    """What was forgotten: how many jobs and plans, and the bytes of their files."""

    jobs: int
    plans: int
    bytes: int


class Pruner:
    """Forgets what is old.

    Args:
        folder: the state folder.
        store: knows the jobs and plans.
        keeper: gives what keeps the folders of local jobs.
        on_forgotten: is told of each job, by its id.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        keeper: Callable[[], Keeper],
        on_forgotten: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._logs, self._plans = folder / "logs", folder / "plans"
        self._store = store
        self._keeper = keeper
        self._on_forgotten = on_forgotten
        self._clock = clock
        self._lock = threading.Lock()

    def prune(self, bounds: Bounds, *, is_dry: bool = False) -> Pruned:
        """Forget the jobs beyond the bounds, and plans that nobody will submit.

        Args:
            bounds: what is kept.
            is_dry: only tell what would be forgotten.

        Raises:
            StateError: the state cannot be read or written.
        """
        with self._lock:
            keeper, over = self._keeper(), self._store.over()
            sizes = {each.job.id: self._size(each, keeper) for each in over}
            chosen = list(self._beyond(bounds, over, sizes))
            if not is_dry:
                keeper.sweep()
                chosen = [each for each in chosen if _is_released(each, keeper)]
            jobs, plans = self._store.forget(
                [each.job.id for each in chosen], self._clock() - PLAN_AGE_S, is_dry=is_dry
            )
            others = [*(self._plans / key for key in plans), *self._orphans(bounds, jobs, plans)]
            freed = sum(sizes[each] for each in jobs) + sum(map(_bytes_in, others))
            if not is_dry:
                for path in (*map(self._log, jobs), *others):
                    _remove(path)
                for job_id in jobs:
                    self._on_forgotten(job_id)
            return Pruned(len(jobs), len(plans), freed)

    def _beyond(
        self, bounds: Bounds, over: Sequence[StoredJob], sizes: Mapping[str, int]
    ) -> Iterator[StoredJob]:
        """The jobs beyond the bounds, of those that are over, newest first."""
        before, total = self._clock() - bounds.age_s, 0
        for place, stored in enumerate(over):
            total += sizes[stored.job.id]
            is_old = (stored.job.finished or stored.job.created) < before
            is_too_much = bounds.most_bytes is not None and total > bounds.most_bytes
            if place >= bounds.newest and (is_old or is_too_much):
                yield stored

    def _orphans(
        self, bounds: Bounds, jobs: Collection[str], plans: Collection[str]
    ) -> Iterator[Path]:
        """Old files without a row: of a killed agent, of plans that were only shown."""
        has_job, has_plan = self._store.has_job, self._store.has_plan
        for path in _old(self._logs, self._clock() - bounds.age_s):
            if path.suffix == ".jsonl" and path.stem not in jobs and not has_job(path.stem):
                yield path
        for path in _old(self._plans, self._clock() - PLAN_AGE_S):
            if path.name not in plans and not has_plan(path.name):
                yield path

    def _size(self, stored: StoredJob, keeper: Keeper) -> int:
        kept = keeper.folder_of(stored.state) if _has_folder(stored) else None
        return _bytes_in(self._log(stored.job.id)) + (_bytes_in(kept) if kept else 0)

    def _log(self, job_id: str) -> Path:
        return self._logs / f"{job_id}.jsonl"


def _has_folder(stored: StoredJob) -> bool:
    """Whether a job may have a folder here: one that was never sent has none."""
    return stored.is_local and bool(stored.job.remote_id)


def _is_released(stored: StoredJob, keeper: Keeper) -> bool:
    """Whether nothing of a job is left at its engine on this machine."""
    if not _has_folder(stored):
        return True
    try:
        keeper.remove(stored.state)
    except UserError as error:
        log.warning("%s is kept: %s", stored.job.id, error)
        return False
    return True


def _old(folder: Path, before: float) -> Iterator[Path]:
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.stat().st_mtime < before:
                yield path


def _bytes_in(path: Path) -> int:
    """The bytes of a file, or of all files in a folder; 0 where there is none."""
    try:
        if path.is_dir():
            return sum(map(_bytes_in, path.iterdir()))
        return path.stat().st_size
    except OSError:
        return 0


def _remove(path: Path) -> None:
    """Delete a file or a folder; what cannot be deleted now is an orphan of the next pruning."""
    with suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
