"""What tests of Hugging Face Jobs share."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from jobs_server import JobsServer
from tunesmith.jobs.account import Account
from tunesmith.jobs.hf_jobs import HfJobs
from tunesmith.jobs.spec import (
    EngineError,
    JobSpec,
)

TOKEN = "hf_canary"
SPEC = JobSpec(key="0123456789abcdef", command=("true",))


def engine_of(server: JobsServer, token: str | None = TOKEN) -> HfJobs:
    return HfJobs(Account(server.url, token))


def failure(ask: Callable[[], object]) -> EngineError:
    """The error, which shows no token, even with all that led to it."""
    with pytest.raises(EngineError) as caught:
        ask()
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error)
    assert "canary" not in shown
    assert error.message
    assert error.next_step
    return error
