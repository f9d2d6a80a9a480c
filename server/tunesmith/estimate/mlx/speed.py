"""How long `mlx_lm.lora` takes on a Mac.

All layers are computed forward, and only the trained ones back; the rest is as in `compute`. Each
batch is as long as its own sequences, which are sorted by length and padded to a multiple of 32.
"""

from __future__ import annotations

from tunesmith.estimate.compute import Interval
from tunesmith.estimate.duration import Duration
from tunesmith.estimate.mlx.memory import ALIGNMENT, trained_layers
from tunesmith.estimate.mlx.training import MlxTraining
from tunesmith.estimate.shape import ModelShape
from tunesmith.knowledge.hardware import Accelerator
from tunesmith.named_tuple import NamedTuple

SHARES = Interval(0.3, 0.48, 0.68)
"""Share of the GPU's peak that a training reaches; seen in the logs of tests/estimate/mlx.json."""
QUANTIZED_SHARES = Interval(0.14, 0.25, 0.42)
"""The same where weights are unpacked for every use."""
LAYER_S = Interval(1e-3, 2e-3, 4e-3)
"""Least seconds of a layer, there and back, however short the sequences are."""
START_S = Interval(10, 40, 150)
"""Seconds until the first step: Python, the model from the disk, rows through the tokenizer.
Assumed; a download of the model is not counted."""
EVALUATIONS, EVALUATED = 200, 25
"""Steps between two evaluations and batches of each (`--steps-per-eval`, `--val-batches`)."""
FORWARD = 0.5
"""Time of a batch that is only evaluated, as a part of one that is trained on."""


class MlxWorkload(NamedTuple):
    """How much is trained.

    Attributes:
        iterations: batches; an interval where the rows are not all counted.
        tokens: of an example in the mean; an interval where it is guessed.
    """

    iterations: Interval
    tokens: Interval


def mlx_flops(shape: ModelShape, training: MlxTraining, length: float) -> float:
    """Floating-point operations of one step with sequences of `length` tokens."""
    count, again = trained_layers(shape, training), int(training.is_checkpointed)
    experts = shape.chosen_experts * 3 * shape.hidden * shape.expert_intermediate
    layer = sum(each.weights for each in shape.linears()) + experts + shape.router_weights
    passes = shape.layers + count * (1 + again + (training.kind == "full"))
    attention = 4 * length * shape.heads * shape.head_dim
    scores = attention * (shape.layers + count * (2 + again))
    return training.batch * length * (2 * layer * passes + scores + 4 * shape.embedding)


def mlx_step_seconds(
    shape: ModelShape, training: MlxTraining, length: float, gpu: Accelerator
) -> Interval:
    """Seconds of one step with sequences of `length` tokens."""
    shares = QUANTIZED_SHARES if training.packing.is_quantized else SHARES
    work = mlx_flops(shape, training, length) / (gpu.tflops * 1e12)
    fast, likely, slow = (
        max(work / share, shape.layers * least)
        for share, least in zip(reversed(shares), LAYER_S, strict=True)
    )
    return Interval(fast, likely, slow)


def mlx_duration(
    shape: ModelShape, training: MlxTraining, gpu: Accelerator, workload: MlxWorkload
) -> Duration:
    """How long a training takes on a Mac."""
    lengths = [min(each, training.length) + ALIGNMENT / 2 for each in workload.tokens]
    seconds = Interval(
        *(
            _batches(workload.iterations[view])
            * mlx_step_seconds(shape, training, lengths[view], gpu)[view]
            for view in range(3)
        )
    )
    steps = max(1, round(workload.iterations.likely / training.accumulation))
    return Duration(steps, START_S.times(1 / 3600), seconds.times(1 / 3600))


def _batches(iterations: float) -> float:
    """Those that are evaluated included, as parts."""
    evaluations = iterations // EVALUATIONS + 2
    return iterations + evaluations * EVALUATED * FORWARD
