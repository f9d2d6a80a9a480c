"""One schedule a plan: made once, whatever is lost or killed on the way.

That a plan is being sent is noted before its engine is asked, and forgotten where that refuses. Who
sends the plan again finds the note, and asks for a schedule of its key before another one is made.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tunesmith.agent.locks import Locks
from tunesmith.agent.messages import ScheduleParams, SubmitParams
from tunesmith.agent.permission import check_agreement, plan_of, secrets_of
from tunesmith.agent.redaction import Redaction
from tunesmith.agent.settings import Settings
from tunesmith.agent.store import Store
from tunesmith.errors import UserError
from tunesmith.jobs.spec import Engine, EngineError, JobSpec, Schedule, Scheduler

if TYPE_CHECKING:
    from tunesmith.jobs.account import Account

ENGINE = "hf"
"""The one that keeps schedules."""
_LOOK_AGAIN_S = 0.5


class Schedules:
    """Makes schedules, and finds them.

    Args:
        store: where it is noted what was sent.
        engines: gives an engine by its name.
        redaction: which is told of secrets.
        settings: times.
    """

    def __init__(
        self,
        store: Store,
        engines: Callable[[str, Account], Engine],
        redaction: Redaction,
        settings: Settings,
    ) -> None:
        self._store = store
        self._engines = engines
        self._redaction = redaction
        self._patience_s = settings.settle.get(ENGINE, 0)
        self._locks = Locks()

    def create(self, params: SubmitParams, account: Account) -> Schedule:
        """Have a plan started again and again; the same plan gives the same schedule.

        Raises:
            UserError: it has no schedule, may not run, or its engine does not take it.
        """
        with self._locks.of(params.key):
            planned = plan_of(params, self._store)
            when = planned.plan.schedule
            if when is None:
                raise UserError(f"the plan {params.key} has no schedule", "submit it")
            check_agreement(planned, params, self._store)
            scheduler, spec = self.scheduler(account), planned.spec
            secrets = secrets_of(spec, params, account, self._redaction)
            if self._store.is_schedule_sent(spec.key) and (known := self._sent(scheduler, spec)):
                return known
            self._store.note_schedule(spec.key)
            self._store.remember(planned.plan.script, planned.choices)
            try:
                return scheduler.schedule(spec, when.when, secrets, is_paused=when.suspended)
            except EngineError as error:
                if not error.may_be_done:
                    self._store.forget_schedule(spec.key)
                elif known := self._sent(scheduler, spec):
                    return known
                raise

    def _sent(self, scheduler: Scheduler, spec: JobSpec) -> Schedule | None:
        """The schedule of a key, which may still be on its way; None: there is none.

        Raises:
            EngineError: its engine does not tell.
        """
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                found = scheduler.find_schedule(spec.key, spec.namespace)
            except UserError as error:
                raise EngineError(
                    f"it is not known whether the schedule was made: {error.message}",
                    f"{error.next_step}; see `tunesmith jobs scheduled ps`",
                    may_be_done=True,
                ) from None
            if found or time.monotonic() >= deadline:
                return found
            time.sleep(min(_LOOK_AGAIN_S, self._patience_s / 4))

    def end(self, patience_s: float) -> None:
        """Let what is being sent end, and begin nothing more."""
        self._locks.take_all(patience_s)

    def scheduler(self, account: Account) -> Scheduler:
        """What keeps the schedules of an account."""
        engine = self._engines(ENGINE, account)
        if not isinstance(engine, Scheduler):
            raise UserError(f"the engine {ENGINE} keeps no schedules", "start the job once")
        return engine

    def resolve(self, params: ScheduleParams, account: Account) -> Schedule:
        """The schedule that a user means by an id, or by its beginning.

        Raises:
            UserError: none, several, or the engine does not tell.
        """
        list_them = "list them with `tunesmith jobs scheduled ps --all`"
        if not params.id:
            raise UserError("id is empty, expected the id of a schedule", list_them)
        every = self.scheduler(account).schedules(params.namespace)
        found = [each for each in every if each.id.startswith(params.id)]
        if not found:
            raise UserError(f"there is no schedule {params.id!r}", list_them)
        if len(found) > 1 and not (found := [each for each in found if each.id == params.id]):
            raise UserError(f"several schedules begin with {params.id!r}", "give more of the id")
        return found[0]
