"""This machine as an engine: the same tests as for Hugging Face Jobs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.contract import EngineContract, until
from tunesmith.jobs.local import Local
from tunesmith.jobs.spec import Engine


class TestContract(EngineContract):
    python = sys.executable
    forgets = True

    @pytest.fixture
    def engine(self, tmp_path: Path) -> Iterator[Engine]:
        engine = Local(tmp_path / "local")
        assert isinstance(engine, Engine)
        yield engine
        for job in engine.jobs(None):
            engine.cancel(job)
            until(lambda job=job: engine.inspect(job).stage.is_final)
