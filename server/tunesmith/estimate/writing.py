"""How long a model takes to write the completions that GRPO learns from.

A token of every sequence at a time: the weights and all keys and values so far are read for it, and
the program launches its kernels (transformers), or schedules what comes next (vLLM). Nobody goes on
before the longest completion of a batch is done.
"""

from __future__ import annotations

from typing import Literal

from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.training import BYTES, Training
from tunesmith.knowledge.hardware import Accelerator
from tunesmith.named_tuple import NamedTuple

Engine = Literal["transformers", "vllm"]
LONGEST = (0.3, 0.8, 1.0)
"""The longest completion of a batch, as a part of `max_completion_length`: nobody knows how long
answers are before they are written, but in a batch of some there is mostly a long one."""
PROMPT = (0.2, 0.5, 1.0)
"""Tokens of a prompt as a part of the longest, a guess."""
SCORES = 40
"""Bytes that sampling reads and writes for each word: scores in float32, made shares, sorted."""
ADAPTED = 1.6
"""How much longer a layer's kernels take to launch with an adapter beside it."""


class Writing(NamedTuple):
    """How completions are written.

    Attributes:
        engine: what runs the model.
        generations: completions of each prompt (`num_generations`).
        iterations: how often each is learnt from (`num_iterations`).
        turns: batches that are written at once (`steps_per_generation`); 0: those of one step.
        whole: completions that all GPUs write at once (`generation_batch_size`); 0: by `turns`.
        at_once: completions that one engine writes for each batch, where it is a server's; 0: each
            GPU writes its own.
    """

    engine: Engine = "transformers"
    generations: int = 8
    iterations: int = 1
    turns: int = 0
    whole: int = 0
    at_once: int = 0

    def turns_of(self, training: Training, accumulation: int) -> int:
        """Batches of one GPU that are written at once."""
        if self.whole:
            return max(1, self.whole // (training.batch * training.gpus))
        return self.turns or accumulation


class Pace(NamedTuple):
    """What writing reaches.

    Attributes:
        layer_s: seconds to launch the kernels of a layer for one token, with transformers.
        token_s: seconds of vLLM for one token besides what the GPU does.
        start_s: seconds to hand vLLM the new weights.
        bandwidth: part of the memory's bandwidth.
        arithmetic: part of the GPU's peak.
    """

    layer_s: float
    token_s: float
    start_s: float
    bandwidth: float
    arithmetic: float


PACES = (
    Pace(0.5e-3, 4e-3, 0.3, 0.85, 0.5),
    Pace(1.3e-3, 10e-3, 1.0, 0.6, 0.35),
    Pace(2.2e-3, 22e-3, 4.0, 0.35, 0.15),
)
"""A hopeful, a likely and a cautious view. 15 published figures (tests/estimate/grpo_runs.json) are
within the interval, and off from the likely one by a factor of 2.5 at most."""


def writing_seconds(
    shape: ModelShape,
    training: Training,
    gpu: Accelerator,
    sequences: int,
    writing: Writing,
    view: int,
) -> float:
    """Seconds until all sequences of one GPU are written.

    Args:
        shape: the model.
        training: how it is trained; its `length` and `completion` are those of what is written.
        gpu: the kind of GPU.
        sequences: completions that one GPU writes at once.
        writing: how.
        view: the hopeful (0), the likely (1) or the cautious (2) one.
    """
    pace = PACES[view]
    bandwidth = gpu.bandwidth_gb_s * 1e9 * pace.bandwidth
    arithmetic = gpu.tflops * 1e12 * pace.arithmetic
    cache = 2 * shape.layers * shape.kv_heads * shape.head_dim * 2  # bytes a token
    prompt = training.length - training.completion
    mean = prompt + training.completion / 2
    met = 2 * _met_weights(shape)
    moved = _weight_traffic(shape, training, writing) + sequences * shape.vocabulary * SCORES
    worked = (moved + sequences * mean * cache) / bandwidth + sequences * met / arithmetic
    reading = sequences * prompt * met / arithmetic
    if writing.engine == "vllm":
        room = gpu.usable_vram_gib * 2**30 * training.engine_share - 2 * shape.parameters
        waves = max(1.0, sequences * training.length * cache / max(room, 1e9))
        token = worked / waves + pace.token_s
        return pace.start_s + reading + waves * training.completion * token
    launches = shape.layers * pace.layer_s * (ADAPTED if training.adapter else 1)
    return reading + training.completion * max(launches, worked)


def _met_weights(shape: ModelShape) -> int:
    """Weights that one token meets."""
    chosen = shape.chosen_experts * 3 * shape.hidden * shape.expert_intermediate
    return shape.linear_weights + shape.layers * chosen + shape.embedding


def _weight_traffic(shape: ModelShape, training: Training, writing: Writing) -> float:
    """Bytes that move for the weights of one token; those of vLLM are 16 bits wide.

    Mixed precision makes 16 bits of 32 for every token, as nothing keeps them without a gradient;
    quantized weights are unpacked for every token as well.
    """
    if writing.engine == "vllm":
        return 2 * shape.parameters
    if training.quantization:
        packed = 0.5 if training.quantization == "nf4" else 1
        unpacked = packed + 2 * BYTES[training.compute_dtype]
        return shape.linear_weights * unpacked + 2 * shape.other_weights
    width = BYTES[training.load_dtype]
    is_cast = training.autocast is not None and width == 4 and training.adapter is None
    return shape.parameters * (width + (4 if is_cast else 0))
