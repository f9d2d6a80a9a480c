# pyright: basic, reportMissingImports=false
"""TRL's trainers on models of random weights and on data that is made up."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    PreTrainedTokenizerFast,
    TrainerCallback,
)

from tunesmith.estimate.training import Adapter, Training
from tunesmith.workers.meta_oracle.trainers import NAMES

WORDS = 64
"""Words of the tokenizer; the model has more."""
TINY = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "vocab_size": 1000,
}
FEWER = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}


def tiny(fields: Mapping[str, Any], training: Training) -> tuple[dict[str, Any], Training]:
    """A model and a training that a CPU does in seconds."""
    small = {**fields, **TINY}
    small.pop("layer_types", None)
    small.update({name: value for name, value in FEWER.items() if fields.get(name)})
    completion = 16 if training.completion else 0
    generated = min(training.generated, 4)
    length = 48
    changed = training._replace(length=length, completion=completion, generated=generated)
    return small, changed._replace(batch=2 if training.method == "kto" else min(training.batch, 2))


def trainer(fields: Mapping[str, Any], training: Training, folder: Path, *, is_dry: bool) -> Any:
    """A trainer that takes at least two steps, and writes completions in two of them.

    Args:
        fields: of the model's `config.json`.
        training: how it is trained.
        folder: where it may write.
        is_dry: on the CPU.
    """
    import trl

    name = NAMES.get(training.method, "SFT")
    kind, config = getattr(trl, f"{name}Trainer"), getattr(trl, f"{name}Config")
    made = model(fields, training, is_dry=is_dry)
    batches = _accumulated(training) * (_steps(training) + 1)
    given: dict[str, Any] = {
        "model": made,
        "args": config(**_arguments(training, folder, is_dry=is_dry)),
        "processing_class": tokenizer(),
        "train_dataset": data(training, training.batch * batches),
    }
    if training.adapter:
        given["peft_config"] = lora(training.adapter, training)
    if training.has_reference and training.method in ("dpo", "kto"):
        given["ref_model"] = model(fields, training, is_dry=is_dry).eval()
    if training.method == "grpo":
        given["reward_funcs"] = _reward
    with _second_model(fields, training, is_dry=is_dry):
        return kind(**given)


def model(fields: Mapping[str, Any], training: Training, *, is_dry: bool) -> Any:
    """A model of random weights, made where it is trained."""
    config = AutoConfig.for_model(
        **{k: v for k, v in fields.items() if k not in ("vision_config", "quantization_config")}
    )
    config._attn_implementation = training.attention
    config.pad_token_id, config.bos_token_id, config.eos_token_id = 0, 1, 2
    maker = AutoModelForCausalLM
    if training.method == "reward":
        config.num_labels, maker = 1, AutoModelForSequenceClassification
    with torch.device("cpu" if is_dry else "cuda"):
        made = maker.from_config(config, dtype=getattr(torch, training.load_dtype))
    if training.quantization:
        _quantize(made, training)
    return made


def _quantize(made: Any, training: Training) -> None:
    """Make the linear layers of the decoder small, one after another."""
    import bitsandbytes as bnb

    for name, layer in list(made.named_modules()):
        if type(layer) is not nn.Linear or name.endswith(("lm_head", "score")):
            continue
        device, has_bias = layer.weight.device, layer.bias is not None
        sizes = layer.in_features, layer.out_features
        if training.quantization == "nf4":
            new = bnb.nn.Linear4bit(
                *sizes,
                bias=has_bias,
                compute_dtype=getattr(torch, training.compute_dtype),
                compress_statistics=training.is_double_quantized,
                quant_type="nf4",
                device="meta",
            )
            new.weight = bnb.nn.Params4bit(
                layer.weight.data.cpu(),
                requires_grad=False,
                compress_statistics=training.is_double_quantized,
                quant_type="nf4",
                module=new,
            )
        else:
            new = bnb.nn.Linear8bitLt(*sizes, bias=has_bias, has_fp16_weights=False, device="meta")
            new.weight = bnb.nn.Int8Params(layer.weight.data.cpu(), requires_grad=False)
        new.bias = layer.bias
        holder, _, attribute = name.rpartition(".")
        setattr(made.get_submodule(holder), attribute, new.to(device))
    made.is_loaded_in_4bit = training.quantization == "nf4"
    made.is_loaded_in_8bit = training.quantization == "int8"


def lora(adapter: Adapter, training: Training) -> Any:
    """PEFT's configuration of an adapter."""
    from peft import LoraConfig

    return LoraConfig(
        r=adapter.rank,
        target_modules=adapter.targets if isinstance(adapter.targets, str) else [*adapter.targets],
        use_dora=adapter.is_dora,
        modules_to_save=[*adapter.modules_to_save] or None,
        lora_dropout=0.05 if adapter.has_dropout else 0.0,
        task_type="SEQ_CLS" if training.method == "reward" else "CAUSAL_LM",
    )


