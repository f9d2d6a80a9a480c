"""How long a step takes, against published measurements."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tunesmith.estimate.compute import Interval, step_flops, step_seconds
from tunesmith.estimate.shape import shape_of
from tunesmith.estimate.training import Adapter, Training
from tunesmith.knowledge.hardware import Accelerator, flavor

PUBLISHED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "throughputs.json").read_text("utf-8")
)
TRAINING = Training(batch=1, length=2048, loss="plain", load_dtype="bfloat16")
LORA = replace(TRAINING, adapter=Adapter(64, "all-linear"))
QLORA = replace(LORA, quantization="nf4", compute_dtype="bfloat16")
METHODS = {"full": TRAINING, "lora": LORA, "qlora": QLORA}
LLAMA = shape_of(PUBLISHED["models"]["Llama-3.1-8B"])


def estimate(row: dict[str, Any]) -> Interval:
    training = replace(
        METHODS[row["method"]],
        batch=row["batch"],
        length=row["length"],
        is_checkpointed=row["checkpointing"],
    )
    sheet = PUBLISHED["gpus"][row["gpu"]]
    gpu = Accelerator(
        row["gpu"],
        80,
        79.0,
        tuple(sheet["compute_capability"]),
        sheet["tflops"],
        sheet["bandwidth_gb_s"],
    )
    return step_seconds(shape_of(PUBLISHED["models"][row["model"]]), training, gpu)


def test_published_measurements_lie_in_the_interval():
    errors: list[float] = []
    outside: list[str] = []
    for row in PUBLISHED["measurements"]:
        found, measured = estimate(row), row["seconds"]
        errors.append(abs(found.likely / measured - 1))
        line = f"{found.low:.2f} {found.likely:.2f} {found.high:.2f} s, measured {measured}: {row}"
        if not found.low <= measured <= found.high:
            outside.append(line)
    print(f"median error {statistics.median(errors):.0%}, outside:", *outside, sep="\n")

    assert len(errors) >= 60
    assert statistics.median(errors) <= 0.2
    assert len(outside) <= 0.15 * len(errors)


def test_full_training_of_a_dense_model_takes_six_operations_a_weight_and_token():
    training = replace(TRAINING, length=16, is_checkpointed=False)
    weights = LLAMA.linear_weights + LLAMA.embedding
    assert step_flops(LLAMA, training) == pytest.approx(6 * 16 * weights, rel=0.001)


def test_frozen_weights_need_no_gradient_and_checkpointing_computes_twice():
    full = step_flops(LLAMA, replace(TRAINING, is_checkpointed=False))
    lora = step_flops(LLAMA, replace(LORA, is_checkpointed=False))
    assert 0.65 < lora / full < 0.72
    assert 1.3 < step_flops(LLAMA, TRAINING) / full < 1.34


@pytest.mark.parametrize(("name", "values"), [("batch", (1, 2, 4)), ("length", (512, 2048, 8192))])
def test_more_tokens_take_longer(name: str, values: tuple[int, ...]):
    gpu = flavor("a10g-large")
    assert gpu
    assert gpu.accelerator
    times = [
        step_seconds(LLAMA, replace(QLORA, **{name: value}), gpu.accelerator) for value in values
    ]
    assert [each.likely for each in times] == sorted({each.likely for each in times})
    assert all(each.low < each.likely < each.high for each in times)
