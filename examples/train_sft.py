# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "trl>=1.0",
#     "peft",
#     "bitsandbytes",
#     "datasets",
#     "flash-attn",
# ]
# ///
"""Fine-tune Qwen3 on support conversations with QLoRA.

Usage:
    hf jobs uv run --secret HF_TOKEN --timeout 4h train_sft.py
"""

import os

import torch
from datasets import load_dataset
from huggingface_hub import login
from peft import LoraConfig
from transformers import BitsAndBytesConfig
from trl import SFTConfig, SFTTrainer

login(token=os.environ.get("HF_TOKEN"))

MODEL = "Qwen/Qwen3-4B"
dataset = load_dataset("trl-lib/Capybara", split="train")

config = SFTConfig(
    output_dir="support-sft",
    push_to_hub=True,
    max_length=4096,
    per_device_train_batch_size=2,
    learning_rate=2e-4,
)

trainer = SFTTrainer(
    model=MODEL,
    args=config,
    train_dataset=dataset,
    model_init_kwargs={"dtype": torch.bfloat16, "attn_implementation": "flash_attention_2"},
    quantization_config=BitsAndBytesConfig(load_in_4bit=True),
    peft_config=LoraConfig(r=32, target_modules="all-linear"),
)
trainer.train()
