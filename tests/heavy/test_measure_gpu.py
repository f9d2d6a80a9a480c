"""scripts/measure_gpu.py as far as a CPU can: tiny models, the real trainers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from estimate.cases import STEPS
from measure_gpu import chosen

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
METHODS = ("sft", "dpo", "kto", "grpo", "reward")
PLACES = [next(p for p in chosen(1000) if STEPS[p][1].method == method) for method in METHODS]
SMALL = next(p for p in chosen(1000) if STEPS[p][1].quantization == "nf4")


@pytest.mark.parametrize("place", [*PLACES, SMALL])
def test_a_tiny_model_is_trained(place: int, record_property: object) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([f"{ROOT}/server", f"{ROOT}/tests"])}
    ran = subprocess.run(
        [sys.executable, f"{ROOT}/scripts/measure_gpu.py", "--dry-run", "--only", str(place)],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "'seconds'" in ran.stdout


def test_there_is_enough_to_measure_on_a_large_gpu() -> None:
    places = list(chosen(130))
    assert len(places) >= 60
    assert sum(STEPS[each][1].quantization == "nf4" for each in places) >= 5
    assert len(list(chosen(22))) >= 20
