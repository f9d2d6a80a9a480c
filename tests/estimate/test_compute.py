"""How long a step takes, against published measurements."""

from __future__ import annotations

import statistics

import pytest

from estimate.times import METHODS, PUBLISHED, seconds
from tunesmith.estimate.compute import step_flops, step_seconds
from tunesmith.estimate.shape import shape_of
from tunesmith.knowledge.hardware import flavor

TRAINING, QLORA = METHODS["full"], METHODS["qlora"]
LORA = METHODS["lora"]
LLAMA = shape_of(PUBLISHED["models"]["Llama-3.1-8B"])


def test_published_measurements_lie_in_the_interval():
    errors: list[float] = []
    outside: list[str] = []
    for row in PUBLISHED["measurements"]:
        found, measured = seconds(row), row["seconds"]
        errors.append(abs(found.likely / measured - 1))
        line = f"{found.low:.2f} {found.likely:.2f} {found.high:.2f} s, measured {measured}: {row}"
        if not found.low <= measured <= found.high:
            outside.append(line)
    print(f"median error {statistics.median(errors):.0%}, outside:", *outside, sep="\n")

    assert len(errors) >= 60
    assert statistics.median(errors) <= 0.2
    assert len(outside) <= 0.15 * len(errors)


def test_full_training_of_a_dense_model_takes_six_operations_a_weight_and_token():
    training = TRAINING._replace(length=16, is_checkpointed=False)
    weights = LLAMA.linear_weights + LLAMA.embedding
    assert step_flops(LLAMA, training) == pytest.approx(6 * 16 * weights, rel=0.001)


def test_frozen_weights_need_no_gradient_and_checkpointing_computes_twice():
    full = step_flops(LLAMA, TRAINING._replace(is_checkpointed=False))
    lora = step_flops(LLAMA, LORA._replace(is_checkpointed=False))
    assert 0.65 < lora / full < 0.72
    assert 1.3 < step_flops(LLAMA, TRAINING) / full < 1.34


@pytest.mark.parametrize(("name", "values"), [("batch", (1, 2, 4)), ("length", (512, 2048, 8192))])
def test_more_tokens_take_longer(name: str, values: tuple[int, ...]):
    gpu = flavor("a10g-large")
    assert gpu
    assert gpu.accelerator
    times = [
        step_seconds(LLAMA, QLORA._replace(**{name: value}), gpu.accelerator) for value in values
    ]
    assert [each.likely for each in times] == sorted({each.likely for each in times})
    assert all(each.low < each.likely < each.high for each in times)


def test_the_reference_and_a_second_batch_cost_forward_passes():
    """A forward pass is half of a backward one, a third of a step without checkpoints."""
    step = TRAINING._replace(is_checkpointed=False, length=512)
    sft = step_flops(LLAMA, step)
    dpo = step._replace(method="dpo")
    alone = step_flops(LLAMA, dpo._replace(is_reference_precomputed=True))
    assert alone == pytest.approx(2 * sft, rel=0.001), "two sequences a row"
    assert step_flops(LLAMA, dpo) / alone == pytest.approx(4 / 3, rel=0.02)
    kto = step._replace(method="kto")
    assert step_flops(LLAMA, kto._replace(has_kl=True)) / sft == pytest.approx(2, rel=0.02)
    assert step_flops(LLAMA, kto) / sft == pytest.approx(4 / 3, rel=0.02)
