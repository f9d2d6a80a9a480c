// Documents with mistakes, as people write them.

export const TRAIN = `# /// script
# dependencies = ["trl>=1.0", "datasets"]
# ///
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

trainer = SFTTrainer(
    model="Qwen/Qwen3-0.6B",
    args=SFTConfig(output_dir="support", push_to_hub=True),
    train_dataset=load_dataset("json", data_files="articles.jsonl", split="train"),
    model_init_kwargs={"dtype": "bfloat16"},
)
trainer.train()
`;

export const RUN = `hf jobs uv run train.py --flavor l4x1 --timeout 2h --secrets HF_TOKEN
hf jobs uv run --secret HF_TOKEN --flavor l4x1 --timeout 2h train.py
`;

export const README = `# Train

\`\`\`bash
hf jobs uv run --secret HF_TOKEN --flavor l4x1 --timeout 2h train.py
\`\`\`

Not like this:

\`\`\`bash
# ❌ wrong
hf jobs uv run --secret HF_TOKEN --flavor l4x1 --timeout 2h train.py
\`\`\`
`;

const cell = (cell_type, source) => ({
  cell_type,
  metadata: {},
  source: [source],
  ...(cell_type === 'code' ? { execution_count: null, outputs: [] } : {}),
});

export const NOTEBOOK = JSON.stringify({
  cells: [
    cell('markdown', '# Train on Jobs'),
    cell('code', 'print("before the job")'),
    cell('code', '!hf jobs uv run --secret HF_TOKEN --flavor l4x1 --timeout 2h train.py'),
  ],
  metadata: {
    kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
    language_info: { name: 'python' },
  },
  nbformat: 4,
  nbformat_minor: 5,
});

export const ESTIMATED = `# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "peft==0.21.2"]
# ///
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

config = SFTConfig(
    output_dir="support",
    max_length=2048,
    per_device_train_batch_size=1,
    model_init_kwargs={"dtype": "bfloat16"},
)
trainer = SFTTrainer(model="Qwen/Qwen3-8B", args=config, peft_config=LoraConfig(r=16))
trainer.train()
`;

/** Runs anywhere, for longer than a test. */
export const TALKS = `# /// script
# dependencies = []
# ///
import time

for step in range(1, 1201):
    print(f"step {step}", flush=True)
    time.sleep(0.25)
`;

/** The same on Hugging Face. */
export const STREAMS = TALKS.replace(
  'dependencies = []',
  'dependencies = []\n# [tool.hf-jobs]\n# flavor = "cpu-basic"\n# secrets = ["HF_TOKEN"]',
);

/**
 * A training that pushes its checkpoints. Neither TRL nor a Hub with models is where it runs: what
 * stands for them trains nothing, and ends too early unless it goes on from a checkpoint.
 */
export const RESUMABLE = `# /// script
# dependencies = ["trl==1.16.0"]
# [tool.hf-jobs]
# flavor = "a10g-small"
# timeout = "1h"
# secrets = ["HF_TOKEN"]
# ///
import sys, types


class Stand:
    hub_model_id = "me/support"

    def __init__(self, *args, **kwargs):
        pass

    def train(self, resume_from_checkpoint=None):
        if resume_from_checkpoint is None:
            raise SystemExit("out of time")
        print("goes on from", resume_from_checkpoint)


stands = {"SFTConfig": Stand, "SFTTrainer": Stand}
sys.modules["trl"] = types.SimpleNamespace(**stands)
hub = types.SimpleNamespace(snapshot_download=lambda name, allow_patterns: f"of/{name}")
sys.modules["huggingface_hub"] = hub

from trl import SFTConfig, SFTTrainer

config = SFTConfig(output_dir="support", push_to_hub=True, hub_strategy="checkpoint")
trainer = SFTTrainer("Qwen/Qwen3-0.6B", args=config)
trainer.train()
`;

/** Runs anywhere, and ends by itself. */
export const JOB = `# /// script
# dependencies = []
# [tool.hf-jobs]
# flavor = "cpu-basic"
# timeout = "20m"
# secrets = ["HF_TOKEN", "WANDB_API_KEY"]
# ///
import os, time

for name in ("HF_TOKEN", "WANDB_API_KEY"):
    print(name, "is set" if os.environ.get(name) else "is missing", flush=True)
for step in range(1, 9):
    print(f"step {step}", flush=True)
    time.sleep(0.5)
print("done")
`;

/** As JOB, with a mistake for which a job would fail. */
export const MISTAKEN = `${JOB.replace('dependencies = []', 'dependencies = ["trl==1.16.0"]')}
from trl import SFTTrainer

if False:
    trainer = SFTTrainer("Qwen/Qwen3-0.6B", model_init_kwargs={"dtype": "bfloat16"})
`;

export const TRAINING = `# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "peft==0.21.2", "trackio"]
# [tool.hf-jobs]
# flavor = "a10g-large"
# timeout = "6h"
# secrets = ["HF_TOKEN"]
# ///
from datasets import load_dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

trainer = SFTTrainer(
    model="Qwen/Qwen3-8B",
    args=SFTConfig(
        output_dir="support-chat",
        max_steps=1000,
        max_length=4096,
        per_device_train_batch_size=2,
        model_init_kwargs={"dtype": "bfloat16"},
        report_to="trackio",
        push_to_hub=True,
        hub_strategy="every_save",
        save_total_limit=2,
    ),
    train_dataset=load_dataset("trl-lib/Capybara", split="train"),
    peft_config=LoraConfig(r=16, target_modules="all-linear"),
)
trainer.train()
`;
