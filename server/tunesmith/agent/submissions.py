"""One job a key: sent once, whatever is lost or killed on the way.

The job is noted as SENDING before its engine is asked, and its id when that has answered. Where no
answer came, the engine is asked for a job of that key; nothing is sent again on a guess.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tunesmith.agent.accounts import Accounts
from tunesmith.agent.database import StateError
from tunesmith.agent.locks import Locks
from tunesmith.agent.messages import Job, SubmitParams
from tunesmith.agent.permission import check_agreement, plan_of, secrets_of
from tunesmith.agent.redaction import Redaction
from tunesmith.agent.settings import Settings
from tunesmith.agent.store import NOT_SENT, SENDING, ClosedError, Store, StoredJob
from tunesmith.errors import UserError
from tunesmith.jobs.spec import Engine, EngineError, JobSpec, JobState

if TYPE_CHECKING:
    from tunesmith.jobs.account import Account

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 0.5


class Submissions:
    """Sends jobs.

    Args:
        store: where each step is noted.
        accounts: which know what account a job is sent by.
        engines: gives an engine by its name.
        redaction: which is told of secrets.
        on_sent: is told of each job that an engine has taken.
        on_change: is told of each job that is at another stage.
        settings: times.
    """

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        engines: Callable[[str, Account], Engine],
        redaction: Redaction,
        on_sent: Callable[[str], None],
        on_change: Callable[[Job], None],
        settings: Settings,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._engines = engines
        self._redaction = redaction
        self._on_sent = on_sent
        self._on_change = on_change
        self._settings = settings
        self._locks = Locks()
        self._wake = threading.Event()
        self._is_ending = threading.Event()

    def submit(self, params: SubmitParams, account: Account) -> Job:
        """Run a plan; the same plan gives the same job.

        Raises:
            UserError: it may not run, or its engine does not take it.
        """
        with self._locks.of(params.key):
            if self._store.has_job(params.key):
                stored = self._store.job(params.key)
                if stored.job.stage not in (SENDING, NOT_SENT):
                    return stored.job
            planned = plan_of(params, self._store)
            if planned.plan.schedule:
                raise UserError(f"the plan {params.key} is one of a schedule", "schedule it")
            check_agreement(planned, params, self._store)
            spec, engine = planned.spec, self._engines(planned.plan.engine, account)
            secrets = secrets_of(spec, params, account, self._redaction)
            self._accounts.assign(spec.key, account)
            if self._store.has_job(spec.key):
                stored = self._store.job(spec.key)
                with suppress(_NotTakenError):
                    return self._settle(stored, engine)
                self._on_change(self._store.set_stage(spec.key, SENDING, "it is sent again"))
            else:
                plan = planned.plan
                stored = self._store.add_sending(
                    spec, plan.engine, account.endpoint, plan.script, spec.key
                )
                self._on_change(stored.job)
            self._store.remember(planned.plan.script, planned.choices)
            return self._send(stored, engine, lambda: engine.submit(spec, secrets))

    def rerun(self, stored: StoredJob, account: Account) -> Job:
        """Start a job of an engine again.

        Raises:
            UserError: its engine does not take it.
        """
        job, key = stored.job, uuid4().hex
        engine = self._engines(job.engine, account)
        spec = JobSpec(key, namespace=job.namespace or None, flavor=job.flavor, name=job.name)
        with self._locks.of(key):
            self._accounts.assign(key, account)
            again = self._store.add_sending(
                spec, job.engine, stored.endpoint, job.script, stored.plan
            )
            self._on_change(again.job)
            return self._send(again, engine, lambda: engine.rerun(stored.state, key))

    def _send(self, stored: StoredJob, engine: Engine, request: Callable[[], JobState]) -> Job:
        try:
            state = request()
        except UserError as error:
            if not (isinstance(error, EngineError) and error.may_be_done):
                self._not_sent(stored, str(error))
                raise
            log.warning("%s: no answer: %s", stored.job.id, error)
            try:
                return self._settle(stored, engine)
            except _NotTakenError:
                self._not_sent(stored, str(error))
                raise error from None
        except BaseException:
            self._wake.set()
            raise
        return self._sent(stored, state)

    def _sent(self, stored: StoredJob, state: JobState) -> Job:
        log.info("%s: %s has taken it as %s", stored.job.id, stored.job.engine, state.id)
        try:
            job = self._store.note(stored.job.id, state) or self._store.job(stored.job.id).job
        except StateError as error:  # the engine knows the key: it is found again later
            log.error("%s: %s", stored.job.id, error)
            self._wake.set()
            return _as_sent(stored.job, state)
        self._on_change(job)
        self._on_sent(job.id)
        return job

    def _not_sent(self, stored: StoredJob, message: str) -> None:
        log.info("%s: not sent: %s", stored.job.id, message)
        try:
            job = self._store.set_stage(stored.job.id, NOT_SENT, message)
        except StateError as error:  # settled later, when there is room
            log.error("%s: %s", stored.job.id, error)
            return
        self._on_change(job)

    def _settle(self, stored: StoredJob, engine: Engine) -> Job:
        """The job of a key of which no answer is known.

        Raises:
            _NotTakenError: its engine has none.
            UserError: its engine cannot tell; it is asked again later.
        """
        job = stored.job
        patience = self._settings.settle.get(job.engine, 0) if job.stage == SENDING else 0
        deadline = time.monotonic() + patience
        while True:
            try:
                state = engine.find(job.id, job.namespace or None)
            except UserError as error:
                self._wake.set()
                raise EngineError(
                    f"it is not known whether the job was taken: {error.message}",
                    f"{error.next_step}; Tunesmith looks for it again: see `tunesmith jobs ps`",
                    may_be_done=True,
                ) from None
            if state is not None:
                return self._sent(stored, state)
            if time.monotonic() >= deadline or self._is_ending.is_set():
                raise _NotTakenError
            self._is_ending.wait(min(_LOOK_AGAIN_S, patience / 4))

    def settle_all(self) -> None:
        """Learn what became of jobs without an answer, until there are none; runs on a thread."""
        while not self._is_ending.is_set():
            self._wake.clear()
            with suppress(StateError, ClosedError):
                for stored in self._store.unsettled():
                    self._settle_later(stored)
                if not self._store.unsettled():
                    self._wake.wait()
                    continue
            self._is_ending.wait(self._settings.ask_again)

    def _settle_later(self, stored: StoredJob) -> None:
        lock = self._locks.of(stored.job.id)
        if not lock.acquire(blocking=False):  # it is being sent
            return
        try:
            stored = self._store.job(stored.job.id)
            if stored.job.stage == SENDING:
                account = self._accounts.of(stored.job.id, stored.endpoint)
                self._settle(stored, self._engines(stored.job.engine, account))
        except _NotTakenError:
            self._not_sent(stored, "it was interrupted before it was sent; submit it again")
        except UserError as error:
            log.warning("%s: %s", stored.job.id, error)
        finally:
            lock.release()

    def end(self, patience_s: float) -> None:
        """Let what is being sent end, and begin nothing more."""
        self._is_ending.set()
        self._wake.set()
        self._locks.take_all(patience_s)


class _NotTakenError(Exception):
    """No engine has a job of that key."""


def _as_sent(job: Job, state: JobState) -> Job:
    known: Mapping[str, Any] = {"stage": state.stage.value, "remote_id": state.id, "url": state.url}
    return replace(job, **known)
