"""How long GRPO takes, whose model writes what it learns from."""

from __future__ import annotations

from typing import Any

import pytest

from estimate.grpo_runs import GPUS, RUNS, step_seconds
from estimate.recorded import shape
from estimate.scripts import assumed, read
from tunesmith.estimate.data import exactly
from tunesmith.estimate.duration import Duration, Workload, duration
from tunesmith.estimate.script import ScriptTraining
from tunesmith.estimate.training import Adapter, Training
from tunesmith.estimate.writing import Writing

TRAINING = Training(
    method="grpo",
    batch=8,
    length=1536,
    completion=1024,
    load_dtype="bfloat16",
    adapter=Adapter(16),
    engine_share=0.3,
)
PROMPTS = Workload(exactly(1000), exactly(1), epochs=1, accumulation=4, writing=Writing())
MODEL = shape("Qwen/Qwen3-0.6B")


def lasts(writing: Writing, training: Training = TRAINING) -> Duration:
    return duration(MODEL, training, GPUS["A100"], PROMPTS._replace(writing=writing))


@pytest.mark.parametrize("run", RUNS, ids=lambda it: f"{it['source']}-{it['seconds']}")
def test_published_runs_are_within_the_interval(run: dict[str, Any]):
    found = step_seconds(run)
    assert found.low <= run["seconds"] <= found.high
    assert 1 / 3 < found.likely / run["seconds"] < 3


def test_steps_are_those_of_all_completions():
    """`RepeatSampler` of TRL: 1,000 prompts, 8 completions each, 32 a step."""
    once = lasts(Writing(generations=8))
    assert once.steps == 250
    assert lasts(Writing(generations=16)).steps == 500
    assert lasts(Writing(generations=8, iterations=2)).steps == 500
    assert lasts(Writing(), TRAINING._replace(gpus=2, sharding="ddp")).steps == 125


def test_what_is_learnt_from_twice_is_written_once():
    once, twice = lasts(Writing()), lasts(Writing(iterations=2))
    assert 1 < twice.training.likely / once.training.likely < 1.7


def test_more_at_once_takes_less_time():
    few, many = lasts(Writing(turns=1)), lasts(Writing(turns=4))
    assert many.training.likely < few.training.likely / 2
    assert lasts(Writing(turns=0)) == many
    assert lasts(Writing(whole=32)) == many


def test_vllm_writes_faster():
    assert lasts(Writing("vllm")).training.likely < lasts(Writing()).training.likely / 1.5


def test_longer_answers_take_longer():
    longer = TRAINING._replace(length=2560, completion=2048)
    assert lasts(Writing(), longer).training.likely > 1.5 * lasts(Writing()).training.likely


def grpo(arguments: str) -> ScriptTraining:
    return read(
        "from trl import GRPOConfig, GRPOTrainer\n"
        f"GRPOTrainer('Qwen/Qwen3-4B', args=GRPOConfig({arguments}))\n"
    )


@pytest.mark.parametrize(
    ("arguments", "writing"),
    [
        ("", Writing()),
        ("num_generations=4, num_iterations=2", Writing(generations=4, iterations=2)),
        ("steps_per_generation=3", Writing(turns=3)),
        ("generation_batch_size=64", Writing(whole=64)),
        ("use_vllm=True", Writing("vllm")),
        ("use_vllm=True, vllm_mode='server'", None),
    ],
)
def test_what_a_script_says_of_it(arguments: str, writing: Writing | None):
    assert grpo(arguments).writing == writing


def test_how_long_answers_are_is_assumed():
    what = "the length of what it writes"
    assert assumed(grpo(""))[what] == "30% to 100% of max_completion_length"
    assert what not in assumed(grpo("use_vllm=True, vllm_mode='server'"))
