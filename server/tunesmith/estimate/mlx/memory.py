"""How much memory a step of `mlx_lm.lora` takes, and what for.

Only the last `layers` layers keep anything for the way back: no gradient goes below them. Read from
MLX-LM 0.32.2 (tuner/trainer.py, tuner/lora.py) and MLX 0.32:

- adapters are float32 and multiply their inputs in float32: each input of an adapted layer is kept
  as a copy of 4 bytes a number;
- on Metal, attention is not fused while training (scaled_dot_product_attention.cpp: "It's faster
  for training on Metal to use the unfused SDPA"): each layer keeps heads x length x length scores;
- norms and rotary positions are kernels that keep their inputs alone;
- a layer that is computed anew has what it keeps and what its gradient takes twice at the peak, as
  steps that MLX measured show (tests/estimate/mlx.json).

All figures are bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tunesmith.estimate.fit import GUESSED_ERROR, Need
from tunesmith.estimate.memory import Breakdown, Moment, Peak
from tunesmith.estimate.mlx.training import MlxTraining
from tunesmith.estimate.shape import Linear, ModelShape
from tunesmith.named_tuple import NamedTuple

HALF, FLOAT = 2, 4
"""Bytes of a number of the model, and of its adapters."""
ALIGNMENT = 32
"""Sequences are padded to a multiple of this (`iterate_batches`)."""
GATED, GELU_GATED = 4, 8
"""Arrays as wide as the MLP that its gate keeps for the way back: SiLU's, and Gemma's GELU."""
SCORES_BACK = 2
"""Arrays as large as attention's scores while their gradient is worked out."""
LOGITS = {"fused": 3, "plain": 5 * HALF, "float32": HALF + 4 * FLOAT}
"""Bytes of a logit at the peak: of all arrays that hold as many numbers. The kernel writes the
gradient over the logits where it can."""
STATES = {"adam": 2, "adamw": 2, "muon": 1, "sgd": 1, "adafactor": 0}
"""Numbers that an optimizer keeps for each that is trained (of `sgd` the momentum, unless it has
none; of `adafactor` a row and a column)."""
RUN_AHEAD = (0, 200_000_000, 550_000_000)
"""Bytes that wait for their command buffer to end: least, usual, most. MLX works ahead by up to 10
buffers of 40 to 50 MB (transforms.cpp: MAX_ACTIVE_TASKS; metal/device.cpp: max_mb_per_buffer)."""
ERROR = 0.12
"""How far the estimate is off at most, as a part of it; see docs/accuracy.md for what was held
against it."""


class _Layer(NamedTuple):
    """What one trained layer takes.

    Attributes:
        kept: for the way back.
        back: besides, while its gradient is worked out.
        checkpoint: kept in place of `kept` where the layer is computed anew.
    """

    kept: int
    back: int
    checkpoint: int


def mlx_need(shape: ModelShape, training: MlxTraining, *, is_certain: bool = True) -> Need:
    """What a step takes of a Mac's memory, as "Peak mem" of `mlx_lm.lora` shows it.

    Args:
        shape: the model.
        training: how it is trained.
        is_certain: whether the shape is the model's own, not guessed from its name or approximated.
    """
    found = mlx_peak(shape, training)
    error = ERROR if is_certain else GUESSED_ERROR
    least, usual, most = RUN_AHEAD
    return Need(
        found.breakdown._replace(overhead=usual),
        found.moment,
        int(found.total * (1 - error)) + least,
        int(found.total * (1 + error)) + most,
        is_certain,
    )


def mlx_peak(shape: ModelShape, training: MlxTraining) -> Peak:
    """The peak of one step, without what MLX allocates ahead of time."""
    return max(_moments(shape, training), key=lambda each: each.total)


def trained_layers(shape: ModelShape, training: MlxTraining) -> int:
    """How many of the last layers are trained."""
    return shape.layers if training.layers < 0 else min(training.layers, shape.layers)


def model_bytes(shape: ModelShape, training: MlxTraining) -> int:
    """The model as it lies in memory; a vision tower is not loaded."""
    # an approximated shape counts embeddings of each layer as `vision`
    extra = 0 if shape.vision_linears else shape.vision
    norms = shape.layers * shape.norms + shape.biases + shape.hidden
    matrices = shape.parameters - shape.vision + extra - norms
    return math.ceil(matrices * training.packing.bits_a_weight / 8) + norms * HALF


