"""How much GPU memory a training step takes, and what for.

The peak is looked for at the moments of a step where it can be: while the loss is computed and on
the way back from it, at the gradient of the last layer (all checkpoints are there) and of the first
(all gradients are there), and while the optimizer works. What a layer keeps comes from `decoder`,
what the loss takes from `loss`. All figures are bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from tunesmith.estimate.decoder import (
    FLOAT,
    INDEX,
    LayerMemory,
    layer_adapter_weights,
    layer_memory,
    mask_kinds,
    norm_memory,
    pass_memory,
    residual_width,
)
from tunesmith.estimate.loss import loss_memory
from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.sharding import seen, share, stored
from tunesmith.estimate.training import BYTES, Training
from tunesmith.named_tuple import NamedTuple

Moment = Literal["generation", "forward", "loss", "backward", "step"]
BLOCK, NESTED_BLOCK = 64, 256
"""Weights that share a scale in nf4, and scales that do where they are quantized as well."""
STATE_BLOCK, LEAST_STATE = 256, 4096
"""bitsandbytes' 8-bit optimizers: numbers that share a scale; smaller tensors stay float32."""


class Breakdown(NamedTuple):
    """Bytes at the peak, by what they are for. They add up to the peak.

    Attributes:
        weights: of the model, quantized or not, a model of reference and what passes through from
            other GPUs included.
        adapter: weights that LoRA adds, and modules that are trained whole.
        gradients: of what is trained.
        optimizer: its states and temporaries.
        activations: what layers keep, and the temporaries of their gradients.
        logits: scores of words, and copies of the output layer's weights.
        overhead: what no tensor accounts for: CUDA's context, fragmentation.
    """

    weights: int = 0
    adapter: int = 0
    gradients: int = 0
    optimizer: int = 0
    activations: int = 0
    logits: int = 0
    overhead: int = 0

    @property
    def total(self) -> int:
        return sum(self)


class Peak(NamedTuple):
    """The most that one GPU holds at once, and when."""

    breakdown: Breakdown
    moment: Moment

    @property
    def total(self) -> int:
        """Bytes."""
        return self.breakdown.total


def peak(shape: ModelShape, training: Training) -> Peak:
    """The peak of one step on one of the GPUs, overhead not counted."""
    if training.gpus > 1 and training.sharding == "device_map":
        shape = _part_of_layers(shape, training.gpus)
    step = _Step(shape, training)
    return max(step.moments(), key=lambda each: each.total)


