"""Real shapes of headers and starts: what is missing is found, what comes along is not."""

from __future__ import annotations

import pytest

from lint.test_rule_examples import document_of, findings_of
from tunesmith.lint.fixes import fix_all
from tunesmith.lint.rule import Good

RULES = {
    "missing-backend",
    "missing-dependency",
    "missing-header",
    "invalid-header",
    "version-pair-impossible",
}
SFT = """
import torch
from datasets import load_dataset
from peft import LoraConfig
from transformers import AutoTokenizer, BitsAndBytesConfig
from trl import SFTConfig, SFTTrainer

quantization = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16)
trainer = SFTTrainer(
    model="Qwen/Qwen2.5-0.5B",
    args=SFTConfig(output_dir="out", report_to=["trackio"], optim="paged_adamw_8bit"),
    train_dataset=load_dataset("trl-lib/Capybara", split="train"),
    peft_config=LoraConfig(r=16),
)
trainer.train()
trainer.push_to_hub()
"""
CLASSIFY = """
import evaluate
import numpy as np
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

metric = evaluate.load("accuracy")
arguments = TrainingArguments("out", push_to_hub=True, report_to="wandb", use_liger_kernel=True)
Trainer(AutoModelForSequenceClassification.from_pretrained("m"), arguments).train()
"""
GRPO = """
from trl import GRPOConfig, GRPOTrainer
from trl.rewards import accuracy_reward

config = GRPOConfig("out", use_vllm=True, model_init_kwargs={"attn_implementation": "a/flash"})
GRPOTrainer("Qwen/Qwen3-0.6B", reward_funcs=accuracy_reward, args=config).train()
"""
ALL_OF_SFT = '"trl", "peft", "trackio", "bitsandbytes"'


def header(dependencies: str, *more: str) -> str:
    lines = (f"# {line}\n" for line in (f"dependencies = [{dependencies}]", *more))
    return f"# /// script\n{''.join(lines)}# ///\n"


def missing(text: str, **beside: str) -> list[str]:
    """What each finding of ours names, by rule and distribution or text."""
    example = Good(text, beside={name.replace("_", "."): each for name, each in beside.items()})
    found = findings_of(document_of("train.py", text), example)
    return [
        f"{each.name}: {each.fix.title.removeprefix('Add ').partition(' ')[0]}"
        if each.fix
        else each.name
        for each in found
        if each.name in RULES
    ]


@pytest.mark.parametrize(
    ("dependencies", "found"),
    [
        (ALL_OF_SFT, []),
        ('"trl[peft,quantization]", "trackio"', []),
        ('"peft", "trl", "bitsandbytes>=0.45", "trackio[spaces]"', []),
        ('"trl>=0.24,<0.25", "peft", "trackio", "bitsandbytes"', []),
        (
            '"peft", "trackio", "bitsandbytes"',
            ["missing-dependency: datasets", "missing-dependency: trl"],
        ),
        ('"trl", "trackio", "bitsandbytes"', ["missing-backend: peft"]),
        ('"trl", "peft", "bitsandbytes"', ["missing-backend: trackio"]),
        ('"trl", "peft", "trackio"', ["missing-backend: bitsandbytes"]),
        (
            "'trl', 'peft', 'trackio', 'bitsandbytes; sys_platform == \"win32\"'",
            ["missing-backend: bitsandbytes"],
        ),
        ('"unsloth"', ["missing-backend: trackio"]),
        ('"my-training-stack"', []),
        ('"trl @ git+https://github.com/huggingface/trl", "peft", "trackio", "bitsandbytes"', []),
        (
            '"trl @ git+https://github.com/huggingface/trl", "trackio", "peft"',
            ["missing-backend: bitsandbytes"],
        ),
        ('"git+https://github.com/me/everything"', ["invalid-header: Put"]),
    ],
)  # fmt: skip
def test_headers_of_a_qlora_script(dependencies: str, found: list[str]):
    assert missing(header(dependencies) + SFT) == found


