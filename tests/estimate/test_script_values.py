"""Values that go through functions, classes and branches before a trainer gets them."""

from __future__ import annotations

import pytest

from estimate.scripts import assumed, read, read_all

LOADED = "from transformers import AutoModelForCausalLM\nfrom trl import SFTConfig, SFTTrainer\n"


FOLLOWED = {
    "a class of constants": """
class Config:
    model = "Qwen/Qwen3-4B"

def train(cfg):
    SFTTrainer(cfg.model)

train(Config())
""",
    "a dict": """
CONFIG = {"model": {"name": "Qwen/Qwen3-4B"}}

def train(cfg):
    SFTTrainer(cfg["model"].get("name", "other"))

train(CONFIG)
""",
    "a namespace": """
from types import SimpleNamespace
cfg = SimpleNamespace(model="Qwen/Qwen3-4B")
SFTTrainer(cfg.model)
""",
    "a tuple that a function returns": """
def load(name):
    model = AutoModelForCausalLM.from_pretrained(name)
    return model, None

model, tokenizer = load("Qwen/Qwen3-4B")
SFTTrainer(model)
""",
    "branches that agree": """
if SMALL:
    name = "Qwen/Qwen3-4B"
else:
    name = "Qwen/Qwen3-4B"
SFTTrainer(name)
""",
    "a branch that is not taken": """
four_bit = False
if four_bit:
    name = "other"
else:
    name = "Qwen/Qwen3-4B"
SFTTrainer(name)
""",
    "a fallback": """
try:
    name = "Qwen/Qwen3-4B"
except ImportError:
    name = "other"
SFTTrainer(name)
""",
    "attributes of self": """
class Job:
    def __init__(self, name):
        self.name = name
        self.model = None

    def load(self):
        self.model = AutoModelForCausalLM.from_pretrained(self.name)

    def train(self):
        SFTTrainer(self.model)

Job("Qwen/Qwen3-4B").train()
""",
    "a model that is wrapped": """
from peft import LoraConfig, get_peft_model
model = AutoModelForCausalLM.from_pretrained("Qwen/Qwen3-4B").to("cuda")
model = get_peft_model(model, LoraConfig())
SFTTrainer(model)
""",
}


@pytest.mark.parametrize("code", FOLLOWED.values(), ids=FOLLOWED)
def test_the_model_is_followed(code: str):
    assert read(LOADED + code).model_id == "Qwen/Qwen3-4B"


OPEN = {
    "branches that differ": """
if LARGE:
    name = "Qwen/Qwen3-8B"
else:
    name = "Qwen/Qwen3-4B"
SFTTrainer(name)
""",
    "several calls": """
def train(name):
    SFTTrainer(name)

train("Qwen/Qwen3-8B")
train("Qwen/Qwen3-4B")
""",
    "a loop": """
for name in ["Qwen/Qwen3-8B", "Qwen/Qwen3-4B"]:
    SFTTrainer(name)
""",
    "a name that depends on itself": "name = name\nSFTTrainer(name)\n",
    "a function that calls itself": """
def load(name):
    return load(name)

SFTTrainer(load("Qwen/Qwen3-4B"))
""",
}


@pytest.mark.parametrize("code", OPEN.values(), ids=OPEN)
def test_what_cannot_be_told_is_unknown(code: str):
    found = read(LOADED + code)
    assert (found.model_id, found.is_certain) == (None, False)


def test_a_configuration_that_is_changed_later():
    found = read(
        LOADED
        + "config = SFTConfig(max_length=1024)\nconfig.max_length = 4096\nSFTTrainer('m', config)\n"
    )
    assert found.training.length == 4096


def test_limits_that_a_release_does_not_set_are_said():
    code = (
        "from trl import GRPOConfig, GRPOTrainer\nGRPOTrainer('Qwen/Qwen3-4B', args=GRPOConfig())"
    )
    assert "the length of prompts" in assumed(read(code))
    assert "the length of prompts" not in assumed(read(code, "0.25.0", "4.57.1"))
    found = read(LOADED + "SFTTrainer('Qwen/Qwen3-4B', args=SFTConfig(max_length=None))\n")
    assert "max_length" in assumed(found)


PLAIN = """
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
from transformers import (
    AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, Trainer, TrainingArguments
)

NAME = "Qwen/Qwen3-4B"
tokenizer = AutoTokenizer.from_pretrained(NAME)

def tokenize(row):
    return tokenizer(row["text"], truncation=True, max_length=512)

model = AutoModelForCausalLM.from_pretrained(
    NAME, quantization_config=BitsAndBytesConfig(load_in_4bit=True)
)
model = prepare_model_for_kbit_training(model)
model = get_peft_model(model, LoraConfig(r=16, target_modules=["q_proj"]))
args = TrainingArguments(per_device_train_batch_size=2, bf16=True)
Trainer(model=model, args=args, train_dataset=data).train()
"""


def test_the_trainer_of_transformers_with_a_decoder():
    found = read(PLAIN)
    training = found.training
    assert (found.model_id, training.length, training.loss) == ("Qwen/Qwen3-4B", 512, "plain")
    assert training.is_checkpointed  # prepare_model_for_kbit_training turns it on
    assert training.load_dtype == "float32"  # and makes float32 what is not quantized
    assert training.adapter
    assert training.adapter.dtype == "float32"
    assert found.is_certain


def test_without_truncation_the_length_is_unknown():
    found = read(PLAIN.replace("truncation=True, max_length=512", ""))
    assert "max_length" in assumed(found)
    assert not found.is_certain


def test_other_models_of_the_trainer_are_left_alone():
    assert read_all(PLAIN.replace("ForCausalLM", "ForSequenceClassification")) == []
