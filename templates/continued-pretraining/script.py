# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "trl>=1.8,<2",
#     "transformers>=5.13,<6",
#     "datasets>=5",
#     "trackio>=0.43",
# ]
#
# [tool.hf-jobs]
# flavor = "l40sx1"
# timeout = "18h"
# secrets = ["HF_TOKEN"]
# ///
"""Go on pretraining a base model on plain text of a subject or a language.

Start it again after a timeout or an error: it goes on from its last pushed checkpoint.
"""

from pathlib import Path

from datasets import load_dataset
from huggingface_hub import HfApi, snapshot_download
from trl import SFTConfig, SFTTrainer

MODEL_ID = "Qwen/Qwen3-0.6B-Base"
DATASET_ID = "roneneldan/TinyStories"  # has a column "text"
OUTPUT_REPO = "qwen3-0.6b-tinystories"  # yours; "organization/name" for one of an organization
TRACKIO_SPACE = "trackio"  # the Space with the dashboard
MAX_LENGTH = 2048  # tokens of a sequence, which texts are cut and put together into
SEED = 42

dataset = load_dataset(DATASET_ID, split="train")
# Rows that are never trained on show when the model begins to learn by heart.
parts = dataset.train_test_split(test_size=0.005, seed=SEED)

config = SFTConfig(
    output_dir="outputs",
    seed=SEED,
    max_length=MAX_LENGTH,
    # Full sequences, nothing left out: short texts share one, long ones go on in the next.
    packing=True,
    packing_strategy="wrapped",
    eval_packing=True,
    num_train_epochs=1,
    # 4 x 16 sequences of 2,048 tokens a step: pretraining takes larger batches than fine-tuning.
    per_device_train_batch_size=4,
    per_device_eval_batch_size=4,
    gradient_accumulation_steps=16,
    # Higher rates learn the subject faster, and forget more of everything else.
    learning_rate=5e-5,
    lr_scheduler_type="cosine",
    warmup_steps=0.03,  # a share of all steps
    # The weights are trained in float32, as 16 bits would round most of such small steps away.
    model_init_kwargs={"dtype": "float32"},
    # Every save goes to the Hub, with what is needed to go on: a job's disk is gone at its end.
    push_to_hub=True,
    hub_model_id=OUTPUT_REPO,
    hub_private_repo=True,
    hub_strategy="checkpoint",
    save_strategy="steps",
    # Of the run. A checkpoint is three times the model, and has to be uploaded before the next.
    save_steps=0.1,
    save_total_limit=2,
    eval_strategy="steps",
    eval_steps=0.1,
    logging_steps=10,
    # The Trainer starts and ends the Trackio run by itself; `run_name` is continued on a restart.
    report_to="trackio",
    project="pretraining",
    run_name=OUTPUT_REPO,
    trackio_space_id=TRACKIO_SPACE,
    trackio_static_space_id=False,  # no further Space with a copy at the end
)

trainer = SFTTrainer(
    model=MODEL_ID,
    args=config,
    train_dataset=parts["train"],
    eval_dataset=parts["test"],
)

# Making the trainer has made the repository. Without a checkpoint in it, this is a fresh start.
repo = trainer.hub_model_id
pushed = Path(snapshot_download(repo, allow_patterns="last-checkpoint/*")) / "last-checkpoint"
trainer.train(resume_from_checkpoint=str(pushed) if pushed.is_dir() else None)

trainer.push_to_hub(dataset_name=DATASET_ID)
HfApi().delete_folder("last-checkpoint", repo)  # complete: the next start is a new run