def trained_weights(shape: ModelShape, training: MlxTraining) -> int:
    """How many numbers are trained."""
    count = trained_layers(shape, training)
    if training.kind == "full":
        linears = sum(each.weights for each in shape.linears())
        return count * (linears + shape.norms + shape.expert_weights)
    targets = [*filter(lambda each: _is_adapted(each, training), shape.linears())]
    magnitudes = sum(each.outputs for each in targets) if training.kind == "dora" else 0
    each_layer = sum(training.rank * (it.inputs + it.outputs) for it in targets) + magnitudes
    return count * (each_layer + _expert_adapters(shape, training))


def _expert_adapters(shape: ModelShape, training: MlxTraining) -> int:
    """An adapter for each expert, and one for the router."""
    if not shape.experts or training.targets is not None:
        return 0
    each = 3 * training.rank * (shape.hidden + shape.expert_intermediate)
    return shape.experts * each + training.rank * (shape.hidden + shape.experts)


def _is_adapted(linear: Linear, training: MlxTraining) -> bool:
    return training.targets is None or linear.name in training.targets


def _moments(shape: ModelShape, training: MlxTraining) -> Iterator[Peak]:
    width = HALF if training.kind == "full" else FLOAT
    trained = trained_weights(shape, training) * width
    fixed = Breakdown(
        weights=model_bytes(shape, training),
        adapter=0 if training.kind == "full" else trained,
        optimizer=trained * STATES[training.optimizer],
        gradients=trained if training.accumulation > 1 else 0,
    )
    gradients = fixed.gradients + trained
    layer, count = _layer(shape, training), trained_layers(shape, training)
    all_kept = count * (layer.checkpoint if training.is_checkpointed else layer.kept)
    again = layer.kept + layer.back if training.is_checkpointed else 0
    rows = training.batch * padded(training.length)
    logits = rows * shape.vocabulary * LOGITS[training.loss]
    if shape.softcap or shape.family == "gemma2":
        logits *= 2  # bent by tanh, which keeps its own
    yield _at("loss", fixed, activations=all_kept, logits=logits)
    yield _at("backward", fixed, activations=all_kept + again + layer.back)
    last = layer.kept + layer.back
    yield _at("step", fixed._replace(gradients=gradients), activations=last)


def _at(moment: Moment, fixed: Breakdown, *, activations: int, logits: int = 0) -> Peak:
    return Peak(fixed._replace(activations=activations, logits=logits), moment)


def padded(length: int) -> int:
    """Tokens of a batch whose longest sequence has so many."""
    return -(-length // ALIGNMENT) * ALIGNMENT


def _layer(shape: ModelShape, training: MlxTraining) -> _Layer:
    length = padded(training.length)
    tokens = training.batch * length
    query, key = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    scores = shape.heads * length * HALF
    hidden = shape.hidden * HALF
    inner = (
        shape.chosen_experts * shape.expert_intermediate if shape.experts else (shape.intermediate)
    )
    kept = 2 * hidden + (query + 2 * key) * HALF + scores
    if shape.has_head_norms:
        kept += (query + key) * HALF
    if shape.is_gemma:
        kept += 2 * hidden
    gated = GELU_GATED if shape.is_gemma else GATED
    kept += gated * inner * HALF + _inputs(shape, training, inner)
    back = SCORES_BACK * scores + inner * (2 * HALF + FLOAT)
    return _Layer(tokens * kept, tokens * back, tokens * hidden)


def _inputs(shape: ModelShape, training: MlxTraining, inner: int) -> int:
    """Bytes a token that linear layers keep of their inputs, for the gradients of weights."""
    width = HALF if training.kind == "full" else FLOAT
    if training.has_dropout:
        width += 1
    groups: Sequence[tuple[set[str], int]] = (
        ({"q_proj", "k_proj", "v_proj", "qkv_proj"}, shape.hidden),
        ({"o_proj"}, shape.heads * shape.head_dim),
        ({"gate_proj", "up_proj", "gate_up_proj"}, shape.hidden),
        ({"down_proj"}, inner),
    )
    targets = training.targets
    wanted = (size for names, size in groups if targets is None or names & set(targets))
    return width * sum(wanted)
