"""Which keywords are refused, with today's tables and with tables of half a year ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from builders import project, understood
from knowledge.made_tables import cut, in_force
from tunesmith.knowledge import tables
from tunesmith.knowledge.histories import history
from tunesmith.knowledge.likely import Likely, Why
from tunesmith.knowledge.refusals import Refusal, refusals
from tunesmith.knowledge.releases import release
from tunesmith.knowledge.signature_table import signature_table

CUT = "2026-05-22"
TODAY = date(2026, 11, 22)
PACKAGES = ("accelerate", "datasets", "huggingface-hub", "peft", "trackio", "transformers", "trl")

QLORA = """\
import torch
from datasets import load_dataset
from peft import LoraConfig
from transformers import BitsAndBytesConfig
from trl import SFTConfig, SFTTrainer

args = SFTConfig(
    output_dir="adapter",
    max_length=4096,
    activation_checkpointing=True,
    warmup_steps=0.03,
    router_aux_loss_coef=0.01,
    trust_remote_code=True,
)
trainer = SFTTrainer(
    "google/gemma-3-4b-it",
    args=args,
    train_dataset=load_dataset("me/chats", split="train"),
    peft_config=LoraConfig(r=16, velora_config=None),
    quantization_config=BitsAndBytesConfig(load_in_4bit=True),
)
trainer.train()
"""
GRPO = """\
from trl import GRPOConfig, GRPOTrainer

config = GRPOConfig(
    entropy_coef=0.001,
    log_multimodal=False,
    use_transformers_continuous_batching=True,
    dataloader_in_order=False,
)
GRPOTrainer(model="Qwen/Qwen3-4B", args=config, reward_funcs=[len], quantization_config=None)
"""
DISTILLATION = """\
from trl import DistillationConfig, DistillationTrainer

DistillationTrainer(model="small", teacher_model="large", args=DistillationConfig(beta=0.5))
"""
SINCE = {"qlora": QLORA, "grpo": GRPO, "distillation": DISTILLATION}
HEADERS = {
    "no-header": "",
    "unpinned": '# /// script\n# dependencies = ["trl", "peft"]\n# ///\n',
    "lower-bound": '# /// script\n# dependencies = ["trl>=1.15", "peft"]\n# ///\n',
    "exact": '# /// script\n# dependencies = ["trl==1.16.0", "transformers==5.23.0"]\n# ///\n',
}


def found_in(text: str) -> Iterator[Refusal]:
    script = understood("train.py", text).script
    assert script is not None
    known = [name for package in PACKAGES for name in signature_table(package) or ()]
    made = project({"train.py": text})._replace(today=TODAY)
    for call in script.calls(*known):
        yield from refusals(call, script, made)


def refused(text: str) -> set[str | None]:
    return {found.argument.name for found in found_in(text)}


@pytest.fixture
def old_tables(tmp_path: Path) -> Iterator[None]:
    with in_force(tmp_path, cut(CUT)):
        yield


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("script", SINCE.values(), ids=SINCE)
def test_scripts_written_since_are_not_refused_by_old_tables(
    script: str, header: str, old_tables: None
):
    assert tables.date().isoformat() == CUT
    assert refused(header + script) == set()


@pytest.mark.parametrize("script", SINCE.values(), ids=SINCE)
def test_nor_by_the_tables_of_today(script: str):
    assert refused(HEADERS["exact"] + script) == set()


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("trl.SFTTrainer", "quantization_config"),
        ("trl.GRPOConfig", "entropy_coef"),
        ("trl.SFTConfig", "activation_checkpointing"),
    ],
)
def test_these_scripts_do_use_what_is_newer(name: str, parameter: str):
    found = history(name, parameter)
    assert found is not None
    added = release(found.package, found.added)
    assert added is not None
    assert added.uploaded.date().isoformat() > CUT


def test_old_tables_refuse_what_was_gone_before_them(old_tables: None):
    text = "from trl import SFTConfig\nSFTConfig(max_seq_length=1, activation_checkpointing=True)\n"
    assert refused(text) == {"max_seq_length"}
    pinned = '# /// script\n# dependencies = ["trl==1.0.0", "transformers==5.5.0"]\n# ///\n'
    assert refused(pinned + text) == {"max_seq_length", "activation_checkpointing"}


def test_a_refusal_says_what_was_meant_and_what_it_rests_on():
    text = HEADERS["exact"] + "from trl import SFTTrainer\nSFTTrainer('m', max_seq_length=8)\n"
    (found,) = found_in(text)
    assert found.removed is not None
    assert str(found.removed.removed) == "0.13.0"
    assert found.likely == Likely("trl.SFTConfig", "max_length", Why.RENAMED)
    assert str(found.rests_on[0].version) == "1.16.0"


def test_an_older_release_takes_what_a_newer_one_refuses():
    text = "from trl import SFTConfig\nSFTConfig(warmup_ratio=0.1)\n"
    older = '# /// script\n# dependencies = ["trl==0.24.0", "transformers==4.57.1"]\n# ///\n'
    assert refused(older + text) == set()
    assert refused(HEADERS["exact"] + text) == {"warmup_ratio"}


def test_what_comes_from_a_url_is_not_refused():
    text = "from trl import SFTConfig\nSFTConfig(max_seq_length=1)\n"
    git = '# /// script\n# dependencies = ["trl @ git+https://example.com/trl"]\n# ///\n'
    assert refused(git + text) == set()


def test_fields_of_an_own_configuration_are_taken():
    text = (
        "from dataclasses import dataclass\nfrom trl import GRPOConfig\n\n@dataclass\n"
        "class Own(GRPOConfig):\n    servers: int = 1\n\n"
        "@dataclass\nclass Further(Own):\n    more: int = 1\n\n"
        "Further(servers=2, more=3, evaluation_strategy='no')\n"
    )
    assert refused(HEADERS["exact"] + text) == {"evaluation_strategy"}


@pytest.mark.parametrize(
    ("unsloth", "expected"), [("2025.3.1", {"no_such"}), ("2025.9.1", set[str]())]
)
def test_unsloth_widens_what_trl_takes(unsloth: str, expected: set[str]):
    pins = f'"unsloth=={unsloth}", "trl=={"0.15.2" if expected else "0.20.0"}"'
    header = f"# /// script\n# dependencies = [{pins}]\n# ///\n"
    call = "from trl import SFTTrainer\nSFTTrainer('m', args=a, max_seq_length=8, no_such=1)\n"
    assert refused(header + call) == {"max_seq_length", "no_such"}
    assert refused(header + "import unsloth\n" + call) == expected
