"""A training with other values than its script gives it, as sliders and tables ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tunesmith.estimate import releases
from tunesmith.estimate.script import ScriptTraining
from tunesmith.estimate.training import Training

Bits = Literal["none", "int8", "nf4"]
"""How a model is quantized, or that it is not."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Values in place of the script's; None for those that stay.

    Attributes:
        length: tokens of the longest sequence.
        batch: sequences per step on one GPU.
        rank: of the adapter; means nothing where there is none.
        quantization: of the model.
        accumulation: batches that make a step.
        is_checkpointed: whether activations are computed again on the way back.
        is_half: whether weights are held in bfloat16 instead of float32.
    """

    length: int | None = None
    batch: int | None = None
    rank: int | None = None
    quantization: Bits | None = None
    accumulation: int | None = None
    is_checkpointed: bool | None = None
    is_half: bool = False


def values_of(training: Training) -> Changes:
    """The values that a training has."""
    rank = training.adapter.rank if training.adapter else None
    return Changes(training.length, training.batch, rank, training.quantization or "none")


def changed(training: ScriptTraining, changes: Changes) -> ScriptTraining:
    """The training as it would be; its trainer and what was assumed stay."""
    step = training.training
    if changes.quantization not in (None, step.quantization or "none"):
        step = _quantized(step, training, changes.quantization)
    if changes.is_half:
        step = step._replace(load_dtype="bfloat16")
    adapter = step.adapter
    if adapter and changes.rank:
        adapter = adapter._replace(rank=changes.rank)
    accumulation = changes.accumulation or training.accumulation
    length, batch = changes.length or step.length, changes.batch or step.batch
    # a step's completions are written at once
    before = step.batch * training.accumulation
    step = step._replace(
        length=length,
        batch=batch,
        completion=min(step.completion, length),
        generated=step.generated * batch * accumulation // before,
        adapter=adapter,
        accumulates=accumulation > 1,
        is_checkpointed=step.is_checkpointed
        if changes.is_checkpointed is None
        else changes.is_checkpointed,
    )
    return training._replace(training=step, accumulation=accumulation)


def _quantized(step: Training, training: ScriptTraining, wanted: Bits | None) -> Training:
    """With another quantization, computed in bfloat16, as users write it along."""
    release = training.versions["trl"] or releases.NEWEST
    is_quantized = wanted != "none"
    adapter = step.adapter
    if adapter:
        adapter = adapter._replace(dtype=releases.adapter_dtype(release, is_quantized=is_quantized))
    return step._replace(
        quantization=None if wanted in (None, "none") else wanted,
        norm_dtype=releases.norm_dtype(release, is_quantized=is_quantized),
        compute_dtype="bfloat16",
        adapter=adapter,
    )
