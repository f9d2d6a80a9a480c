"""Hugging Face Jobs, by the Hub's own client, with a server that really runs scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from jobs.contract import EngineContract
from jobs_server import JobsServer, Runs, running
from tunesmith.jobs import hf_jobs
from tunesmith.jobs.account import Account
from tunesmith.jobs.hf_jobs import HfJobs
from tunesmith.jobs.spec import Engine, Scheduler

TOKEN = "hf_canary"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hf_jobs, "PAUSE_S", 0.02)
    monkeypatch.setattr(hf_jobs, "HISTORY_SILENCE_S", 0.5)
    monkeypatch.setattr(hf_jobs, "METRICS_SILENCE_S", 0.3)


def engine_of(server: JobsServer, token: str | None = TOKEN) -> HfJobs:
    return HfJobs(Account(server.url, token))


class TestContract(EngineContract):
    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        with running(Runs(sys.executable)) as server:
            engine = engine_of(server)
            assert isinstance(engine, Engine)
            assert isinstance(engine, Scheduler)
            yield engine
            assert server.refused == []
