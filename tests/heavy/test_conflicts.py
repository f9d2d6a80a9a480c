"""The rules on arguments that raise against the libraries themselves: each call really raises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders import project, understood
from tunesmith.lint.conflicts import CONFLICTS
from tunesmith.lint.engine import check

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

CONFIG = "from trl import SFTConfig\n\nSFTConfig(use_cpu=True, {})\n"
GROUPS = "from trl import GRPOConfig\n\nGRPOConfig(use_cpu=True, bf16=False, {})\n"
TRAINER = """\
from datasets import Dataset, load_dataset
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    BitsAndBytesConfig,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
)
from trl import SFTConfig, SFTTrainer

data = Dataset.from_list([{"text": "a b a b"}] * 4)

def as_text(row):
    return row["text"]

"""
SFT = """\
args = SFTConfig('out', report_to='none', use_cpu=True, bf16=False, {})
SFTTrainer({}, args=args, train_dataset=data{})
"""
JOB = """\
# /// script
# dependencies = ["trl"]
# [tool.hf-jobs]
# flavor = "a100-large"
# ///
"""
HEAD = "target_modules=['q_proj', 'lm_head']"

CASES: dict[str, tuple[str, str, str]] = {
    "both dtypes": (
        "conflicting-arguments",
        "fp16 and bf16",
        CONFIG.format("fp16=True, bf16=True"),
    ),
    "both dtypes to evaluate": (
        "conflicting-arguments",
        "for full eval",
        CONFIG.format("bf16=False, fp16_full_eval=True, bf16_full_eval=True"),
    ),
    "strategies differ": (
        "conflicting-arguments",
        "save and eval strategy to match",
        CONFIG.format("bf16=False, load_best_model_at_end=True, eval_strategy='epoch'"),
    ),
    "steps do not fit": (
        "conflicting-arguments",
        "round multiple",
        CONFIG.format(
            "bf16=False, load_best_model_at_end=True, eval_strategy='steps', eval_steps=300"
        ),
    ),
    "plateau": (
        "conflicting-arguments",
        "requires an eval strategy",
        CONFIG.format("bf16=False, lr_scheduler_type='reduce_lr_on_plateau'"),
    ),
    "prefetch": (
        "conflicting-arguments",
        "dataloader_num_workers",
        CONFIG.format("bf16=False, dataloader_prefetch_factor=2"),
    ),
    "no logging steps": (
        "conflicting-arguments",
        "non-zero --logging_steps",
        CONFIG.format("bf16=False, logging_steps=0"),
    ),
    "two batch sizes": (
        "conflicting-arguments",
        "both configured",
        GROUPS.format("generation_batch_size=8, steps_per_generation=2"),
    ),
    "groups of one": ("conflicting-arguments", "at least 2", GROUPS.format("num_generations=1")),
    "half a group": (
        "conflicting-arguments",
        "divisible by num_generations",
        JOB + GROUPS.format("per_device_train_batch_size=2"),
    ),
    "no whole groups": (
        "conflicting-arguments",
        "divisible by num_generations",
        GROUPS.format("per_device_train_batch_size=2, generation_batch_size=12"),
    ),
    "automatic batch size": (
        "conflicting-arguments",
        "auto_find_batch_size",
        GROUPS.format("auto_find_batch_size=True"),
    ),
    "logs to nowhere": (
        "conflicting-arguments",
        "log_completions",
        GROUPS.format("log_completions_hub_repo='me/x'"),
    ),
    "4 and 8 bits": (
        "conflicting-arguments",
        "both True",
        TRAINER + "BitsAndBytesConfig(load_in_8bit=True, load_in_4bit=True)\n",
    ),
    "quantized twice": (
        "conflicting-arguments",
        "quantization_config",
        TRAINER
        + "four = BitsAndBytesConfig(load_in_4bit=True)\n"
        + SFT.format(
            "model_init_kwargs={'quantization_config': four}", "MODEL", ", quantization_config=four"
        ),
    ),
    "second adapter": (
        "conflicting-arguments",
        "PeftModel",
        TRAINER
        + "lora = LoraConfig(task_type='CAUSAL_LM')\n"
        + "model = AutoModelForCausalLM.from_pretrained(MODEL)\n"
        + "model = get_peft_model(model, lora)\n"
        + SFT.format("", "model", ", peft_config=lora"),
    ),
    "collator with packing": (
        "conflicting-arguments",
        "custom data collator",
        TRAINER
        + "collator = DataCollatorForLanguageModeling(tokenizer=None, mlm=False)\n"
        + SFT.format("packing=True", "MODEL", ", data_collator=collator"),
    ),
    "length not enforced": (
        "conflicting-arguments",
        "not enforced",
        TRAINER
        + SFT.format("padding_free=True", "MODEL", "").replace(
            "padding_free=True", "padding_free=True, max_length=8"
        ),
    ),
    "packing without end": (
        "conflicting-arguments",
        "max_length",
        TRAINER + SFT.format("packing=True, max_length=None", "MODEL", ""),
    ),
    "formatted away": (
        "conflicting-arguments",
        "formatting function",
        TRAINER + SFT.format("completion_only_loss=True", "MODEL", ", formatting_func=as_text"),
    ),
    "endless stream": (
        "conflicting-arguments",
        "max_steps",
        TRAINER
        + "data = load_dataset('json', data_files=DATA, split='train', streaming=True)\n"
        + SFT.format("", "MODEL", "").replace("SFTTrainer(MODEL", "SFTTrainer(model=MODEL"),
    ),
    "no data to evaluate": (
        "eval-without-dataset",
        "eval_dataset",
        TRAINER + SFT.format("eval_strategy='steps'", "MODEL", ""),
    ),
    "adapter on the head": (
        "lm-head-adapter",
        "lm_head",
        TRAINER
        + f"lora = LoraConfig(task_type='CAUSAL_LM', {HEAD})\n"
        + SFT.format("", "MODEL", ", peft_config=lora"),
    ),
}
"""The rule that tells of it, what the library says, and the call."""

NOT_RUN = {("ref_model", "peft_config", "args.force_use_ref_model")}
"""Conflicts of older releases only."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Llama with a tokenizer of two words, and a file of data beside."""
    torch: Any = pytest.importorskip("torch")
    tokenizers: Any = pytest.importorskip("tokenizers")
    transformers: Any = pytest.importorskip("transformers")

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    vocabulary = {"<unk>": 0, "</s>": 1, "a": 2, "b": 3}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    special = {"eos_token": "</s>", "pad_token": "</s>", "unk_token": "<unk>"}
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=words, **special)
    made.save_pretrained(folder)
    sizes = {"vocab_size": 4, "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2}
    config = transformers.LlamaConfig(**sizes, **heads)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    (folder / "data.jsonl").write_text(json.dumps({"text": "a b"}) + "\n")
    return folder


@pytest.mark.parametrize("case", CASES)
def test_the_library_raises_where_the_rule_says_so(
    case: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, message, text = CASES[case]
    constants = f"MODEL = {str(model)!r}\nDATA = {str(model / 'data.jsonl')!r}\n"
    found = check(understood("train.py", constants + text), project({}))
    assert [finding.name for finding in found if finding.name == rule] == [rule]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        exec(compile(constants + text, "train.py", "exec"), {"__name__": "__main__"})


def test_every_conflict_has_a_case() -> None:
    cases = sum(rule == "conflicting-arguments" for rule, *_ in CASES.values())
    assert cases == len(CONFLICTS) - len(NOT_RUN)
