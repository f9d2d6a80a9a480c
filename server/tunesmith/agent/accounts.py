"""The accounts of those who ask, kept in memory only."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tunesmith.jobs.account import Account


class Accounts:
    """Which account works on a job: the one that started it, else the last of the same Hub."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[str, Account] = {}
        self._of_jobs: dict[str, Account] = {}

    def add(self, account: Account) -> None:
        """Know one who asks now."""
        with self._lock:
            self._latest[account.endpoint] = account

    def assign(self, job_id: str, account: Account) -> None:
        """Have an account work on a job from now on."""
        with self._lock:
            self._of_jobs[job_id] = account

    def release(self, job_id: str) -> None:
        """Have no particular account work on a job: the one that did is refused."""
        with self._lock:
            self._of_jobs.pop(job_id, None)

    def of(self, job_id: str, endpoint: str) -> Account:
        """The account that works on a job of a Hub; a token never goes to another Hub."""
        from tunesmith.jobs.account import Account

        with self._lock:
            account = self._of_jobs.get(job_id) or self._latest.get(endpoint)
            return account or Account(endpoint=endpoint)
