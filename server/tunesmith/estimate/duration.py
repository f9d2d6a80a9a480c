"""How long a training takes, and what that costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from tunesmith.estimate.compute import Interval, step_seconds
from tunesmith.estimate.memory import trained_bytes
from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.training import Training
from tunesmith.knowledge.hardware import Accelerator, Machine

START_S = Interval(60, 180, 480)
"""Seconds until a job's script runs: a machine, its image, and torch with all that it needs (about
3 GB) from a package index. A guess, to be replaced by what the user's own jobs took."""
DOWNLOAD_BYTES_S = Interval(100e6, 300e6, 1000e6)
"""From the Hub with hf-xet. The same holds."""
SHARED = Interval(0.6, 0.85, 0.97)
"""Part of several GPUs' speed that is left when they wait for each other: from LLM Foundry's
benchmarks of 8 to 64 GPUs, and PCIe instead of NVLink at the low end."""
OPTIMIZER_TRAFFIC = 7
"""How often an optimizer reads or writes something as large as what is trained: the gradient once,
the weights and two states in both directions."""
MODEL_BYTES = 2
"""Bytes a weight of the files on the Hub, in bfloat16."""


@dataclass(frozen=True, slots=True)
class Workload:
    """How much is trained.

    Attributes:
        examples: rows of the data set.
        tokens: of an example; the mean, as an interval where it is guessed.
        epochs: passes over the data set.
        accumulation: batches that make a step (`gradient_accumulation_steps`).
        is_packed: whether sequences are filled up with further examples.
        max_steps: ends the training sooner, or trains longer; -1 where it does not decide.
    """

    examples: int
    tokens: Interval
    epochs: float = 3.0
    accumulation: int = 1
    is_packed: bool = False
    max_steps: int = -1


@dataclass(frozen=True, slots=True)
class Duration:
    """Hours of a job, of which `start` pass before the first step.

    Attributes:
        steps: of the optimizer, by the likely number of tokens.
        start: hours.
        training: hours.
    """

    steps: int
    start: Interval
    training: Interval

    @property
    def hours(self) -> Interval:
        """Of the whole job."""
        return self.start.plus(self.training)

    def dollars(self, machine: Machine) -> Interval:
        """What the job costs: billed is the time that it runs."""
        price = machine.usd_per_hour
        low, high = machine.usd_range or (price, price)
        hours = self.hours
        return Interval(hours.low * low, hours.likely * price, hours.high * high)


def duration(
    shape: ModelShape, training: Training, gpu: Accelerator, workload: Workload
) -> Duration:
    """How long a training takes on `training.gpus` GPUs of a kind."""
    files = shape.parameters * MODEL_BYTES
    start = START_S.plus(Interval(*(files / each for each in reversed(DOWNLOAD_BYTES_S))))
    steps = math.ceil(_batches(training, workload, workload.tokens.likely) / workload.accumulation)
    seconds = Interval(
        *(_training_seconds(shape, training, gpu, workload, view) for view in range(3))
    )
    return Duration(steps, start.times(1 / 3600), seconds.times(1 / 3600))


def _training_seconds(
    shape: ModelShape, training: Training, gpu: Accelerator, workload: Workload, view: int
) -> float:
    """By the hopeful (0), the likely (1) or the cautious (2) view of everything."""
    tokens = workload.tokens[view]
    length = training.length if workload.is_packed else min(tokens, training.length)
    batch = replace(training, length=max(1, round(length)))
    batches = _batches(training, workload, tokens)
    shared = SHARED[2 - view] if _workers(training) > 1 else 1
    update = OPTIMIZER_TRAFFIC * trained_bytes(shape, training) / (gpu.bandwidth_gb_s * 1e9)
    return batches * (
        step_seconds(shape, batch, gpu)[view] / shared + update / workload.accumulation
    )


def _workers(training: Training) -> int:
    """GPUs that work at the same time: those that hold some of the layers each take turns."""
    return 1 if training.sharding == "device_map" else training.gpus


def _batches(training: Training, workload: Workload, tokens: float) -> float:
    """Forward passes of each GPU."""
    if workload.max_steps > 0:
        return workload.max_steps * workload.accumulation
    used = min(tokens, training.length)
    sequences = workload.examples * (used / training.length if workload.is_packed else 1)
    return max(1.0, sequences * workload.epochs / (training.batch * _workers(training)))
