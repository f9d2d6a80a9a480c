"""What the agent is made of, apart from those who ask it."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tunesmith import __version__
from tunesmith.agent.accounts import Accounts
from tunesmith.agent.followers import Followers
from tunesmith.agent.known_jobs import KnownJobs
from tunesmith.agent.messages import AGENT_PROTOCOL, AgentStatus, Job
from tunesmith.agent.pruning import Pruner
from tunesmith.agent.redaction import Redaction
from tunesmith.agent.schedules import Schedules
from tunesmith.agent.settings import Settings
from tunesmith.agent.store import Store
from tunesmith.agent.submissions import Submissions
from tunesmith.errors import UserError
from tunesmith.jobs.account import Account
from tunesmith.jobs.engines import LOCAL, engine
from tunesmith.jobs.spec import Keeper

log = logging.getLogger(__name__)


class Agent:
    """The state of one user, and what works on it.

    Args:
        folder: the user's state folder.
        settings: times.
        redaction: which is told of all secrets.
        on_change: is told of each job of which there is news.
        clock: seconds since 1970.

    Raises:
        UserError: the state cannot be read or written.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        redaction: Redaction,
        on_change: Callable[[Job], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.redaction = redaction
        self.started = clock()
        self.stopping = threading.Event()
        self.accounts = Accounts()
        self.store = Store(folder, clock, redaction.hidden)
        self.jobs = KnownJobs(self.store, self.accounts, engine, on_change)
        self.followers = Followers(folder, self.store, self.jobs, redaction, settings)
        self.submissions = Submissions(
            self.store, self.accounts, engine, redaction, self.followers.start, on_change, settings
        )
        self.pruner = Pruner(folder, self.store, self._keeper, self.followers.forget, clock)
        self.schedules = Schedules(self.store, engine, redaction, settings)

    def _keeper(self) -> Keeper:
        found = engine(LOCAL, Account())
        assert isinstance(found, Keeper)
        return found

    def prune(self) -> None:
        """Forget what is old; where that fails, the next agent does."""
        try:
            pruned = self.pruner.prune(self.settings.kept)
        except UserError as error:
            log.warning("nothing is forgotten: %s", error)
        else:
            log.info("forgotten: %s", pruned)

    def start(self) -> None:
        """Go on with what the last agent left."""
        threading.Thread(target=self.submissions.settle_all, name="settle", daemon=True).start()
        self.followers.start_all()

    @property
    def is_idle(self) -> bool:
        """Whether there is no job to follow or to learn of."""
        return not self.followers.count and not self.store.unsettled()

    @property
    def problems(self) -> Sequence[str]:
        """What users should know."""
        own = [self.store.problem] if self.store.problem else []
        return [*own, *self.followers.problems]

    def status(self, connections: int) -> AgentStatus:
        """What it is and does."""
        return AgentStatus(
            __version__,
            AGENT_PROTOCOL,
            os.getpid(),
            self.started,
            self.followers.count,
            connections,
            self.problems,
        )

    def end(self) -> None:
        """End what is under way; jobs go on."""
        self.followers.end()
        self.submissions.end(self.settings.farewell)
        self.schedules.end(self.settings.farewell)
        self.store.close()
