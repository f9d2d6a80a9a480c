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


CONFIG = """\
import os
import torch

MODEL = "Qwen/Qwen3-4B"
MAX_LENGTH = 2 * 1024
TARGETS = ["q_proj", "v_proj"]
DTYPE = torch.bfloat16


class Config:
    batch = 2


def size():
    return 3
"""
IMPORTING = """\
{}
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer
arguments = SFTConfig(max_length={1}MAX_LENGTH, per_device_train_batch_size={1}Config.batch,
    model_init_kwargs={{"dtype": {1}DTYPE}})
SFTTrainer({1}MODEL, args=arguments, peft_config=LoraConfig(target_modules={1}TARGETS))
""".replace("{}", "{0}")
NAMES = "MODEL, MAX_LENGTH, TARGETS, DTYPE, Config"


@pytest.mark.parametrize(
    ("line", "prefix", "place"),
    [
        (f"from config import {NAMES}", "", "config.py"),
        (f"from .config import {NAMES}", "", "config.py"),
        (f"from settings.config import {NAMES}", "", "settings/config.py"),
        ("import config", "config.", "config.py"),
        ("from settings import config as c", "c.", "settings/config.py"),
        (f"from settings import {NAMES}", "", "settings/__init__.py"),
    ],
)
def test_constants_of_other_modules(line: str, prefix: str, place: str):
    found = read(IMPORTING.format(line, prefix), beside={place: CONFIG})
    training = found.training
    assert (found.model_id, training.length, training.batch) == ("Qwen/Qwen3-4B", 2048, 2)
    assert training.load_dtype == "bfloat16"
    assert training.adapter
    assert training.adapter.targets == ("q_proj", "v_proj")
    assert (found.assumed, found.is_certain) == ((), True)


@pytest.mark.parametrize(
    "config",
    [
        "import sys\nMODEL = sys.argv[1]\n",
        "MODEL = f()\n",
        'MODEL = "a/b"\nif x:\n    MODEL = "c/d"\n',
        "",
        "MODEL = (\n",
        "from other import MODEL\n",
    ],
)
def test_constants_that_nobody_can_tell(config: str):
    code = "from config import MODEL\nfrom trl import SFTTrainer\nSFTTrainer(MODEL)\n"
    found = read(code, beside={"config.py": config, "other.py": 'MODEL = "a/b"\n'})
    assert found.model_id is None


def test_an_override_of_a_module_is_named():
    code = "from config import MODEL\nfrom trl import SFTTrainer\nSFTTrainer(MODEL)\n"
    config = 'import os\nMODEL = os.environ.get("MODEL", "Qwen/Qwen3-4B")\n'
    found = read(code, beside={"config.py": config})
    assert found.model_id == "Qwen/Qwen3-4B"
    assert not found.is_certain
