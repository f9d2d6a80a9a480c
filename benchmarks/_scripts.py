"""Training scripts of any length, as people write them, with and without mistakes."""

from __future__ import annotations

_HEADER = '''\
# /// script
# requires-python = ">=3.10"
# dependencies = ["trl>=0.24", "peft", "datasets", "trackio"]
# ///
"""Fine-tune a small model on conversations."""

import argparse
import logging
import os
from dataclasses import dataclass, field

import torch
from datasets import Dataset, load_dataset
from huggingface_hub import login
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

logger = logging.getLogger(__name__)
MODEL = os.environ.get("MODEL", "Qwen/Qwen3-0.6B")


@dataclass
class ScriptArguments:
    dataset_name: str = field(default="trl-lib/Capybara", metadata={"help": "The data set."})
    max_samples: int | None = field(default=None, metadata={"help": "Rows to train on."})

'''

_BLOCK = '''
def format_rows_{n}(dataset: Dataset, tokenizer: AutoTokenizer, max_length: int = 1024) -> Dataset:
    """Keep the rows of part {n} that are not too long, as text with a chat template."""
    system = {{"role": "system", "content": "You answer briefly and say what you do not know."}}

    def to_text(row: dict) -> dict:
        messages = [system] + [m for m in row["messages"] if m["role"] != "system"]
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        return {{"text": text, "length": len(tokenizer(text).input_ids), "part": {n}}}

    before = len(dataset)
    dataset = dataset.map(to_text, num_proc=4, remove_columns=["messages"])
    dataset = dataset.filter(lambda row: 16 <= row["length"] <= max_length)
    if len(dataset) < before * 0.5:
        logger.warning("part %d: only %d of %d rows are left", {n}, len(dataset), before)
    for name, share in (("train", 0.95), ("validation", 0.04), ("test", 0.01)):
        count = int(len(dataset) * share)
        print(f"{{name:>12}}: {{count:,}} rows, {{count / max(1, before):.1%}} of all")
    return dataset.shuffle(seed=42 + {n}).select(range(min(len(dataset), 10_000)))

'''

_MAIN = """
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="trl-lib/Capybara")
    parser.add_argument("--output-dir", default="out")
    parser.add_argument("--lr", type=float, default=2e-4)
    arguments = parser.parse_args()
    {login}
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    dataset = load_dataset(arguments.dataset, split="train")
    peft_config = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", lora_dropout=0.05)
    config = SFTConfig(
        output_dir=arguments.output_dir,
        learning_rate=arguments.lr,
        per_device_train_batch_size=2,
        gradient_accumulation_steps=8,
        num_train_epochs=1,
        bf16=torch.cuda.is_bf16_supported(),
        report_to="trackio",{right}
    )
    trainer = SFTTrainer(
        model=MODEL,
        args=config,
        train_dataset=dataset,
        peft_config=peft_config,{wrong}
    )
    trainer.train()
    trainer.push_to_hub()


if __name__ == "__main__":
    main()
"""

_DTYPE = '\n        model_init_kwargs={"dtype": "bfloat16"},'


def training_script(lines: int, *, has_mistakes: bool) -> str:
    """A script of about so many lines; its mistakes are two."""
    main = _MAIN.format(
        login='login(token=os.environ["HF_TOKEN"])' if has_mistakes else 'logger.info("start")',
        right="" if has_mistakes else _DTYPE,
        wrong=_DTYPE if has_mistakes else "",
    )
    rest = lines - (_HEADER + main).count("\n")
    blocks = max(0, round(rest / _BLOCK.count("\n")))
    return _HEADER + "".join(_BLOCK.format(n=n) for n in range(blocks)) + main
