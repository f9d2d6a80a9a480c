"""How long a training takes, and what that costs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunesmith.estimate.compute import Interval, step_seconds
from tunesmith.estimate.memory import trained_bytes
from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.training import Training
from tunesmith.estimate.writing import LONGEST, PROMPT, Writing, writing_seconds
from tunesmith.knowledge.hardware import Accelerator, Machine
from tunesmith.named_tuple import NamedTuple

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
AGAIN = 0.25
"""Part of a batch's time that one pass without a gradient takes."""
MODEL_BYTES = 2
"""Bytes a weight of the files on the Hub, in bfloat16."""


class Workload(NamedTuple):
    """How much is trained.

    Attributes:
        examples: rows of the data set.
        tokens: of an example; the mean, before it is cut to the longest length.
        epochs: passes over the data set.
        accumulation: batches that make a step (`gradient_accumulation_steps`).
        is_packed: whether sequences are filled up with further examples.
        max_steps: ends the training sooner, or trains longer; -1 where it does not decide.
        sizes: the likely tokens of some examples, the shortest first, where they are known.
        writing: how the model writes what it learns from; None where that is in the data set.
    """

    examples: Interval
    tokens: Interval
    epochs: float = 3.0
    accumulation: int = 1
    is_packed: bool = False
    max_steps: int = -1
    sizes: Sequence[float] = ()
    writing: Writing | None = None

    def cut(self, length: int, view: int) -> list[float]:
        """The tokens of some examples in a view, the shortest first, cut to a length."""
        if not self.sizes:
            return [min(self.tokens[view], length)]
        factor = self.tokens[view] * len(self.sizes) / max(1.0, sum(self.sizes))
        return [min(size * factor, length) for size in self.sizes]


class Duration(NamedTuple):
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
    steps = math.ceil(_batches(training, workload, _LIKELY) / workload.accumulation)
    seconds = Interval(
        *(_training_seconds(shape, training, gpu, workload, view) for view in range(3))
    )
    return Duration(steps, start.times(1 / 3600), seconds.times(1 / 3600))


def _training_seconds(
    shape: ModelShape, training: Training, gpu: Accelerator, workload: Workload, view: int
) -> float:
    """By the hopeful (0), the likely (1) or the cautious (2) view of everything."""
    if workload.writing:
        return _written_seconds(shape, training, gpu, workload, workload.writing, view)
    sizes = workload.cut(training.length, view)
    length = training.length if workload.is_packed else _longest(sizes, training.rows)
    batch = training._replace(length=max(1, round(length)))
    batches = _batches(training, workload, view)
    return batches * _batch_seconds(shape, batch, gpu, workload, view)


def _batch_seconds(
    shape: ModelShape, batch: Training, gpu: Accelerator, workload: Workload, view: int
) -> float:
    """Of one batch, with its part of the optimizer's step."""
    shared = SHARED[2 - view] if _workers(batch) > 1 else 1
    update = OPTIMIZER_TRAFFIC * trained_bytes(shape, batch) / (gpu.bandwidth_gb_s * 1e9)
    return step_seconds(shape, batch, gpu)[view] / shared + update / workload.accumulation


def _written_seconds(
    shape: ModelShape,
    training: Training,
    gpu: Accelerator,
    workload: Workload,
    writing: Writing,
    view: int,
) -> float:
    """The same where the model writes what it learns from (GRPO)."""
    completion = max(1, round(training.completion * LONGEST[view]))
    prompt = max(1, round((training.length - training.completion) * PROMPT[view]))
    batch = training._replace(length=prompt + completion, completion=completion)
    turns = 1 if writing.at_once else writing.turns_of(training, workload.accumulation)
    sequences = writing.at_once or turns * training.batch
    written = writing_seconds(shape, batch, gpu, sequences, writing, view)
    learnt = _batch_seconds(shape, batch, gpu, workload, view)
    if writing.engine == "vllm":
        # what it says is asked again, as vLLM works out other shares (`_get_per_token_logps`)
        written += turns * learnt * AGAIN
    return _batches(training, workload, view) * (learnt + written / (turns * writing.iterations))


def _workers(training: Training) -> int:
    """GPUs that work at the same time: those that hold some of the layers each take turns."""
    return 1 if training.sharding == "device_map" else training.gpus


_LIKELY = 1


def _longest(sizes: Sequence[float], batch: int) -> float:
    """Tokens that a batch of examples is filled up to: the longest of them, in the mean."""
    count = len(sizes)
    return sum(
        size * (((at + 1) / count) ** batch - (at / count) ** batch)
        for at, size in enumerate(sizes)
    )


def _batches(training: Training, workload: Workload, view: int) -> float:
    """Forward passes of each GPU."""
    if workload.max_steps > 0:
        return workload.max_steps * workload.accumulation
    sizes = workload.cut(training.length, view)
    share = sum(sizes) / len(sizes) / training.length if workload.is_packed else 1
    sequences = workload.examples[view] * share
    if workload.writing:
        sequences *= workload.writing.generations * workload.writing.iterations
    return max(1.0, sequences * workload.epochs / (training.batch * _workers(training)))
