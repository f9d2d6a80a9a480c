"""The training steps that the oracle has measured: a model and how it is trained."""

from __future__ import annotations

from typing import Any

from tunesmith.estimate.training import Adapter, Sharding, Training

GEMMA, QWEN, LLAMA = "google/gemma-3-{}-it", "Qwen/Qwen3-{}", "meta-llama/Llama-3.{}-Instruct"
EIGHT = "meta-llama/Meta-Llama-3.1-8B-Instruct"
SMOL = "HuggingFaceTB/SmolLM2-{}-Instruct"
MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"
PHI = "microsoft/phi-4"
MINI = "microsoft/Phi-4-mini-instruct"
GUIDE = Adapter(64, has_dropout=True)
SMALL = Adapter(16)
WIDE = Adapter(16, "all-linear")
WIDE_DROPOUT = Adapter(32, "all-linear", has_dropout=True)

LORA = Training(batch=1, length=2048, load_dtype="bfloat16", adapter=SMALL)
"""TRL of today on a model loaded in bfloat16."""
QLORA = LORA._replace(
    quantization="nf4",
    is_double_quantized=True,
    compute_dtype="bfloat16",
    adapter=Adapter(16, dtype="bfloat16"),
    optimizer="adamw_8bit",
)
GUIDES = QLORA._replace(loss="full", norm_dtype="float32", adapter=GUIDE)
"""The template of a guide to TRL 0.12 to 0.25: QLoRA with full logits, float32 adapters."""
FULL = Training(batch=1, length=2048)
"""All weights, loaded in float32 as TRL does since 0.27, without an adapter."""
GRPO: dict[str, Any] = {"method": "grpo", "has_padding": True}
KTO: dict[str, Any] = {"method": "kto", "has_kl": True}


def _of(base: Training, **changes: Any) -> Training:
    return base._replace(**changes)


def _on(gpus: int, sharding: Sharding, base: Training, **changes: Any) -> Training:
    return base._replace(gpus=gpus, sharding=sharding, **changes)


