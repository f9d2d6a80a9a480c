#!/usr/bin/env python
# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "trl>=0.24",
#     "peft",
#     "flash-attn>=2.7",  # faster
#     "trackio",
# ]
#
# [tool.uv]
# exclude-newer = "2025-11-01T00:00:00Z"
#
# [tool.hf-jobs]
# flavor = "a10g-large"
# timeout = "4h"
# ///
"""Fine-tune a small model on conversations.

Submit it:

    hf jobs uv run train_sft.py --flavor a10g-large \
        --secrets HF_TOKEN
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import torch
from datasets import load_dataset
from huggingface_hub import HfApi, login
from peft import LoraConfig
from transformers import AutoTokenizer, HfArgumentParser
from trl import SFTConfig, SFTTrainer

MODEL = "Qwen/Qwen3-0.6B"
NAME = f"{MODEL.split('/')[-1]}-sft"
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj"]


@dataclass
class Options:
    """What can be said on the command line."""

    dataset: str = field(default="trl-lib/Capybara", metadata={"help": "The data set."})
    max_rows: int | None = None
    lr: float = 2e-4


def to_text(row, tokenizer):
    # Schöne Grüße – 😀
    messages = [m for m in row["messages"] if m["role"] != "system"]
    return {"text": tokenizer.apply_chat_template(messages, tokenize=False)}


def main() -> None:
    (options,) = HfArgumentParser(Options).parse_args_into_dataclasses()
    login(token=os.environ.get("HF_TOKEN"))
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    dataset = load_dataset(options.dataset, split="train")
    if options.max_rows:
        dataset = dataset.select(range(options.max_rows))
    dataset = dataset.map(lambda row: to_text(row, tokenizer), remove_columns=["messages"])
    common = dict(output_dir=NAME, report_to="trackio", push_to_hub=True)
    config = SFTConfig(
        **common,
        learning_rate=options.lr,
        per_device_train_batch_size=2,
        gradient_accumulation_steps=8,  # sixteen rows a step
        bf16=torch.cuda.is_available(),
    )
    trainer = SFTTrainer(
        model=MODEL,
        args=config,
        train_dataset=dataset,
        model_init_kwargs={"attn_implementation": "flash_attention_2", "dtype": "bfloat16"},
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules=TARGETS),
    )
    trainer.train()
    print(f"{trainer.state.global_step:,} steps, {HfApi().whoami()['name']!r}")


if __name__ == "__main__":
    main()