@pytest.mark.parametrize(
    ("dependencies", "found"),
    [
        (
            '"transformers[torch]", "evaluate", "scikit-learn", "wandb", "liger-kernel"',
            [],
        ),
        (
            '"transformers", "torch", "evaluate"',
            [
                "missing-backend: scikit-learn",
                "missing-backend: accelerate",
                "missing-backend: wandb",
                "missing-backend: liger-kernel",
            ],
        ),
        (
            '"trl"',
            [
                "missing-dependency: evaluate",
                "missing-backend: scikit-learn",
                "missing-backend: wandb",
                "missing-backend: liger-kernel",
            ],
        ),
    ],
)  # fmt: skip
def test_headers_of_a_classifier(dependencies: str, found: list[str]):
    assert missing(header(dependencies) + CLASSIFY) == found


@pytest.mark.parametrize(
    ("dependencies", "found"),
    [
        ('"trl[vllm]", "kernels", "math-verify"', []),
        (
            '"trl"',
            ["missing-backend: vllm", "missing-backend: kernels", "missing-backend: math-verify"],
        ),
    ],
)
def test_headers_of_a_grpo_script(dependencies: str, found: list[str]):
    assert missing(header(dependencies) + GRPO) == found


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("hf jobs uv run --flavor l4x1 train.py", ["missing-header: Write"]),
        ("hf jobs uv run --with trl --with peft,trackio --with bitsandbytes train.py", []),
        ("hf jobs uv run --with trl,peft train.py", ["missing-backend", "missing-backend"]),
        ("hf jobs uv run --with $PACKAGES train.py", []),
        ("hf jobs uv run --image my/image --with trl train.py", []),
        ("hf jobs run my/image python train.py", []),
        ("hf jobs uv run -e PYTHONPATH=/code train.py", []),
    ],
)
def test_starts_of_a_script_without_a_header(command: str, found: list[str]):
    assert missing(SFT, run_sh=f"{command}\n") == found


def test_a_start_adds_to_the_header():
    start = "hf jobs uv run --flavor l4x1 --with trackio train.py\n"
    text = header('"trl", "peft", "bitsandbytes"') + SFT

    assert missing(text) == ["missing-backend: trackio"]
    assert missing(text, run_sh=start) == []
    assert missing(text, run_sh=start.replace("trackio", "wandb")) == ["missing-backend: trackio"]


def test_a_script_that_installs_by_itself_is_left_alone():
    install = 'import subprocess\nsubprocess.run(["uv", "pip", "install", "peft"])\n'
    assert missing(header('"trl"') + install + SFT) == []


def test_fixes_name_all_that_is_missing():
    document = document_of("train.py", header('"trl"') + SFT + CLASSIFY)

    fixed = fix_all(document, lambda each: findings_of(each, Good(each.text))).document
    assert [entry for entry in missing(fixed.text) if entry.startswith("missing")] == []
    assert "scikit-learn" in fixed.text.partition("# ///\n")[0]


@pytest.mark.parametrize(
    ("dependencies", "clashes"),
    [
        ('"trl==1.16.0", "transformers==4.46.0"', True),
        ('"trl==0.12.0", "transformers>=5"', False),
        ('"transformers>=5", "huggingface_hub<1.0"', True),
        ('"transformers==4.57.3", "tokenizers<0.20"', True),
        ('"datasets>=4", "pyarrow<15"', True),
        ('"vllm==0.6.0", "torch==2.6.0"', True),
        ('"trl==1.16.0", "accelerate==0.20.0"', True),
        ('"trl", "transformers", "peft", "torch"', False),
        ('"trl==1.16.0", "transformers==77.0"', False),
        ('"my-own-package==1", "trl==1.16.0"', False),
    ],
)
def test_versions_that_clash(dependencies: str, clashes: bool):
    found = missing(header(dependencies) + "import json\n")
    assert any(each.startswith("version-pair-impossible") for each in found) is clashes
