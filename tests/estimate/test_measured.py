"""The estimate against what was measured on a GPU, where that was done (scripts/measure_gpu.py)."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import pytest

from estimate.measured import RECORD, Run, runs

MEASURED = runs()
GIB = 2**30


@pytest.mark.skipif(not RECORD.exists(), reason="no GPU has measured anything yet")
class TestMeasured:
    def test_enough_was_measured(self) -> None:
        assert len(MEASURED) >= 20
        assert any(each.training.quantization == "nf4" for each in MEASURED)

    def test_is_close(self) -> None:
        known = sorted((abs(each.error), str(each)) for each in MEASURED if each.allocated)
        assert statistics.median(error for error, _ in known) <= 0.05, known[-1]
        assert known[int(0.95 * len(known))][0] <= 0.12, known[-1]

    def test_nothing_fits_that_did_not(self) -> None:
        assert [str(each) for each in MEASURED if each.was_promised_in_vain] == []


def recorded(folder: Path, **row: Any) -> list[Run]:
    """A file with one run of a step that is estimated to take some 10 GB of tensors."""
    step = {"model": "Qwen/Qwen3-0.6B", "training": {"batch": 1, "length": 512}}
    path = folder / "measured.json"
    path.write_text(json.dumps({"bytes": 80 * GIB, "steps": [{**step, **row}]}))
    return runs(path)


def test_a_file_is_read(tmp_path: Path) -> None:
    (run,) = recorded(tmp_path, allocated=10 * GIB, used=11 * GIB)
    assert (run.training.length, run.total) == (512, 80 * GIB)
    assert run.error == pytest.approx(run.estimated / (10 * GIB) - 1)
    assert runs(tmp_path / "none.json") == []


def test_a_promise_that_was_not_kept_is_found(tmp_path: Path) -> None:
    (fine,) = recorded(tmp_path, allocated=9 * GIB, used=10 * GIB)
    assert not fine.was_promised_in_vain
    (vain,) = recorded(tmp_path, allocated=30 * GIB, used=31 * GIB)
    assert vain.was_promised_in_vain
    (full,) = recorded(tmp_path, error="out of memory")
    assert full.was_promised_in_vain
