"""The estimate of memory against one training step of the real libraries, measured anew."""

from __future__ import annotations

import random
from typing import Any

import pytest

from estimate.recorded import RECORD, shape, steps
from tunesmith.estimate.memory import peak
from tunesmith.estimate.shape import shape_of
from tunesmith.estimate.training import Adapter, Training
from tunesmith.knowledge.configurations import configuration

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(900)]

MODELS = (
    "google/gemma-3-1b-it",
    "Qwen/Qwen3-0.6B",
    "meta-llama/Llama-3.2-1B-Instruct",
    "microsoft/Phi-3-mini-4k-instruct",
    "HuggingFaceTB/SmolLM2-360M-Instruct",
)
AGAIN = (0, 5, 10, 33, 40, 55, 60, 70, 81, 84, 88, 95, 101, 130, 134, 148)
"""A few of the recorded steps, by their place."""


def measured(model: str, training: Training, layers: int | None = None) -> Any:
    from tunesmith.workers.meta_oracle import measure

    known = configuration(model)
    assert known
    fields = dict(known.fields)
    if layers:
        fields["num_hidden_layers"] = layers
    return fields, measure(fields, training)


@pytest.mark.parametrize("place", AGAIN)
def test_the_oracle_says_what_it_said(place: int, record_property: Any) -> None:
    step = steps()[place]
    _, found = measured(step.model, step.training)
    record_property("steps", str(step))
    assert found.peak == pytest.approx(step.peak, rel=0.005), RECORD


def drawn(seed: int) -> tuple[str, Training]:
    pick = random.Random(seed)
    is_adapted = pick.random() < 0.7
    quantization = pick.choice([None, None, "nf4", "int8"]) if is_adapted else None
    adapter = Adapter(
        2 ** pick.randint(3, 6),
        pick.choice([("q_proj", "v_proj", "o_proj"), "all-linear"]),
        has_dropout=pick.random() < 0.5,
        dtype="bfloat16" if quantization == "nf4" else "float32",
    )
    training = Training(
        batch=pick.randint(1, 4),
        length=pick.choice([600, 1024, 3000]),
        loss=pick.choice(["full", "plain", "chunked", "fused"]),
        load_dtype=pick.choice(["float32", "bfloat16"]),
        quantization=quantization,
        compute_dtype="bfloat16",
        adapter=adapter if is_adapted else None,
        optimizer=pick.choice(["adamw_torch", "adamw_torch_fused", "adamw_8bit", "adafactor"]),
        is_checkpointed=pick.random() < 0.5,
        attention=pick.choice(["sdpa", "flash", "eager"]),
        accumulates=pick.random() < 0.5,
    )
    return pick.choice(MODELS), training


@pytest.mark.parametrize("seed", range(16))
def test_steps_that_nobody_looked_at_before(seed: int, record_property: Any) -> None:
    model, training = drawn(seed)
    # the first layer keeps less where no gradient reaches it, which the estimate does not count
    fields, found = measured(model, training, layers=12)
    estimated = peak(shape_of(fields), training)
    error = estimated.total / found.peak - 1
    record_property("errors", f"{error:+.1%}")
    assert abs(error) <= 0.06, (model, training, estimated, found)


@pytest.mark.parametrize("method", ["dpo", "kto", "grpo", "reward"])
@pytest.mark.parametrize("seed", range(3))
def test_other_methods_that_nobody_looked_at_before(
    method: Any, seed: int, record_property: Any
) -> None:
    model, training = drawn(1000 * seed + len(method))
    pick = random.Random(seed)
    changes: dict[str, Any] = {"method": method, "loss": "fused", "attention": "sdpa"}
    changes |= {"has_padding": pick.random() < 0.5, "has_kl": pick.random() < 0.5}
    if method == "grpo":
        changes |= {"has_padding": True, "completion": pick.choice([100, 500])}
        changes["generated"] = training.batch * pick.choice([1, 16])
    training = training._replace(**changes)
    fields, found = measured(model, training, layers=12)
    error = peak(shape_of(fields), training).total / found.peak - 1
    record_property("errors", f"{error:+.1%}")
    assert abs(error) <= 0.06, (model, training, found)


def test_a_wrong_estimate_is_found_out() -> None:
    model, training = MODELS[2], Training(batch=2, length=1024, adapter=Adapter(16))
    _, found = measured(model, training)
    other = peak(shape(model), training._replace(length=2048))
    assert other.total / found.peak - 1 > 0.06
