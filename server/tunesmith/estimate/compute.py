"""How much a training step computes, and how long a GPU takes for it.

A step takes as long as its matrix products and all that moves numbers between them, or as the
program takes to launch its kernels (short sequences of small models). Quantized weights are
unpacked anew for every use.
"""

from __future__ import annotations

from tunesmith.estimate.decoder import adapter_weights
from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.training import BYTES, Training
from tunesmith.knowledge.hardware import Accelerator
from tunesmith.named_tuple import NamedTuple

ATTENTION_BACK = 2.5
"""Arithmetic of attention's gradient over that of attention: FlashAttention-2 (arXiv 2307.08691,
section 4.1) computes five products instead of two."""


class Speed(NamedTuple):
    """What a training with transformers reaches of a GPU's data sheet.

    Attributes:
        arithmetic: share of the peak that matrix products reach.
        moved: bytes that a layer's other operations read and write for each number of the hidden
            state, there and back.
        layer_s: seconds to launch the kernels of a layer, there and back.
        unpacking: share of the memory's bandwidth while quantized weights are unpacked.
    """

    arithmetic: float
    moved: float
    layer_s: float
    unpacking: float


SPEEDS = (
    Speed(0.3, 2400, 9e-3, 0.12),
    Speed(0.6, 1000, 5.5e-3, 0.22),
    Speed(0.78, 300, 3e-3, 0.5),
)
"""A cautious, a likely and a hopeful view. The likely one is fitted to 42 measurements of Qwen's
authors on an A100 (LoRA and QLoRA, github.com/QwenLM/Qwen, "Profiling of Memory and Speed"), with a
mean error of 11 %; seven of eight measurements in tests/estimate/throughputs.json lie between the
others."""
HOPPER = 0.7
"""Part of these shares of arithmetic that newer GPUs reach, whose memory did not grow faster with
their peak: in LLM Foundry's benchmarks 55 % of the peak of an H100 where 75 % of an A100's. AMD's
MI300X, measured nowhere here, is taken to be like them."""


class Interval(NamedTuple):
    """A figure that is not known for sure: low <= likely <= high."""

    low: float
    likely: float
    high: float

    def plus(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def times(self, factor: float) -> Interval:
        return Interval(self.low * factor, self.likely * factor, self.high * factor)


def step_flops(shape: ModelShape, training: Training) -> float:
    """Floating-point operations of one forward and backward pass of a batch on one GPU.

    Every weight that a token meets costs two forward, two for the gradient of the activations, and
    two for its own gradient if it is trained (arXiv 2001.08361, section 2.1); attention costs
    4 x length x heads x head_dim a token and layer, half of it where tokens see only what is before
    them. With checkpointing the layers are computed twice.
    """
    recomputed = 2 if training.is_checkpointed else 1
    frozen, trained = _met_weights(shape, training)
    layers = 2 * (frozen + trained) * (recomputed + 1) + 2 * trained
    own = training.adapter is None or "lm_head" in training.adapter.modules_to_save
    again = 1 if training.loss in ("chunked", "fused") and training.method == "sft" else 0
    output = 2 * shape.embedding * (2 + own + again)
    seen = _attention_flops(shape, training)
    attention = seen * (recomputed + ATTENTION_BACK)
    once = 2 * (frozen + trained + shape.embedding) + seen
    return _tokens(training) * (
        layers + output + attention + once * passes_without_gradient(training)
    )


def passes_without_gradient(training: Training) -> int:
    """Forward passes of a batch besides the one that is trained on.

    DPO and KTO ask the reference of each batch, unless that was precomputed; KTO's usual loss looks
    at a second batch, by both (trl.trainer.dpo_trainer, kto_trainer: `_compute_loss`).
    """
    by_reference = int(training.asks_reference)
    has_second = training.method == "kto" and training.has_kl
    return (1 + by_reference) * (1 + has_second) - 1


def step_seconds(shape: ModelShape, training: Training, gpu: Accelerator) -> Interval:
    """Seconds that one forward and backward pass of a batch takes on one GPU."""
    slow, likely, fast = (_seconds(shape, training, gpu, speed) for speed in SPEEDS)
    return Interval(fast, likely, slow)


def _seconds(shape: ModelShape, training: Training, gpu: Accelerator, speed: Speed) -> float:
    is_new = gpu.compute_capability is None or gpu.compute_capability >= (9, 0)
    share = speed.arithmetic * (HOPPER if is_new else 1)
    arithmetic = step_flops(shape, training) / (gpu.tflops * 1e12 * share)
    passes = (3 if training.is_checkpointed else 2) + passes_without_gradient(training)
    numbers = _tokens(training) * shape.layers * shape.hidden
    bandwidth = gpu.bandwidth_gb_s * 1e9
    moves = numbers * speed.moved * passes / 3 / bandwidth
    launches = shape.layers * speed.layer_s * passes / 3
    unpacked = 0.0
    if training.quantization:
        packed = 0.5 if training.quantization == "nf4" else 1.0
        moved = shape.linear_weights * (packed + 2 * BYTES[training.compute_dtype])
        unpacked = passes * moved / (bandwidth * speed.unpacking)
    return max(arithmetic + moves, launches) + unpacked


def _tokens(training: Training) -> int:
    return training.rows * training.length


def _met_weights(shape: ModelShape, training: Training) -> tuple[float, float]:
    """Weights of all decoder layers that one token meets: frozen and trained ones."""
    chosen = shape.chosen_experts * 3 * shape.hidden * shape.expert_intermediate
    own = shape.linear_weights + shape.layers * (chosen + shape.router_weights)
    if training.adapter is None:
        return 0, own
    return own, shape.layers * adapter_weights(shape.linears(), training)


def _attention_flops(shape: ModelShape, training: Training) -> float:
    """Of all layers, for one token."""
    seen = training.length / 2
    window = min(shape.window, seen) if shape.window else seen
    tokens = (shape.layers - shape.sliding_layers) * seen + shape.sliding_layers * window
    return 4 * tokens * shape.heads * shape.head_dim