STEPS: list[tuple[str, Training]] = [
    # LoRA on a model in bfloat16, as TRL does it today
    (GEMMA.format("270m"), _of(LORA, batch=8, length=1024)),
    (GEMMA.format("270m"), _of(LORA, batch=8, length=1024, is_checkpointed=False)),
    (GEMMA.format("1b"), _of(LORA, batch=4)),
    (GEMMA.format("1b"), _of(LORA, length=8192, adapter=WIDE)),
    (GEMMA.format("1b"), _of(LORA, batch=2, length=1024, is_checkpointed=False, adapter=WIDE)),
    (GEMMA.format("4b"), _of(LORA, batch=2, length=4096)),
    (GEMMA.format("4b"), _of(LORA, length=32768, adapter=WIDE_DROPOUT)),
    (GEMMA.format("12b"), _of(LORA, length=8192, adapter=GUIDE)),
    (GEMMA.format("12b"), _of(LORA, length=16384, attention="flash")),
    (GEMMA.format("27b"), _of(LORA, length=4096, adapter=WIDE)),
    (QWEN.format("0.6B"), _of(LORA, batch=8)),
    (QWEN.format("0.6B"), _of(LORA, batch=4, length=512, is_checkpointed=False)),
    (QWEN.format("1.7B"), _of(LORA, batch=2, length=4096, adapter=WIDE)),
    (QWEN.format("4B"), _of(LORA, batch=4, length=1024, adapter=WIDE_DROPOUT)),
    (QWEN.format("4B"), _of(LORA, is_checkpointed=False, adapter=WIDE_DROPOUT)),
    (QWEN.format("8B"), _of(LORA, length=8192, adapter=Adapter(64))),
    (QWEN.format("8B"), _of(LORA, batch=8, length=512)),
    (QWEN.format("14B"), _of(LORA, length=16384, adapter=WIDE)),
    (QWEN.format("32B"), _of(LORA, length=2048, adapter=WIDE)),
    (QWEN.format("30B-A3B"), _of(LORA, length=4096)),
    (QWEN.format("30B-A3B"), _of(LORA, batch=2, length=2048, is_checkpointed=False)),
    (LLAMA.format("2-1B"), _of(LORA, batch=8, length=1024, adapter=WIDE)),
    (LLAMA.format("2-3B"), _of(LORA, length=32768)),
    (EIGHT, _of(LORA, length=8192, adapter=Adapter(64))),
    (EIGHT, _of(LORA, is_checkpointed=False)),
    (EIGHT, _of(LORA, batch=2, adapter=Adapter(16, is_dora=True))),
    (LLAMA.format("3-70B"), _of(LORA, length=4096)),
    (MISTRAL, _of(LORA, batch=2, length=4096, adapter=WIDE)),
    (PHI, _of(LORA, length=4096, adapter=WIDE)),
    (MINI, _of(LORA, batch=4, length=1024, adapter=WIDE)),
    ("microsoft/Phi-3-mini-4k-instruct", _of(LORA, length=4096, adapter=WIDE)),
    (SMOL.format("135M"), _of(LORA, batch=8, length=2048, is_checkpointed=False)),
    (SMOL.format("1.7B"), _of(LORA, batch=4, length=2048)),
    # the precision of the weights
    (LLAMA.format("2-1B"), _of(LORA, batch=2, load_dtype="float32")),
    (LLAMA.format("2-1B"), _of(LORA, batch=2, load_dtype="float32", is_checkpointed=False)),
    (QWEN.format("4B"), _of(LORA, load_dtype="float32", length=4096)),
    (QWEN.format("1.7B"), _of(LORA, autocast=None, adapter=Adapter(16, dtype="bfloat16"))),
    # 4 and 8 bits
    (GEMMA.format("12b"), _of(QLORA, length=8192)),
    (GEMMA.format("27b"), _of(QLORA, length=2048, load_dtype="float32")),
    (QWEN.format("8B"), _of(QLORA, batch=2, length=2048, adapter=Adapter(16, "all-linear"))),
    (QWEN.format("14B"), _of(QLORA, length=4096, load_dtype="float32")),
    (EIGHT, _of(QLORA, batch=2, compute_dtype="float32")),
    (EIGHT, _of(QLORA, length=2048, is_checkpointed=False)),
    (LLAMA.format("3-70B"), _of(QLORA, length=2048)),
    (MISTRAL, _of(QLORA, batch=4, length=1024, optimizer="paged_adamw_8bit")),
    (EIGHT, _of(LORA, quantization="int8")),
    (MISTRAL, _of(LORA, quantization="int8", is_checkpointed=False, length=1024)),
    # paths of the loss
    (GEMMA.format("12b"), _of(GUIDES, length=2048)),
    (GEMMA.format("12b"), _of(GUIDES, length=8192)),
    (GEMMA.format("12b"), _of(GUIDES, length=16384)),
    (QWEN.format("8B"), _of(GUIDES, length=8192)),
    (EIGHT, _of(GUIDES, length=8192)),
    (EIGHT, _of(GUIDES, length=16384)),
    (GEMMA.format("1b"), _of(LORA, loss="full", batch=4, length=1024)),
    (QWEN.format("0.6B"), _of(LORA, loss="full", batch=2, length=4096, load_dtype="float32")),
    (LLAMA.format("2-1B"), _of(LORA, loss="plain", batch=4)),
    (SMOL.format("360M"), _of(FULL, loss="plain", batch=4, load_dtype="float32")),
    (GEMMA.format("4b"), _of(LORA, loss="chunked", length=4096)),
    (EIGHT, _of(LORA, loss="chunked", batch=2)),
    (QWEN.format("1.7B"), _of(FULL, loss="chunked", length=4096)),
    # all weights
    (GEMMA.format("270m"), _of(FULL, batch=8, length=1024)),
    (GEMMA.format("1b"), _of(FULL, length=2048, load_dtype="bfloat16")),
    (QWEN.format("0.6B"), _of(FULL, batch=4, length=2048)),
    (QWEN.format("0.6B"), _of(FULL, batch=4, length=1024, is_checkpointed=False)),
    (QWEN.format("1.7B"), _of(FULL, length=8192, load_dtype="bfloat16", optimizer="adamw_8bit")),
    (LLAMA.format("2-1B"), _of(FULL, batch=8, length=4096, accumulates=True)),
    (LLAMA.format("2-3B"), _of(FULL, length=2048, optimizer="adamw_torch")),
    (EIGHT, _of(FULL, length=2048, load_dtype="bfloat16", optimizer="adafactor")),
    (SMOL.format("135M"), _of(FULL, batch=8, length=1024, is_checkpointed=False)),
    (SMOL.format("1.7B"), _of(FULL, batch=8, length=2048, optimizer="sgd")),
    (SMOL.format("360M"), _of(FULL, batch=8, length=512, optimizer="adafactor")),
    (MISTRAL, _of(FULL, load_dtype="bfloat16", length=4096, optimizer="paged_adamw_8bit")),
    # other attention, other methods
    (LLAMA.format("2-1B"), _of(LORA, batch=2, length=4096, attention="eager")),
    (QWEN.format("4B"), _of(LORA, length=2048, attention="eager", is_checkpointed=False)),
    (QWEN.format("1.7B"), _of(LORA, batch=2, length=2048, method="dpo")),
    (LLAMA.format("2-1B"), _of(LORA, batch=4, length=1024, method="dpo", is_checkpointed=False)),
    (EIGHT, _of(LORA, batch=4, length=1024, method="reward")),
    # pairs, with a reference: the adapter turned off, a second model, or what was worked out before
    (EIGHT, _of(QLORA, batch=2, method="dpo", has_padding=True)),
    (EIGHT, _of(QLORA, batch=2, length=1024, method="dpo", is_checkpointed=False)),
    (GEMMA.format("4b"), _of(LORA, batch=2, length=1024, method="dpo", adapter=WIDE)),
    (GEMMA.format("270m"), _of(FULL, batch=8, length=1024, method="dpo", is_checkpointed=False)),
    (QWEN.format("0.6B"), _of(FULL, batch=2, length=1024, method="dpo")),
    (
        LLAMA.format("2-1B"),
        _of(FULL, load_dtype="bfloat16", method="dpo", has_padding=True, is_checkpointed=False),
    ),
    (
        QWEN.format("1.7B"),
        _of(FULL, method="dpo", is_reference_precomputed=True, optimizer="adamw_8bit"),
    ),
    # answers that are judged one by one
    (LLAMA.format("2-1B"), _of(LORA, batch=4, length=1024, **KTO)),
    (
        LLAMA.format("2-3B"),
        _of(LORA, batch=4, length=1024, has_padding=True, is_checkpointed=False, **KTO),
    ),
    (QWEN.format("0.6B"), _of(FULL, batch=4, length=1024, is_checkpointed=False, **KTO)),
    (QWEN.format("4B"), _of(FULL, batch=2, load_dtype="bfloat16", has_padding=True, **KTO)),
    (MISTRAL, _of(QLORA, batch=2, is_reference_precomputed=True, **KTO)),
    (SMOL.format("1.7B"), _of(FULL, batch=4, length=1024, method="kto")),
    # rewards
    (SMOL.format("1.7B"), _of(FULL, batch=4, length=1024, method="reward", has_padding=True)),
    (QWEN.format("4B"), _of(QLORA, batch=4, length=1024, method="reward")),
    (GEMMA.format("1b"), _of(LORA, batch=2, length=1024, method="reward", is_checkpointed=False)),
    # completions that the model writes itself: few or many at once, long prompts or short ones
    (QWEN.format("0.6B"), _of(LORA, batch=8, length=768, completion=256, generated=8, **GRPO)),
    (
        QWEN.format("0.6B"),
        _of(LORA, batch=8, length=768, completion=256, generated=64, has_kl=True, **GRPO),
    ),
    (QWEN.format("1.7B"), _of(LORA, length=1536, completion=1024, generated=64, **GRPO)),
    (
        QWEN.format("1.7B"),
        _of(LORA, length=1064, completion=64, generated=64, adapter=WIDE, **GRPO),
    ),
    (
        LLAMA.format("2-1B"),
        _of(LORA, batch=8, length=1024, completion=512, is_checkpointed=False, **GRPO),
    ),
    (EIGHT, _of(QLORA, batch=2, length=1024, completion=512, generated=32, **GRPO)),
    (EIGHT, _of(QLORA, length=2100, completion=100, generated=32, **GRPO)),
    (
        EIGHT,
        _of(
            QLORA,
            length=1024,
            completion=512,
            generated=64,
            has_kl=True,
            load_dtype="float32",
            accumulates=True,
            **GRPO,
        ),
    ),
    (
        QWEN.format("0.6B"),
        _of(FULL, batch=4, length=1024, completion=512, generated=32, has_kl=True, **GRPO),
    ),
    (
        QWEN.format("0.6B"),
        _of(FULL, batch=4, length=768, completion=512, generated=128, optimizer="sgd", **GRPO),
    ),
    (
        GEMMA.format("1b"),
        _of(
            FULL,
            batch=2,
            completion=1024,
            generated=64,
            load_dtype="bfloat16",
            optimizer="adamw_8bit",
            **GRPO,
        ),
    ),
    (
        SMOL.format("360M"),
        _of(FULL, batch=2, length=1064, completion=64, generated=64, optimizer="sgd", **GRPO),
    ),
    (QWEN.format("4B"), _of(FULL, load_dtype="bfloat16", completion=1024, has_kl=True, **GRPO)),
    (QWEN.format("30B-A3B"), _of(LORA, length=1024, completion=512, generated=8, **GRPO)),
    # texts of different lengths
    (GEMMA.format("1b"), _of(LORA, batch=4, length=4096, has_padding=True)),
    (LLAMA.format("2-1B"), _of(LORA, batch=4, has_padding=True, is_checkpointed=False)),
    # other families
    ("Qwen/Qwen2.5-7B-Instruct", _of(LORA, batch=2, length=4096, adapter=WIDE)),
    ("Qwen/Qwen2.5-0.5B-Instruct", _of(FULL, batch=4, length=1024, is_checkpointed=False)),
    ("Qwen/Qwen2.5-14B-Instruct", _of(QLORA, batch=2, length=2048)),
    ("google/gemma-2b", _of(LORA, batch=2, length=2048, adapter=WIDE)),
    ("google/gemma-2b", _of(FULL, load_dtype="bfloat16", is_checkpointed=False)),
    ("HuggingFaceTB/SmolLM3-3B", _of(LORA, batch=2, length=4096, adapter=WIDE)),
    ("HuggingFaceTB/SmolLM3-3B", _of(FULL, load_dtype="bfloat16")),
    ("mistralai/Mistral-Nemo-Instruct-2407", _of(QLORA, length=8192)),
    ("mistralai/Mistral-Small-3.2-24B-Instruct-2506", _of(QLORA, length=4096)),
    ("mistralai/Ministral-3-8B-Base-2512", _of(LORA, length=4096, is_checkpointed=False)),
    (PHI, _of(QLORA, batch=2, length=2048, is_checkpointed=False)),
    (MINI, _of(FULL, load_dtype="bfloat16", optimizer="adamw_8bit")),
    (QWEN.format("30B-A3B"), _of(QLORA, length=2048)),
    ("google/gemma-2-2b-it", _of(LORA, batch=2, adapter=WIDE, attention="eager")),
    ("google/gemma-2-2b-it", _of(FULL, load_dtype="bfloat16", attention="eager")),
    ("google/gemma-2-9b-it", _of(QLORA, attention="eager", is_checkpointed=False)),
    ("ByteDance-Seed/Seed-OSS-36B-Instruct", _of(QLORA, length=4096)),
    ("mistralai/Mixtral-8x7B-v0.1", _of(LORA, length=2048)),
    # experts with an adapter on each
    (QWEN.format("30B-A3B"), _of(LORA, length=2048, adapter=WIDE)),
    (
        "mistralai/Mixtral-8x7B-v0.1",
        _of(QLORA, adapter=Adapter(16, "all-linear", dtype="bfloat16")),
    ),
    # modules that are trained whole
    (EIGHT, _of(LORA, adapter=Adapter(16, modules_to_save=("lm_head",)))),
    # several GPUs with a copy each
    (QWEN.format("0.6B"), _on(2, "ddp", FULL)),
    (QWEN.format("1.7B"), _on(8, "ddp", LORA, batch=2, adapter=WIDE, is_checkpointed=False)),
    (QWEN.format("4B"), _on(2, "ddp", QLORA, length=4096)),
    (EIGHT, _on(4, "ddp", LORA, batch=2)),
    # several GPUs with a part each
    (QWEN.format("0.6B"), _on(2, "fsdp", FULL, batch=4, length=1024, is_checkpointed=False)),
    (QWEN.format("1.7B"), _on(4, "fsdp", FULL, batch=2)),
    (QWEN.format("1.7B"), _on(2, "fsdp", FULL, batch=2, accumulates=True)),
    (GEMMA.format("1b"), _on(4, "fsdp", FULL, batch=2)),
    (LLAMA.format("2-3B"), _on(8, "fsdp", FULL, load_dtype="bfloat16")),
    (MISTRAL, _on(4, "fsdp", FULL, load_dtype="bfloat16", autocast=None)),
    (EIGHT, _on(8, "fsdp", FULL, length=4096)),
    (QWEN.format("14B"), _on(8, "fsdp", FULL, length=8192, optimizer="adamw_torch")),
    (QWEN.format("32B"), _on(8, "fsdp", FULL)),
    (QWEN.format("30B-A3B"), _on(8, "fsdp", FULL, load_dtype="bfloat16")),
    (EIGHT, _on(4, "fsdp", LORA, batch=2)),
    (QWEN.format("8B"), _on(8, "fsdp", LORA, is_checkpointed=False)),
    (GEMMA.format("4b"), _on(2, "fsdp", LORA, load_dtype="float32")),
    (QWEN.format("32B"), _on(8, "fsdp", LORA, length=8192, adapter=WIDE)),
    # the same by FSDP1, which `accelerate launch --use_fsdp` still takes
    (QWEN.format("0.6B"), _on(2, "fsdp1", FULL, batch=4, length=1024, is_checkpointed=False)),
    (QWEN.format("1.7B"), _on(4, "fsdp1", FULL, batch=2)),
    (QWEN.format("1.7B"), _on(2, "fsdp1", FULL, batch=2, accumulates=True)),
    (EIGHT, _on(8, "fsdp1", FULL, length=4096)),
    (EIGHT, _on(4, "fsdp1", LORA, batch=2)),
    (QWEN.format("4B"), _on(8, "fsdp1", LORA, is_checkpointed=False)),
]
