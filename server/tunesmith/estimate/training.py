"""What decides how much memory a training step takes, besides the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from tunesmith.named_tuple import NamedTuple

Method = Literal["sft", "dpo", "grpo", "kto", "reward"]
LossPath = Literal["full", "plain", "chunked", "fused"]
"""How the loss is computed.

- full: all logits, and TRL's accuracy measured on them (TRL 0.15 to 1.6, and where a later release
  is made to: label smoothing, a loss function of one's own);
- plain: all logits, nothing measured on them (transformers' Trainer, TRL before 0.15);
- chunked: 256 tokens at a time, recomputed for the gradient (`chunked_nll`, TRL 1.7 to 1.14);
- fused: tiles of 4096 tokens by 32768 words (TRL from 1.15 on).
"""
Precision = Literal["float32", "bfloat16", "float16"]
Optimizer = Literal[
    "adamw_torch", "adamw_torch_fused", "adamw_8bit", "paged_adamw_8bit", "adafactor", "sgd"
]
Attention = Literal["sdpa", "flash", "eager"]
Quantization = Literal["nf4", "int8"]
Sharding = Literal["ddp", "fsdp", "fsdp1", "zero2", "zero3", "device_map"]
"""fsdp is FSDP2."""

ATTENTION_LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj")
BYTES: dict[Precision, int] = {"float32": 4, "bfloat16": 2, "float16": 2}


class Adapter(NamedTuple):
    """A LoRA adapter as `peft.LoraConfig` describes it.

    Attributes:
        rank: `r`.
        targets: names of linear layers; "all-linear" for every one of the decoder's layers.
        is_dora: with DoRA's magnitudes.
        modules_to_save: whole modules that are trained besides: "lm_head", "embed_tokens".
        has_dropout: whether `lora_dropout` is above 0.
        dtype: of the adapter's weights. PEFT makes them float32; TRL from 0.26 on makes them
            bfloat16 where the base is quantized.
    """

    rank: int
    targets: tuple[str, ...] | Literal["all-linear"] = ATTENTION_LINEARS
    is_dora: bool = False
    modules_to_save: tuple[str, ...] = ()
    has_dropout: bool = False
    dtype: Precision = "float32"


class Training(NamedTuple):
    """One training step.

    Attributes:
        batch: sequences per step on one GPU (`per_device_train_batch_size`).
        length: tokens of the longest sequence.
        method: what is trained for; DPO's batch holds two sequences a row.
        loss: see `LossPath`.
        load_dtype: in which the weights that are not quantized are loaded.
        norm_dtype: of the weights of norms, where it is another one: TRL before 0.26 makes them
            float32 on a base in 4 bits.
        autocast: the precision of mixed-precision training (`bf16=True`); None: as loaded.
        quantization: of the linear layers of the decoder, by bitsandbytes.
        is_double_quantized: `bnb_4bit_use_double_quant`.
        compute_dtype: `bnb_4bit_compute_dtype`, float32 where it is not given.
        adapter: None where all weights are trained.
        optimizer: `optim` of the arguments.
        is_checkpointed: `gradient_checkpointing`, not reentrant.
        attention: the implementation; TRL and transformers take "sdpa" unless told otherwise.
        has_padding: whether a batch may hold sequences of different lengths. One row never does.
        accumulates: whether gradients of earlier batches are kept (`gradient_accumulation_steps`).
        completion: tokens at the end of each sequence that are scored; 0: all of them.
        generated: sequences that the model writes at once (GRPO); 0 where another process does.
        has_kl: whether the loss asks how far the model went: GRPO with a `beta`, which needs a
            reference; KTO's `loss_type="kto"`, which needs a second batch.
        is_reference_precomputed: `precompute_ref_log_probs` (DPO, KTO).
        engine_share: part of the GPU's memory that vLLM takes in the same process (GRPO).
        gpus: how many.
        sharding: how they share the work; None on one GPU.
    """

    batch: int = 8
    length: int = 1024
    method: Method = "sft"
    loss: LossPath = "fused"
    load_dtype: Precision = "float32"
    norm_dtype: Precision | None = None
    autocast: Precision | None = "bfloat16"
    quantization: Quantization | None = None
    is_double_quantized: bool = False
    compute_dtype: Precision = "float32"
    adapter: Adapter | None = None
    optimizer: Optimizer = "adamw_torch_fused"
    is_checkpointed: bool = True
    attention: Attention = "sdpa"
    has_padding: bool = False
    accumulates: bool = False
    completion: int = 0
    generated: int = 0
    has_kl: bool = False
    is_reference_precomputed: bool = False
    engine_share: float = 0.0
    gpus: int = 1
    sharding: Sharding | None = None

    @property
    def rows(self) -> int:
        """Sequences that go through the model at once: DPO and reward models see pairs."""
        return self.batch * (2 if self.method in ("dpo", "reward") else 1)

    @property
    def is_padded(self) -> bool:
        """Whether rows are filled up to the length of the longest; GRPO's to one written beside."""
        return self.has_padding and (self.rows > 1 or self.method == "grpo")

    @property
    def scored(self) -> int:
        """Tokens of each sequence that the loss is computed of."""
        return self.completion or self.length

    @property
    def asks_reference(self) -> bool:
        """Whether a step asks what the model said before it was trained."""
        if self.method == "grpo":
            return self.has_kl
        return self.method in ("dpo", "kto") and not self.is_reference_precomputed

    @property
    def has_reference(self) -> bool:
        """Whether a second model says that. An adapter can be turned off instead."""
        return self.asks_reference and self.adapter is None


def fields_of(training: Training) -> dict[str, Any]:
    """The fields of a training, as `training_of` takes them."""
    adapter = training.adapter
    return {**training._asdict(), "adapter": adapter._asdict() if adapter else None}


def training_of(fields: Mapping[str, Any]) -> Training:
    """The training that JSON describes by the fields that differ from the defaults, or by all."""
    given: dict[str, Any] = dict(fields)
    adapter: dict[str, Any] = dict(given.get("adapter") or {})
    for name in ("targets", "modules_to_save"):
        if isinstance(adapter.get(name), list):
            adapter[name] = tuple(adapter[name])
    given["adapter"] = Adapter(**adapter) if adapter else None
    return Training(**given)
