# /// script
# dependencies = [
#     "trl>=0.12.0",
#     "peft>=0.7.0",
#     "transformers>=4.51.0",
#     "accelerate>=1.0.0",
#     "bitsandbytes>=0.45.0",
#     "datasets>=3.0.0",
#     "trackio",
#     "pillow",  # Required for Gemma 3
# ]
# ///
"""Training script for HuggingFace Jobs."""

import os
os.environ["PYTORCH_CUDA_ALLOC_CONF"] = "expandable_segments:True"

import trackio
import torch
from datasets import load_dataset
from peft import LoraConfig
from trl import SFTTrainer, SFTConfig

# Config
MODEL_ID = "google/gemma-3-12b-it"
DATASET_ID = "username/dataset-name"
OUTPUT_REPO = "username/model-name"
MAX_LENGTH = 16384  # A100 required for Gemma 3 at this length

# Initialize Trackio
trackio.init(
    project="my-project",
    name="gemma3-12b-sft",
    space_id="username/trackio",
    config={
        "model": MODEL_ID,
        "dataset": DATASET_ID,
        "max_length": MAX_LENGTH,
        "epochs": 3,
    },
)

# Load dataset
print("Loading dataset...")
dataset = load_dataset(DATASET_ID, split="train")
print(f"Loaded {len(dataset)} examples")

# QLoRA config
peft_config = LoraConfig(
    r=64,
    lora_alpha=128,
    lora_dropout=0.05,
    bias="none",
    task_type="CAUSAL_LM",
    target_modules=["q_proj", "k_proj", "v_proj", "o_proj"],
)

# Training config
config = SFTConfig(
    output_dir="model-name",
    push_to_hub=True,
    hub_model_id=OUTPUT_REPO,
    hub_strategy="every_save",

    model_init_kwargs={
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_compute_dtype": torch.bfloat16,
        "bnb_4bit_use_double_quant": True,
        "device_map": "auto",
    },

    num_train_epochs=3,
    per_device_train_batch_size=1,
    gradient_accumulation_steps=8,
    learning_rate=2e-4,
    lr_scheduler_type="cosine",
    warmup_ratio=0.1,
    max_length=MAX_LENGTH,
    bf16=True,
    gradient_checkpointing=True,
    optim="adamw_8bit",

    logging_steps=10,
    save_strategy="steps",
    save_steps=100,
    save_total_limit=2,

    report_to="trackio",
)

# Train
trainer = SFTTrainer(
    model=MODEL_ID,
    train_dataset=dataset,
    args=config,
    peft_config=peft_config,
)

print("Starting training...")
trainer.train()

print("Pushing to Hub...")
trainer.push_to_hub()

trackio.finish()
print(f"Complete! Model at: https://huggingface.co/{OUTPUT_REPO}")
