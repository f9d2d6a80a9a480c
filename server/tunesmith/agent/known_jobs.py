"""The jobs that are known here, and how to ask their engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from tunesmith.agent.accounts import Accounts
from tunesmith.agent.messages import Job
from tunesmith.agent.store import NOT_SENT, SENDING, Store, StoredJob
from tunesmith.errors import UserError
from tunesmith.jobs.engines import ENGINES, LOCAL
from tunesmith.jobs.spec import Engine, JobState

if TYPE_CHECKING:
    from tunesmith.jobs.account import Account


class KnownJobs:
    """Jobs with what is told of them.

    Args:
        store: where that is noted.
        accounts: who asks the engines.
        engines: gives an engine by its name.
        on_change: is told of each job of which there is news.
    """

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        engines: Callable[[str, Account], Engine],
        on_change: Callable[[Job], None],
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._engines = engines
        self._on_change = on_change

    def stored(self, job_id: str) -> StoredJob:
        """The job of just that id."""
        return self._store.job(job_id)

    def taken(self, text: str) -> StoredJob:
        """The job that a user means, which an engine has.

        Raises:
            UserError: there is none, or no engine has it.
        """
        stored = self._store.resolve(text)
        if stored.job.stage == NOT_SENT:
            raise UserError(
                f"the job {stored.job.id} was never sent: {stored.job.message}", "submit it again"
            )
        if stored.job.stage == SENDING:
            raise UserError(
                f"it is not known yet whether the job {stored.job.id} was taken",
                "look again in some seconds: `tunesmith jobs ps`",
            )
        return stored

    def engine(self, stored: StoredJob) -> Engine:
        """The engine of a job, asked by whoever works on it."""
        account = self._accounts.of(stored.job.id, stored.endpoint)
        return self._engines(stored.job.engine, account)

    def look(self, stored: StoredJob) -> Job:
        """Ask where a job is, and note it.

        Raises:
            UserError: its engine does not tell, or the disk is full.
        """
        state = self.engine(stored).inspect(stored.state)
        changed = self._store.note(stored.job.id, state)
        if changed:
            self._on_change(changed)
        return changed or self.stored(stored.job.id).job

    def disown(self, job_id: str) -> None:
        """Ask about a job on behalf of another account from now on."""
        self._accounts.release(job_id)

    def refresh(self, account: Account, limit: int) -> Sequence[str]:
        """Ask all engines for all their jobs; returns what went wrong.

        Without an account there is nobody whose jobs the Hub could tell.
        """
        problems: list[str] = []
        for name in ENGINES if account.can_ask() else (LOCAL,):
            try:
                for state in self._all(name, account, max(0, limit)):
                    self._take_up(name, account, state)
            except UserError as error:
                problems.append(f"{name}: {error}")
        return problems

    def _all(self, name: str, account: Account, limit: int) -> Iterator[JobState]:
        """Jobs of the account's own namespace, and of those where one is known to be live."""
        engine, seen = self._engines(name, account), set[str]()
        for namespace in (None, *self._store.live_namespaces(name, account.endpoint)):
            if namespace not in seen:
                for state in islice(engine.jobs(namespace), limit):
                    seen.add(state.namespace)
                    yield state

    def _take_up(self, engine: str, account: Account, state: JobState) -> None:
        job, is_news = self._store.add_found(engine, account.endpoint, state)
        self._accounts.assign(job.id, account)
        if is_news:
            self._on_change(job)
