"""The Hub's client keeps what it remembers in a folder of the tests, and has no token."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("jobs.contract", "jobs.hub_engine")
HUB_HOME = tempfile.mkdtemp()
VARIABLES = {"HF_HOME": HUB_HOME, "HF_HUB_DISABLE_TELEMETRY": "1"}
os.environ.update(VARIABLES)
import huggingface_hub.constants  # noqa: E402, F401 - it reads them once, when imported

for _name in VARIABLES:
    del os.environ[_name]

from jobs.hub_engine import engine_of  # noqa: E402
from jobs_server import JobsServer, running  # noqa: E402
from tunesmith.jobs import hf_jobs  # noqa: E402
from tunesmith.jobs.hf_jobs import HfJobs  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _no_trace() -> Iterator[None]:
    yield
    shutil.rmtree(HUB_HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_hub_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what reads them later: uploads, and processes that a test starts."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hf_jobs, "PAUSE_S", 0.02)
    monkeypatch.setattr(hf_jobs, "HISTORY_SILENCE_S", 1.5)
    monkeypatch.setattr(hf_jobs, "METRICS_SILENCE_S", 0.3)


@pytest.fixture
def server() -> Iterator[JobsServer]:
    """One whose jobs do what the test lets them do."""
    with running() as made:
        yield made


@pytest.fixture
def engine(server: JobsServer) -> HfJobs:
    """Hugging Face Jobs on that server."""
    return engine_of(server)
