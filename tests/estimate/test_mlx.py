"""What `mlx_lm.lora` takes, against public logs and steps that MLX measured itself."""

from __future__ import annotations

import statistics

import pytest
from packaging.version import Version

from estimate.mlx_records import Log, Step, gpu, logs, steps
from tunesmith.estimate.compute import Interval
from tunesmith.estimate.data import exactly
from tunesmith.estimate.known_model import shape_named
from tunesmith.estimate.mlx.memory import mlx_need, mlx_peak, model_bytes, trained_weights
from tunesmith.estimate.mlx.speed import MlxWorkload, mlx_duration, mlx_step_seconds
from tunesmith.estimate.mlx.training import (
    QUERY_AND_VALUE,
    MlxTraining,
    Packing,
    loss_of,
    packing_named,
    packing_of,
    targets_of,
)
from tunesmith.estimate.shape import ModelShape


def shape(name: str) -> ModelShape:
    found = shape_named(name)
    assert found
    return found


LLAMA = shape("meta-llama/Llama-3.2-3B")
PLAIN = MlxTraining(packing=Packing(4))


@pytest.mark.parametrize("log", [each for each in logs() if each.peak], ids=lambda it: it.model)
def test_the_peak_of_a_public_log_lies_in_the_interval(log: Log):
    assert log.peak
    found = mlx_need(log.shape, log.training)
    print(f"{log.model}: {found.total / 1e9:.2f} GB, the log {log.peak}")
    assert found.low <= log.peak * 1e9 <= found.high


def test_the_peaks_of_public_logs_are_met_at_the_median():
    errors = [
        abs(mlx_need(log.shape, log.training).total / (log.peak * 1e9) - 1)
        for log in logs()
        if log.peak
    ]
    assert len(errors) >= 12
    assert statistics.median(errors) <= 0.08


@pytest.mark.parametrize("step", [*steps()], ids=lambda it: str(it.changes))
def test_a_step_that_mlx_measured(step: Step):
    found = mlx_peak(step.shape, step.training).total
    assert found == pytest.approx(step.peak, rel=0.2)


def test_the_steps_that_mlx_measured_are_met_at_the_median():
    errors = [abs(mlx_peak(each.shape, each.training).total / each.peak - 1) for each in steps()]
    assert len(errors) >= 14
    assert statistics.median(errors) <= 0.08


def test_what_is_trained_is_what_mlx_lm_prints():
    """ "Trainable parameters: 0.216% (6.947M/3212.750M)"; before 0.28.2 0.041% (1.311M)."""
    assert round(trained_weights(LLAMA, PLAIN) / 1e6, 3) == 6.947
    old = PLAIN._replace(targets=QUERY_AND_VALUE)
    assert round(trained_weights(LLAMA, old) / 1e6, 3) == 1.311
    assert round(LLAMA.parameters / 1e6, 3) == 3212.75


@pytest.mark.parametrize(
    ("name", "packing"),
    [
        ("mlx-community/gemma-3-12b-it-8bit", Packing(8)),
        ("mlx-community/Qwen3-8B-4bit-DWQ-053125", Packing(4)),
        ("mlx-community/gpt-oss-20b-mxfp4", Packing(4, 32, 8)),
        ("mlx-community/Llama-3.2-3B-Instruct-bf16", Packing()),
        ("Qwen/Qwen3-4B", Packing()),
        ("me/model-v2-8b-it", Packing()),
    ],
)
def test_how_a_model_is_stored_by_its_name(name: str, packing: Packing):
    assert packing_named(name) == packing


def test_how_a_model_is_stored_by_its_configuration():
    assert packing_of({"quantization": {"group_size": 32, "bits": 6}}) == Packing(6, 32)
    assert packing_of({"quantization": {"bits": 4, "group_size": 32, "mode": "mxfp4"}}) == Packing(
        4, 32, 8
    )
    assert packing_of({"quantization_config": {"load_in_4bit": True}}) is None
    assert packing_of({"quantization": {"bits": "four"}}) is None


def test_scales_count():
    assert Packing(4).bits_a_weight == 4.5
    assert Packing(8).bits_a_weight == 8.5
    assert Packing(4, 32, 8).bits_a_weight == 4.25
    assert model_bytes(LLAMA, PLAIN) == pytest.approx(3.2127e9 * 4.5 / 8, rel=0.001)


def test_what_releases_did():
    releases = [Version(each) for each in ("0.22.2", "0.22.3", "0.28.1", "0.28.2", "0.32.2")]
    assert [loss_of(each) for each in releases] == ["float32", *["plain"] * 3, "fused"]
    assert [targets_of(each) is None for each in releases] == [False, False, False, True, True]


@pytest.mark.parametrize(
    "more",
    [
        {"length": 4096},
        {"batch": 8},
        {"layers": 24},
        {"layers": -1},
        {"rank": 64},
        {"packing": Packing(8)},
        {"loss": "plain"},
        {"kind": "full"},
        {"has_dropout": True},
    ],
    ids=str,
)
def test_more_takes_more(more: dict[str, object]):
    assert mlx_peak(LLAMA, PLAIN._replace(**more)).total > mlx_peak(LLAMA, PLAIN).total


def test_checkpoints_take_less_memory_and_more_time():
    less = PLAIN._replace(is_checkpointed=True)
    assert mlx_peak(LLAMA, less).total < 0.5 * mlx_peak(LLAMA, PLAIN).total
    seconds = [mlx_step_seconds(LLAMA, each, 2048, gpu("M3 Max")).likely for each in (PLAIN, less)]
    assert seconds[0] < seconds[1] < 1.5 * seconds[0]


def test_scores_of_attention_grow_with_the_square():
    sizes = [
        mlx_peak(LLAMA, PLAIN._replace(length=length, batch=1)).breakdown.activations
        for length in (4096, 8192)
    ]
    assert sizes[1] > 2.5 * sizes[0]


@pytest.mark.parametrize("log", [each for each in logs() if each.seconds], ids=lambda it: it.model)
def test_the_time_of_a_public_log_lies_in_the_interval(log: Log):
    assert log.seconds
    assert log.gpu
    found = mlx_step_seconds(log.shape, log.training, log.tokens, log.gpu)
    print(f"{log.model}: {found}, the log {log.seconds:.2f} s")
    assert found.low <= log.seconds <= found.high


def test_the_guides_eight_hundred_iterations_take_four_to_six_hours():
    """Gemma 3 12B in 8 bits, 16 layers, batch 1 on an M3 Max; rows of unknown length."""
    gemma = shape("mlx-community/gemma-3-12b-it-8bit")
    training = MlxTraining(batch=1, packing=Packing(8), length=4096)
    found = mlx_duration(
        gemma, training, gpu("M3 Max"), MlxWorkload(exactly(800), Interval(1000, 2000, 4000))
    )
    print(found.hours)
    assert found.hours.low <= 6
    assert found.hours.high >= 4


def test_hours_double_with_iterations():
    once, twice = (
        mlx_duration(
            LLAMA, PLAIN, gpu("M2"), MlxWorkload(exactly(count), exactly(500))
        ).training.likely
        for count in (4000, 8000)
    )
    assert twice == pytest.approx(2 * once, rel=0.02)
