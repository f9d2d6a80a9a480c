# /// script
# requires-python = ">=3.11"
# dependencies = ["trl>=1.0", "datasets"]
# ///
"""Prefer the answers that customers liked."""

from datasets import load_dataset
from huggingface_hub import login
from trl import DPOTrainer

login()

trainer = DPOTrainer(
    model="support-sft",
    train_dataset=load_dataset("trl-lib/ultrafeedback_binarized", split="train"),
    model_init_kwargs={"dtype": "bfloat16"},  # half the memory of float32
)
trainer.train()
trainer.push_to_hub()