def _part_of_layers(shape: ModelShape, gpus: int) -> ModelShape:
    """What one GPU holds; the embedding and the output layer, too much for all but one."""
    layers, sliding = (-(-it // gpus) for it in (shape.layers, shape.sliding_layers))
    return shape._replace(layers=layers, sliding_layers=min(sliding, layers))


class _Step:
    def __init__(self, shape: ModelShape, training: Training) -> None:
        kept, self.training = stored(training), seen(training)
        self.shape, self.rows = shape, training.rows
        self.trained = trained_bytes(shape, self.training)
        self.share = share(shape, training, self.trained)
        self.weights = weight_bytes(shape, kept) // self.share.weights
        self.adapter = adapter_bytes(shape, kept) // self.share.weights
        self.optimizer = optimizer_bytes(shape, kept) // self.share.trained
        self.temporary = step_bytes(shape, kept) // self.share.trained
        self.own_gradients = trained_bytes(shape, kept) // self.share.trained
        if self.share.masters:
            self.optimizer += master_bytes(shape, kept) // self.share.trained
            self.temporary += min(2 * self.own_gradients, self.share.float_gradients)
        self.passing = self.share.passing
        training = self.training
        self.width = residual_width(shape, training)
        self.hidden = self.rows * training.length * shape.hidden * self.width
        sliding = shape.sliding_layers
        kinds = [(True, sliding), (False, shape.layers - sliding)]
        self.layers = [
            (count, layer_memory(shape, training, self.rows, is_sliding))
            for is_sliding, count in kinds
            if count
        ]
        self.norm = norm_memory(shape, training, self.rows)
        self.loss = loss_memory(shape, training, self.rows)

    def moments(self) -> Iterator[Peak]:
        if self.training.generated:
            from tunesmith.estimate.generation import generation_memory  # GRPO's alone

            gathered = self.passing.generation
            for each in generation_memory(self.shape, self.training):
                yield self._at("generation", 0, each.activations, each.logits, gathered)
        loss, held, passing = self.loss, self.held() + self.shared(), self.passing
        gradients = self.trained if self.training.accumulates else 0
        last = self.norm.kept + (self.hidden if self.keeps_input else 0)
        yield self._at("forward", gradients, self.shared(), passing=passing.start)
        yield self._at(
            "loss",
            gradients=gradients,
            activations=held + last + loss.hidden,
            logits=loss.logits + self.cached(),
            passing=passing.loss,
        )
        yield from self._reference(gradients, held + last)
        yield self._at(
            "loss",
            gradients=gradients,
            activations=held + last + loss.hidden_back,
            logits=loss.logits_back,
            passing=passing.loss_back,
            whole=loss.gradients_back,
        )
        yield self._at(
            "backward",
            gradients=gradients,
            activations=held + self.norm.way_back,
            passing=passing.loss_back,
            whole=loss.gradients,
        )
        gradients += self.norm.gradients + (0 if self.share.has_tied_waiting else loss.gradients)
        for _, layer in self.layers:
            yield from self._last_layer(gradients, layer, held)
        yield from self._ends(gradients)

    def _reference(self, gradients: int, held: int) -> Iterator[Peak]:
        """What the model of reference says, between the loss of the policy and its gradient."""
        shape, training, loss, passing = self.shape, self.training, self.loss, self.passing
        if not training.asks_reference or training.method == "grpo":
            return
        # autocast's copies live until its pass is over, as its weights ask for gradients
        is_cast = training.has_reference and training.autocast and self.width == FLOAT
        copies = shape.linear_weights * BYTES[training.autocast or "float32"] if is_cast else 0
        held += loss.kept
        passed = held + pass_memory(shape, training, self.rows) + copies
        yield self._at("forward", gradients, passed, passing=passing.layer)
        said = held + loss.hidden
        yield self._at("loss", gradients, said, loss.logits + copies, passing.loss)

    def _last_layer(self, gradients: int, layer: LayerMemory, held: int) -> Iterator[Peak]:
        passing = self.passing
        if self.training.is_checkpointed:
            again = held + self.hidden + layer.way_there
            yield self._at("backward", gradients, again, passing=passing.last)
        else:
            held -= layer.kept
            yield self._at("forward", gradients, held + layer.way_there, passing=passing.layer)
        yield self._backward(gradients, layer, held + layer.way_back, passing.last)

    def _ends(self, gradients: int) -> Iterator[Peak]:
        """The first layer's gradient, that of the embedding, and the optimizer."""
        _, first = self.layers[0]
        embedding = self._embedding_gradient()
        behind = 0 if self.training.accumulates else self.trained - embedding
        is_waiting = self.shape.is_tied and not self.share.has_tied_waiting
        if is_waiting and behind:
            behind += self.loss.gradients
        before = max(gradients, behind - first.gradients)
        way_back = self.shared() + self.hidden + first.way_back
        yield self._backward(before, first, way_back, self.passing.first)
        if embedding:
            # a tied output layer's gradient has waited for this one, or it joins an earlier one
            is_waiting = is_waiting and self.training.method != "reward"
            earlier = self.trained if self.training.accumulates else self.trained - embedding
            yield self._at(
                "backward",
                gradients=earlier + is_waiting * embedding,
                activations=self.shared() + self.hidden * (2 if self.shape.is_gemma else 1),
                passing=self.passing.embedding,
                whole=embedding,
            )
        yield self._update()

    def _backward(self, gradients: int, layer: LayerMemory, activations: int, passing: int) -> Peak:
        own = layer.gradients
        return self._at("backward", gradients, activations - own, passing=passing, whole=own)

    def _at(
        self,
        moment: Moment,
        gradients: int = 0,
        activations: int = 0,
        logits: int = 0,
        passing: int = 0,
        whole: int = 0,
    ) -> Peak:
        """What is held at a moment.

        Args:
            moment: of the step.
            gradients: of earlier layers or batches, as they were computed.
            activations: see `Breakdown`.
            logits: see `Breakdown`.
            passing: weights of other GPUs and gradients for them.
            whole: gradients that no other GPU has its part of yet.
        """
        share = self.share
        kept = gradients * share.widening // share.gradients + whole + share.always
        weights = self.weights + passing
        return Peak(
            Breakdown(weights, self.adapter, kept, self.optimizer, activations, logits), moment
        )

    def _update(self) -> Peak:
        """While the optimizer works on this GPU's part."""
        gradients = self.own_gradients + self.share.always
        optimizer = self.optimizer + self.temporary
        return Peak(Breakdown(self.weights, self.adapter, gradients, optimizer), "step")

    @property
    def keeps_input(self) -> bool:
        """Whether norms keep the residual stream itself, as it is float32 already."""
        return self.width == FLOAT

    def held(self) -> int:
        """What all layers keep from forward to backward."""
        if self.training.is_checkpointed:
            leaked = sum(count * layer.leaked for count, layer in self.layers)
            return self.shape.layers * self.hidden + leaked
        own = self.hidden if self.keeps_input else 0
        return sum(count * (layer.kept + own) for count, layer in self.layers)

    def shared(self) -> int:
        """Positions, token ids and masks, which all layers use."""
        shape, training = self.shape, self.training
        loaded = BYTES[training.load_dtype]
        kinds = 2 if shape.sliding_layers and shape.is_gemma else 1
        positions = 2 * kinds * training.length * shape.head_dim * loaded
        masks = mask_kinds(shape, training)
        ids = (self.rows + 1) * training.length * INDEX
        return positions + ids + masks * self.rows * training.length**2

    def cached(self) -> int:
        """Autocast's copies of float32 weights that are trained, which live through forward."""
        training = self.training
        if not training.autocast or not training.is_checkpointed:
            return 0
        width = BYTES[training.autocast]
        if training.adapter is None:
            is_cast = BYTES[training.load_dtype] == FLOAT
            return self.shape.linear_weights * width if is_cast else 0
        if BYTES[training.adapter.dtype] == width:
            return 0
        return self.shape.layers * layer_adapter_weights(self.shape, training) * width

    def _embedding_gradient(self) -> int:
        adapter = self.training.adapter
        if adapter is None:
            return self.shape.embedding * BYTES[self.training.load_dtype]
        return 0


def weight_bytes(shape: ModelShape, training: Training) -> int:
    """Bytes of the model's weights, twice where a copy of it is the reference (DPO, KTO, GRPO).

    A linear layer in nf4 takes half a byte a weight and a float32 scale for 64 of them; with double
    quantization the scale takes one byte and a float32 for 256 scales (QLoRA, arXiv 2305.14314,
    section 3). int8 takes one byte and a float32 for each row.
    """
    linear = shape.linear_weights + shape.vision_linears
    loaded = BYTES[training.load_dtype]
    others = shape.other_weights - shape.vision_linears - _no_head(shape, training)
    others *= loaded
    norms = shape.layers * shape.norms + shape.hidden
    others += norms * (BYTES[training.norm_dtype or training.load_dtype] - loaded)
    if training.quantization is None:
        own = linear * loaded + others
    elif training.quantization == "int8":
        rows = shape.layers * sum(each.outputs for each in shape.linears())
        own = linear + rows * FLOAT + others
    else:
        scales = linear // BLOCK
        nested = scales + scales // NESTED_BLOCK * FLOAT
        own = linear // 2 + (nested if training.is_double_quantized else scales * FLOAT) + others
    return 2 * own if training.has_reference else own


def _no_head(shape: ModelShape, training: Training) -> int:
    """Weights that a reward model lacks: it has one score instead of one for each word."""
    return shape.embedding if training.method == "reward" and not shape.is_tied else 0


def adapter_bytes(shape: ModelShape, training: Training) -> int:
    """Bytes of the adapter and of modules that are trained whole beside the model's own."""
    adapter = training.adapter
    if adapter is None:
        return 0
    own = shape.layers * layer_adapter_weights(shape, training) * BYTES[adapter.dtype]
    copies = len(adapter.modules_to_save) * shape.embedding * BYTES[training.load_dtype]
    return own + copies


def trained_bytes(shape: ModelShape, training: Training) -> int:
    """Bytes of the gradients of everything that is trained; what sees images is not, on text."""
    if training.adapter:
        return adapter_bytes(shape, training)
    trained = shape.parameters - shape.vision - _no_head(shape, training)
    return trained * BYTES[training.load_dtype]


def optimizer_bytes(shape: ModelShape, training: Training) -> int:
    """Bytes that the optimizer keeps between steps, on the GPU.

    AdamW keeps two numbers a weight in the weight's precision; in 8 bits one byte each and a
    float32 for 256, the embeddings' in float32 (transformers' Trainer asks for that); paged states
    may be in main memory. Adafactor keeps a row and a column of each matrix.
    """
    trained = trained_bytes(shape, training)
    if training.optimizer in ("adamw_torch", "adamw_torch_fused"):
        return 2 * trained
    if training.optimizer != "adamw_8bit":
        return 0
    width = BYTES[training.adapter.dtype if training.adapter else training.load_dtype]
    count = trained // width
    whole = 0 if training.adapter else shape.embedding
    return 2 * (whole * FLOAT + (count - whole) + math.ceil((count - whole) / STATE_BLOCK) * FLOAT)


def master_bytes(shape: ModelShape, training: Training) -> int:
    """Bytes that DeepSpeed adds: a float32 copy of what is trained, and states as wide as that."""
    width = BYTES[training.adapter.dtype if training.adapter else training.load_dtype]
    if width == FLOAT:
        return 0
    copies = FLOAT * trained_bytes(shape, training) // width
    is_whole = training.optimizer in ("adamw_torch", "adamw_torch_fused")
    return copies + (2 * copies - optimizer_bytes(shape, training) if is_whole else 0)


def step_bytes(shape: ModelShape, training: Training) -> int:
    """Bytes of the temporaries of the optimizer's step."""
    if training.optimizer == "adamw_torch":
        # the roots of all second moments at once ("foreach")
        return trained_bytes(shape, training)
    if training.optimizer != "adafactor":
        return 0
    adapter = training.adapter
    width = BYTES[adapter.dtype if adapter else training.load_dtype]
    largest = shape.embedding if adapter is None else layer_adapter_weights(shape, training)
    # one weight at a time: its gradient and itself in float32, the update and its square
    return largest * FLOAT * (2 if width == FLOAT else 4)
