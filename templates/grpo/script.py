# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "trl>=1.8,<2",
#     "transformers>=5.13,<6",
#     "peft>=0.19",
#     "datasets>=5",
#     "trackio>=0.43",
# ]
#
# [tool.hf-jobs]
# flavor = "l40sx1"
# timeout = "8h"
# secrets = ["HF_TOKEN"]
# ///
"""Train a chat model by rewards for what it writes: GRPO with a LoRA adapter.

Start it again after a timeout or an error: it goes on from its last pushed checkpoint.
"""

import re
from pathlib import Path

from datasets import load_dataset
from huggingface_hub import HfApi, snapshot_download
from peft import LoraConfig
from trl import GRPOConfig, GRPOTrainer

MODEL_ID = "Qwen/Qwen3-1.7B"
DATASET_ID = "trl-lib/DeepMath-103K"  # has columns "prompt" and "solution"
OUTPUT_REPO = "qwen3-1.7b-deepmath"  # yours; "organization/name" for one of an organization
TRACKIO_SPACE = "trackio"  # the Space with the dashboard
MAX_LENGTH = 1024  # tokens of an answer; longer ones are cut off and hardly earn a reward
SEED = 42


def is_correct(completions: list, solution: list[str], **_: object) -> list[float]:
    """1 for an answer whose last boxed result is the solution, else 0: put your own reward here."""
    results = [re.findall(r"\\boxed{(.*)}", each[0]["content"]) for each in completions]
    return [
        float(bool(found) and found[-1].strip() == right.strip(" $"))
        for found, right in zip(results, solution, strict=True)
    ]


def is_boxed(completions: list, **_: object) -> list[float]:
    """A little for the right form, so that there is something to learn from at the beginning."""
    return [0.1 * ("\\boxed{" in each[0]["content"]) for each in completions]


dataset = load_dataset(DATASET_ID, split="train")
# Rows that are never trained on show when the model begins to learn by heart.
parts = dataset.train_test_split(test_size=32, seed=SEED)

config = GRPOConfig(
    output_dir="outputs",
    seed=SEED,
    max_completion_length=MAX_LENGTH,
    # Nearly all time goes into writing answers: 200 steps show whether the reward rises.
    max_steps=200,
    # An answer is judged against the others to the same prompt: 8 answers to each of 4 prompts.
    num_generations=8,
    per_device_train_batch_size=8,
    per_device_eval_batch_size=8,
    num_generations_eval=1,  # nothing is learnt there, so one answer will do
    gradient_accumulation_steps=4,
    temperature=1.0,  # lower ones write answers so alike that none is better than the others
    learning_rate=1e-5,
    lr_scheduler_type="constant_with_warmup",
    warmup_steps=10,
    # TRL loads float32 unless it is told otherwise; the model itself is not trained, so 16 bits do.
    model_init_kwargs={"dtype": "bfloat16"},
    # Every save goes to the Hub, with what is needed to go on: a job's disk is gone at its end.
    push_to_hub=True,
    hub_model_id=OUTPUT_REPO,
    hub_private_repo=True,
    hub_strategy="checkpoint",
    save_strategy="steps",
    save_steps=25,
    save_total_limit=2,
    eval_strategy="steps",
    eval_steps=25,
    logging_steps=1,
    # The Trainer starts and ends the Trackio run by itself; `run_name` is continued on a restart.
    report_to="trackio",
    project="grpo",
    run_name=OUTPUT_REPO,
    trackio_space_id=TRACKIO_SPACE,
    trackio_static_space_id=False,  # no further Space with a copy at the end
)

trainer = GRPOTrainer(
    model=MODEL_ID,
    reward_funcs=[is_correct, is_boxed],
    args=config,
    train_dataset=parts["train"],
    eval_dataset=parts["test"],
    # Rewards tell little about each answer, which a small rank is enough for.
    peft_config=LoraConfig(
        r=16, lora_alpha=32, lora_dropout=0.05, target_modules="all-linear", task_type="CAUSAL_LM"
    ),
)

# Making the trainer has made the repository. Without a checkpoint in it, this is a fresh start.
repo = trainer.hub_model_id
pushed = Path(snapshot_download(repo, allow_patterns="last-checkpoint/*")) / "last-checkpoint"
trainer.train(resume_from_checkpoint=str(pushed) if pushed.is_dir() else None)

trainer.push_to_hub(dataset_name=DATASET_ID)
HfApi().delete_folder("last-checkpoint", repo)  # complete: the next start is a new run
