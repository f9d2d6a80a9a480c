"""Published trainings with GRPO, and what the estimate says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tunesmith.estimate.compute import Interval
from tunesmith.estimate.data import exactly
from tunesmith.estimate.duration import Workload, duration
from tunesmith.estimate.shape import shape_of
from tunesmith.estimate.training import training_of
from tunesmith.estimate.writing import Writing
from tunesmith.knowledge.hardware import Accelerator

PUBLISHED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "grpo_runs.json").read_text("utf-8")
)
RUNS: list[dict[str, Any]] = PUBLISHED["runs"]
GPUS = {
    "T4": Accelerator("T4", 16, 14.6, (7, 5), 65, 320),
    "A100": Accelerator("A100", 80, 79.0, (8, 0), 312, 2039),
    "H100": Accelerator("H100", 80, 79.0, (9, 0), 989, 3350),
}


def step_seconds(run: dict[str, Any]) -> Interval:
    """The estimate of one step of the optimizer, with what is written for it."""
    training = training_of({"method": "grpo", "has_padding": True, **run["training"]})
    training = training._replace(length=run["prompt"] + training.completion)
    if run["engine"] == "vllm":
        training = training._replace(engine_share=0.9 if "at_once" in run else 0.3)
    steps = 1000
    workload = Workload(
        exactly(0),
        exactly(1),
        accumulation=run["accumulation"],
        max_steps=steps,
        writing=Writing(run["engine"], at_once=run.get("at_once", 0)),
    )
    shape = shape_of(PUBLISHED["models"][run["model"]])
    lasts = duration(shape, training, GPUS[run["gpu"]], workload)
    return lasts.training.times(3600 / steps)
