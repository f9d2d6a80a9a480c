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
# flavor = "a100x4"
# timeout = "3h"
# secrets = ["HF_TOKEN"]
# ///
"""Fine-tune all weights of a chat model that takes several GPUs, with FSDP.

It starts a process for each GPU of the machine by itself.
Start it again after a timeout or an error: it goes on from its last pushed checkpoint.
"""

import os
import sys
from pathlib import Path

from accelerate.utils import broadcast_object_list
from datasets import load_dataset
from huggingface_hub import HfApi, snapshot_download
from trl import SFTConfig, SFTTrainer

MODEL_ID = "Qwen/Qwen3-8B"
DATASET_ID = "trl-lib/Capybara"  # has a column "messages" with roles and contents
OUTPUT_REPO = "qwen3-8b-capybara"  # yours; "organization/name" for one of an organization
TRACKIO_SPACE = "trackio"  # the Space with the dashboard
MAX_LENGTH = 2048  # tokens; the end of longer conversations is cut off
# Learn the answers only, not to write the questions. TRL can tell them apart for chat templates
# that it knows (Qwen, Llama 3, Gemma, Phi ...) and raises ValueError for others: False then.
ANSWERS_ONLY = True
SEED = 42

if "LOCAL_RANK" not in os.environ:
    # `uv run` starts one process, and a trainer takes one GPU: become a launcher of more of them.
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=gpu"]
    os.execv(sys.executable, [sys.executable, *launcher, __file__])

dataset = load_dataset(DATASET_ID, split="train")
# Rows that are never trained on show when the model begins to learn by heart.
parts = dataset.train_test_split(test_size=0.02, seed=SEED)

config = SFTConfig(
    output_dir="outputs",
    seed=SEED,
    max_length=MAX_LENGTH,
    assistant_only_loss=ANSWERS_ONLY,
    # Each GPU holds a part of the weights, gradients and optimizer, and fetches others in turn.
    fsdp=True,
    fsdp_config={
        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        # FSDP's own recomputes less than gradient_checkpointing does with it.
        "activation_checkpointing": True,
        # One file that any machine reads and the Hub shows, not one for each GPU.
        "state_dict_type": "FULL_STATE_DICT",
    },
    gradient_checkpointing=False,
    num_train_epochs=1,
    # 2 x 4 examples a step and GPU: small batches save memory, accumulation makes steps less noisy.
    per_device_train_batch_size=2,
    per_device_eval_batch_size=2,
    gradient_accumulation_steps=4,
    # High rates make a model forget what it knew.
    learning_rate=1e-5,
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
    # Of the run. A checkpoint is four times the model, 130 GB here, and uploading it takes a while.
    save_steps=0.25,
    save_total_limit=2,
    eval_strategy="steps",
    eval_steps=0.1,
    logging_steps=10,
    # The Trainer starts and ends the Trackio run by itself; `run_name` is continued on a restart.
    report_to="trackio",
    project="sft",
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
pushed = [None]
if trainer.is_world_process_zero():
    folder = snapshot_download(trainer.hub_model_id, allow_patterns="last-checkpoint/*")
    pushed = [str(found) for found in Path(folder).glob("last-checkpoint")] or [None]
broadcast_object_list(pushed)
trainer.train(resume_from_checkpoint=pushed[0])

trainer.push_to_hub(dataset_name=DATASET_ID)
if trainer.is_world_process_zero():
    # Complete: the next start is a new run.
    HfApi().delete_folder("last-checkpoint", trainer.hub_model_id)