def _arguments(training: Training, folder: Path, *, is_dry: bool) -> dict[str, Any]:
    of_method: dict[str, Any] = {"max_length": training.length}
    if training.method == "grpo":
        written = max(training.batch, training.generated)
        of_method = {
            "max_completion_length": training.completion,
            "generation_batch_size": written,
            "num_generations": 2 if written % 2 == 0 else written,
            "beta": 0.04 if training.has_kl else 0.0,
            # a model of random weights may end at any word
            "generation_kwargs": {"min_new_tokens": training.completion},
        }
    elif training.method == "kto":
        of_method["loss_type"] = "kto" if training.has_kl else "apo_zero_unpaired"
    if training.method in ("dpo", "kto"):
        of_method["precompute_ref_log_probs"] = training.is_reference_precomputed
    return {
        "output_dir": str(folder),
        "per_device_train_batch_size": training.batch,
        "gradient_accumulation_steps": _accumulated(training),
        "max_steps": _steps(training),
        "optim": training.optimizer,
        "bf16": training.autocast == "bfloat16",
        "fp16": training.autocast == "float16",
        "gradient_checkpointing": training.is_checkpointed,
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "use_cpu": is_dry,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        **of_method,
    }


def _accumulated(training: Training) -> int:
    """Batches that make a step; GRPO's are all that it learns from what was written at once."""
    if not training.accumulates:
        return 1
    return max(2, training.generated // training.batch)


def _steps(training: Training) -> int:
    """Two, or as many as it takes until completions are written a second time."""
    if training.accumulates:
        return 2
    return 1 + max(1, training.generated // training.batch)


def tokenizer() -> Any:
    """A word for each of some numbers."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    special = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3}
    words = {**special, **{str(number): 4 + number for number in range(WORDS)}}
    made = Tokenizer(WordLevel(words, unk_token="<unk>"))
    made.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
    )


def data(training: Training, rows: int) -> Any:
    """Texts as long as the training has them; every other one is shorter where there is padding."""
    prompt = max(1, training.length - training.completion) if training.completion else 8
    made: list[dict[str, Any]] = []
    for place in range(rows):
        length = training.length
        if training.has_padding and place % 2:
            length, prompt = length * 3 // 4, max(1, prompt * 3 // 4)
        if training.method == "grpo":
            made.append({"prompt": _text(prompt)})
        elif training.method == "dpo":
            pair = {"chosen": _text(length), "rejected": _text(length)}
            made.append({"prompt": _text(8), **pair})
        elif training.method == "reward":
            # longer ones are dropped, and an end is added
            made.append({"chosen": _text(length - 1), "rejected": _text(length - 1)})
        elif training.method == "kto":
            answer = {"completion": _text(length), "label": bool(place % 2)}
            made.append({"prompt": _text(8), **answer})
        else:
            made.append({"text": _text(length)})
    return Dataset.from_list(made)


def _text(words: int) -> str:
    return " ".join(str(random.randrange(WORDS)) for _ in range(words))


def _reward(completions: list[Any], **_: Any) -> list[float]:
    return [random.random() for _ in completions]


class _second_model:  # noqa: N801
    """GRPO makes its model of reference itself, from the id of the first, which has none here."""

    def __init__(self, fields: Mapping[str, Any], training: Training, *, is_dry: bool) -> None:
        self.make = lambda *_, **__: model(fields, training, is_dry=is_dry).eval()

    def __enter__(self) -> None:
        from trl.trainer import grpo_trainer

        self.before = grpo_trainer.create_model_from_path
        grpo_trainer.create_model_from_path = self.make

    def __exit__(self, *_: object) -> None:
        from trl.trainer import grpo_trainer

        grpo_trainer.create_model_from_path = self.before


class AfterFirstStep(TrainerCallback):
    """Measures all steps but the first.

    Attributes:
        seconds: of one of them.
    """

    def __init__(self) -> None:
        self.started = self.seconds = 0.0

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        if state.global_step == 1:
            self.started = time.monotonic()
            if torch.cuda.is_available():
                torch.cuda.reset_peak_memory_stats()
        else:
            self.seconds = (time.monotonic() - self.started) / (state.global_step - 1)
