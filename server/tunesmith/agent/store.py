"""What the agent remembers: plans, jobs, consents and choices. Never the value of a secret."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from tunesmith.agent.database import DamagedError, StateError, open_database, translated
from tunesmith.agent.messages import Job, Plan, PlanParams
from tunesmith.agent.wire import WireError, from_wire, to_wire
from tunesmith.errors import UserError
from tunesmith.jobs.engines import LOCAL
from tunesmith.jobs.spec import KEY_LABEL, JobSpec, JobState, Stage

FILE = "state.sqlite3"
SENDING, NOT_SENT = "SENDING", "NOT_SENT"
Choices = Mapping[str, tuple[str, str | None]]
LogState = Literal["unread", "followed", "complete"]

_OVER = (
    "SELECT * FROM jobs WHERE stage = 'NOT_SENT' OR stage NOT IN ('SENDING', 'SCHEDULING',"
    " 'RUNNING') AND (log = 'complete' OR log = 'unread' AND engine = 'local')"
    " ORDER BY coalesce(finished, created) DESC, rowid DESC"
)
"""Without jobs of the Hub that were started elsewhere: of those only the rows are here."""
_JOB_FIELDS = tuple(field.name for field in fields(Job))
_SHOWN_MATCHES = 5


class ClosedError(Exception):
    """The agent has ended, so that nobody waits for what this thread does."""


@dataclass(frozen=True)
class StoredPlan:
    """A plan, the question that it answers, what it would run, and what to remember of it.

    Attributes:
        script_hash: by which the consent to its secrets is remembered.
        choices: of the user for the script, and what its documents said of them: see
            `jobs.plan.Chosen`.
    """

    params: PlanParams
    plan: Plan
    spec: JobSpec
    script_hash: str
    choices: Choices


@dataclass(frozen=True)
class StoredJob:
    """A job with what only the agent needs to know.

    Attributes:
        endpoint: of the Hub that it was started on.
        plan: the key of the plan that says how it was started; None: it was started elsewhere.
        log: whether its lines are kept here.
    """

    job: Job
    endpoint: str
    plan: str | None
    log: LogState

    @property
    def is_local(self) -> bool:
        """Whether it is of this machine."""
        return self.job.engine == LOCAL

    @property
    def state(self) -> JobState:
        """What its engine needs to find it."""
        job = self.job
        return JobState(
            id=job.remote_id or "",
            stage=Stage(job.stage),
            namespace=job.namespace,
            created=job.created,
            started=job.started,
            finished=job.finished,
            flavor=job.flavor,
            name=job.name,
            url=job.url,
            exit_code=job.exit_code,
        )


class Store:
    """The state of one user, written by one agent.

    Args:
        folder: the user's state folder.
        clock: seconds since 1970.
        hide: takes secrets out of what engines say.

    Raises:
        StateError: here and in each method: it cannot be read or written; nothing has changed.
        ClosedError: in each method after `close`.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.time,
        hide: Callable[[str], str] = str,
    ) -> None:
        self._path = folder / FILE
        self._clock = clock
        self._hide = hide
        self._lock = threading.RLock()
        self._is_closed = False
        self._connection, self.problem = open_database(self._path)
        self._connection.row_factory = sqlite3.Row

    def close(self) -> None:
        """Write what is pending to the file itself."""
        with self._lock:
            self._is_closed = True
            self._connection.close()

    def add_plan(self, planned: StoredPlan) -> None:
        """Keep a plan until it is submitted or forgotten."""
        with self._changing():
            self._run(
                "INSERT INTO plans VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(planned.plan.key, self._clock(), planned.script_hash),
                *map(_to_text, (planned.params, planned.plan, planned.spec, planned.choices)),
            )

    def plan(self, key: str) -> StoredPlan | None:
        """The plan of that key."""
        row = self._one("SELECT * FROM plans WHERE key = ?", key)
        try:
            return row and StoredPlan(
                _from_text(PlanParams, row["params"]),
                _from_text(Plan, row["plan"]),
                _from_text(JobSpec, row["spec"]),
                row["script_hash"],
                _choices(row["choices"]),
            )
        except WireError:  # of an older release
            return None

    def has_plan(self, key: str) -> bool:
        """Whether there is a plan of that key."""
        return self._one("SELECT 1 FROM plans WHERE key = ?", key) is not None

    def over(self) -> Sequence[StoredJob]:
        """Jobs that have ended and of which nothing will come any more, the last ended first."""
        return self._stored(_OVER)

    def forget(
        self, job_ids: Sequence[str], plans_before: float, *, is_dry: bool
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Delete jobs that are over, and old plans that belong to no other job.

        Args:
            job_ids: which jobs; one that is not over any more stays.
            plans_before: seconds since 1970; younger plans stay.
            is_dry: delete nothing.

        Returns:
            The ids of the jobs and the keys of the plans.
        """
        with self._changing():
            wanted = set(job_ids)
            jobs = [row["id"] for row in self._all(_OVER) if row["id"] in wanted]
            gone, rows = set(jobs), self._all("SELECT id, plan FROM jobs")
            used = {row["plan"] for row in rows if row["id"] not in gone}
            old = self._all("SELECT key FROM plans WHERE created < ?", plans_before)
            plans = [row["key"] for row in old if row["key"] not in used]
            if not is_dry:
                for job_id in jobs:
                    self._run("DELETE FROM jobs WHERE id = ?", job_id)
                for key in plans:
                    self._run("DELETE FROM plans WHERE key = ?", key)
                self._run("DELETE FROM sent_schedules WHERE sent < ?", plans_before)
        return jobs, plans

    def add_sending(
        self, spec: JobSpec, engine: str, endpoint: str, script: str, plan: str | None
    ) -> StoredJob:
        """Note that a job is about to be sent; it is on the disk when this returns.

        Args:
            spec: what is sent; its key becomes the job's id.
            engine: the name of its engine.
            endpoint: of the Hub that it is sent to.
            script: the user's own, of which spec may have a copy.
            plan: the key of the plan that says how it was started.
        """
        with self._changing():
            self._run(
                "INSERT OR IGNORE INTO jobs (id, engine, endpoint, namespace, plan, stage, log,"
                " name, script, flavor, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(spec.key, engine, endpoint, spec.namespace or "", plan, SENDING, "followed"),
                *(spec.name or "", script, spec.flavor, self._clock()),
            )
        return self.job(spec.key)

    def add_found(self, engine: str, endpoint: str, state: JobState) -> tuple[Job, bool]:
        """Take up a job that was started elsewhere, or what is new of a known one.

        Returns:
            The job, and whether there is anything new.
        """
        with self._changing():
            job_id = self._known_id(engine, endpoint, state)
            if job_id is None:
                job_id = self._free_id(state.id)
                self._run(
                    "INSERT INTO jobs (id, engine, endpoint, namespace, stage, log, name, script,"
                    " created) VALUES (?, ?, ?, ?, ?, 'unread', '', '', ?)",
                    *(job_id, engine, endpoint, state.namespace, SENDING, self._clock()),
                )
            news = self.note(job_id, state)
            return self.job(job_id).job, news is not None

    def _known_id(self, engine: str, endpoint: str, state: JobState) -> str | None:
        """The job of that state, which may still wait for the answer to its being sent."""
        row = self._one(
            "SELECT id FROM jobs WHERE engine = ? AND (endpoint = ? OR engine = 'local') AND"
            " (id = ? OR namespace = ? AND remote_id = ?)",
            *(engine, endpoint, state.labels.get(KEY_LABEL), state.namespace, state.id),
        )
        return row and row["id"]

    def _free_id(self, wanted: str) -> str:
        safe = "".join(
            letter if letter.isalnum() and letter.isascii() else "-" for letter in wanted
        )
        taken = {row["id"] for row in self._all("SELECT id FROM jobs")}
        numbered = (f"{safe}-{number}" for number in range(2, len(taken) + 3))
        return next(each for each in (safe, *numbered) if each not in taken)

    def note(self, job_id: str, state: JobState) -> Job | None:
        """Note what an engine tells of a job; returns the job where that is news.

        A job ends once, whatever comes later: an answer that was on its way, or its deletion.
        """
        with self._changing():
            before = self.job(job_id).job
            known: dict[str, Any] = {
                "remote_id": state.id,
                "namespace": state.namespace,
                "stage": before.stage if before.stage in _FINAL else state.stage.value,
                "message": state.message and self._hide(state.message),
                "url": state.url,
                "created": state.created,
                "started": state.started,
                "finished": state.finished,
                "exit_code": state.exit_code,
                "flavor": state.flavor,
                "name": state.name,
            }
            told = {name: value for name, value in known.items() if value is not None}
            if told["stage"] != before.stage and "message" not in told:
                told["message"] = None
            return self._update(before, told)

    def set_stage(self, job_id: str, stage: Literal["SENDING", "NOT_SENT"], message: str) -> Job:
        """Note what has become of sending a job."""
        with self._changing():
            before = self.job(job_id).job
            return self._update(before, {"stage": stage, "message": self._hide(message)}) or before

    def _update(self, before: Job, told: Mapping[str, Any]) -> Job | None:
        news = {name: value for name, value in told.items() if getattr(before, name) != value}
        if not news:
            return None
        after = replace(before, **news)
        self._run(
            "UPDATE jobs SET remote_id = ?, namespace = ?, stage = ?, message = ?, url = ?,"
            " created = ?, started = ?, finished = ?, exit_code = ?, flavor = ?, name = ?"
            " WHERE id = ?",
            *(after.remote_id, after.namespace, after.stage, after.message, after.url),
            *(after.created, after.started, after.finished, after.exit_code, after.flavor),
            *(after.name, after.id),
        )
        return after

    def set_log(self, job_id: str, log: LogState) -> None:
        """Note whether the lines of a job are kept."""
        with self._changing():
            self._run("UPDATE jobs SET log = ? WHERE id = ?", log, job_id)

    def job(self, job_id: str) -> StoredJob:
        """The job of just that id; KeyError: there is none."""
        row = self._one("SELECT * FROM jobs WHERE id = ?", job_id)
        if row is None:
            raise KeyError(job_id)
        return _stored(row)

    def has_job(self, job_id: str) -> bool:
        """Whether there is a job of just that id."""
        return self._one("SELECT 1 FROM jobs WHERE id = ?", job_id) is not None

    def resolve(self, text: str) -> StoredJob:
        """The job that a user means by an id, ours or the engine's, or by the beginning of one.

        Raises:
            UserError: none, or several.
        """
        list_them = "list them with `tunesmith jobs ps --all`"
        if not text:
            raise UserError("id is empty, expected the id of a job", list_them)
        rows = self._all("SELECT * FROM jobs WHERE id = ?1 OR remote_id = ?1", text) or self._all(
            "SELECT * FROM jobs WHERE substr(id, 1, length(?1)) = ?1"
            " OR substr(remote_id, 1, length(?1)) = ?1",
            text,
        )
        if not rows:
            raise UserError(f"there is no job {text!r}", list_them)
        if len(rows) > 1:
            ids = ", ".join(row["id"] for row in rows[:_SHOWN_MATCHES])
            more = ", …" if len(rows) > _SHOWN_MATCHES else ""
            raise UserError(f"{text!r} is the beginning of {ids}{more}", "give more of the id")
        return _stored(rows[0])

    def jobs(self, *, all_of_them: bool, limit: int) -> Sequence[Job]:
        """Jobs, newest first; without those that have ended unless asked for."""
        rows = self._all(
            "SELECT * FROM jobs WHERE ? OR stage IN ('SENDING', 'SCHEDULING', 'RUNNING')"
            " ORDER BY created DESC, rowid DESC LIMIT ?",
            *(all_of_them, max(0, limit)),
        )
        return [_stored(row).job for row in rows]

    def live_namespaces(self, engine: str, endpoint: str) -> Sequence[str]:
        """Whom the live jobs of an engine belong to."""
        rows = self._all(
            "SELECT DISTINCT namespace FROM jobs WHERE engine = ? AND endpoint = ?"
            " AND namespace != '' AND stage IN ('SCHEDULING', 'RUNNING')",
            *(engine, endpoint),
        )
        return [row["namespace"] for row in rows]

    def unsettled(self) -> Sequence[StoredJob]:
        """Jobs of which nobody knows whether their engine has taken them."""
        return self._stored("SELECT * FROM jobs WHERE stage = ? ORDER BY created", SENDING)

    def followed(self) -> Sequence[StoredJob]:
        """Jobs of which something may still come."""
        return self._stored(
            "SELECT * FROM jobs WHERE log = 'followed' AND stage NOT IN ('SENDING', 'NOT_SENT')"
            " ORDER BY created DESC"
        )

    def is_schedule_sent(self, key: str) -> bool:
        """Whether an engine may have a schedule of a plan's key."""
        return self._one("SELECT 1 FROM sent_schedules WHERE key = ?", key) is not None

    def note_schedule(self, key: str) -> None:
        """Note that a schedule is about to be sent; it is on the disk when this returns."""
        with self._changing():
            self._run("INSERT OR REPLACE INTO sent_schedules VALUES (?, ?)", key, self._clock())

    def forget_schedule(self, key: str) -> None:
        """Note that no engine has it."""
        with self._changing():
            self._run("DELETE FROM sent_schedules WHERE key = ?", key)

    def has_consent(self, script_hash: str) -> bool:
        """Whether a script may have the secrets that its header asks for."""
        return self._one("SELECT 1 FROM consents WHERE script_hash = ?", script_hash) is not None

    def add_consent(self, script_hash: str) -> None:
        """Note that it may."""
        with self._changing():
            self._run("INSERT OR IGNORE INTO consents VALUES (?, ?)", script_hash, self._clock())

    def choices(self, script: str) -> Choices:
        """What was chosen for a script the last time."""
        row = self._one("SELECT choices FROM choices WHERE script = ?", script)
        return _choices(row["choices"]) if row else {}

    def remember(self, script: str, choices: Choices) -> None:
        """Keep what was chosen for a script."""
        with self._changing():
            self._run(
                "INSERT OR REPLACE INTO choices VALUES (?, ?, ?)",
                *(script, self._clock(), _to_text(choices)),
            )

    def _stored(self, text: str, *values: object) -> Sequence[StoredJob]:
        return [_stored(row) for row in self._all(text, *values)]

    def _one(self, text: str, *values: object) -> Any:
        rows = self._all(text, *values)
        return rows[0] if rows else None

    def _all(self, text: str, *values: object) -> list[sqlite3.Row]:
        with self._lock, self._in_words():
            return self._connection.execute(text, values).fetchall()

    def _run(self, text: str, *values: object) -> None:
        self._connection.execute(text, values)

    @contextmanager
    def _changing(self) -> Generator[None, None, None]:
        """All that is changed inside is on the disk at its end, or nothing is."""
        with self._lock, self._in_words():
            if self._connection.in_transaction:  # part of a larger change
                yield
                return
            self._run("BEGIN IMMEDIATE")
            try:
                yield
                self._run("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite may have taken it back itself
                    self._run("ROLLBACK")
                raise

    @contextmanager
    def _in_words(self) -> Generator[None, None, None]:
        if self._is_closed:
            raise ClosedError
        try:
            with translated(self._path):
                yield
        except DamagedError as error:
            raise StateError(
                f"{self._path} is damaged ({error})",
                "run `tunesmith agent stop`, then try again: it is set aside at the next start",
            ) from None


_FINAL = {stage.value for stage in Stage if stage.is_final}


def _stored(row: sqlite3.Row) -> StoredJob:
    job = Job(**{name: row[name] for name in _JOB_FIELDS})
    return StoredJob(job, row["endpoint"], row["plan"], row["log"])


def _to_text(value: object) -> str:
    return json.dumps(to_wire(value), separators=(",", ":"))


def _from_text(kind: Any, text: str) -> Any:
    return from_wire(kind, json.loads(text), "it", is_answer=True)


def _choices(text: str) -> Choices:
    return {name: (value, declared) for name, (value, declared) in json.loads(text).items()}
