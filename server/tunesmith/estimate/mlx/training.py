"""What decides the memory and the time of `mlx_lm.lora`, besides the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from packaging.version import Version

from tunesmith.named_tuple import NamedTuple
from tunesmith.text import regex

Kind = Literal["lora", "dora", "full"]
Loss = Literal["float32", "plain", "fused"]
"""How the loss is computed of the logits: as a copy in float32 (MLX-LM before 0.22.3), with several
arrays in the precision of the model, or by a kernel (MLX 0.32.2 and later on a GPU)."""
Optimizer = Literal["adam", "adamw", "muon", "sgd", "adafactor"]

QUERY_AND_VALUE = ("q_proj", "v_proj", "qkv_proj")
"""What MLX-LM before 0.28.2 adapted unless told otherwise; all linear layers since."""
_ALL_SINCE, _PLAIN_SINCE, _FUSED_SINCE = Version("0.28.2"), Version("0.22.3"), Version("0.32.2")
_BITS = regex(r"(?:^|[-_])(?:q)?([2-8])[-_]?bits?(?![a-z0-9])|mx(?:fp)?([48])", 2)
_NOT_QUANTIZED = 16.0


class Packing(NamedTuple):
    """How the weights of linear layers and embeddings are stored.

    Attributes:
        bits: of a weight; 16 where they are not quantized.
        group: weights that share a scale.
        scale_bits: of the scale and of the offset that a group has.
    """

    bits: int = 16
    group: int = 64
    scale_bits: int = 32

    @property
    def is_quantized(self) -> bool:
        return self.bits < _NOT_QUANTIZED

    @property
    def bits_a_weight(self) -> float:
        """Its part of the scale included: 4.5 for 4 bits in groups of 64."""
        return self.bits + self.scale_bits / self.group if self.is_quantized else _NOT_QUANTIZED


class MlxTraining(NamedTuple):
    """A training as `mlx_lm.lora` does it; the defaults are those of its options.

    Attributes:
        kind: `--fine-tune-type`.
        layers: `--num-layers`: so many of the last layers are trained; -1: all.
        rank: of the adapter.
        targets: names of the linear layers that get one; None: all.
        has_dropout: whether the adapter drops some of its input.
        batch: sequences a step.
        length: tokens of the longest sequence.
        is_checkpointed: `--grad-checkpoint`.
        optimizer: `--optimizer`.
        accumulation: batches that make a step.
        packing: how the model's weights are stored.
        loss: see `Loss`.
    """

    kind: Kind = "lora"
    layers: int = 16
    rank: int = 8
    targets: tuple[str, ...] | None = None
    has_dropout: bool = False
    batch: int = 4
    length: int = 2048
    is_checkpointed: bool = False
    optimizer: Optimizer = "adam"
    accumulation: int = 1
    packing: Packing = Packing()
    loss: Loss = "fused"


def packing_named(model: str) -> Packing:
    """How a model is stored, by its name: "gemma-3-12b-it-8bit"; not quantized unless it says so.

    The groups are those of `mlx_lm.convert`.
    """
    match = _BITS.search(model.lower())
    if match is None:
        return Packing()
    if match[2]:
        return Packing(int(match[2]), 32, 8)  # one scale of 8 bits, no offset
    return Packing(int(match[1]))


def packing_of(config: Mapping[str, Any]) -> Packing | None:
    """How a model is stored, by the `quantization` of its `config.json`; None where it has none."""
    given = config.get("quantization")
    if not isinstance(given, Mapping):
        return None
    fields = cast("Mapping[str, Any]", given)
    bits, group = fields.get("bits"), fields.get("group_size", 64)
    if not (isinstance(bits, int) and isinstance(group, int) and group > 0):
        return None
    return Packing(bits, group, 8 if str(fields.get("mode", "")).startswith("mx") else 32)


def loss_of(release: Version) -> Loss:
    """How a release of MLX-LM computes the loss on a Mac."""
    if release < _PLAIN_SINCE:
        return "float32"
    return "plain" if release < _FUSED_SINCE else "fused"


def targets_of(release: Version) -> tuple[str, ...] | None:
    """What a release of MLX-LM adapts where nobody names layers."""
    return None if release >= _ALL_SINCE else QUERY_AND_VALUE
