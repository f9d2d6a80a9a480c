"""The engines by their names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tunesmith.errors import UserError

if TYPE_CHECKING:
    from tunesmith.jobs.account import Account
    from tunesmith.jobs.spec import Engine

TOKEN = "HF_TOKEN"  # noqa: S105 - its name
"""The secret that an account brings along."""
LOCAL = "local"
ENGINES = ("hf", LOCAL)


def engine(name: str, account: Account) -> Engine:
    """The engine of that name, working for an account.

    Raises:
        UserError: there is none, or what it needs is not installed.
    """
    if name == "hf":
        from tunesmith.jobs.hf_jobs import HfJobs

        return HfJobs(account)
    if name == LOCAL:
        from tunesmith.jobs.local import Local

        return Local(secret_of=lambda name: _secret(name, account))
    raise UserError(f"there is no engine {name!r}: expected {' or '.join(ENGINES)}", "choose one")


def _secret(name: str, account: Account) -> str | None:
    return account.current_token() if name == TOKEN else os.environ.get(name)
