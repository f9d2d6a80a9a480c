"""What is read of a script."""

from __future__ import annotations

import pytest

from estimate.scripts import assumed, read, read_all
from tunesmith.estimate.training import Adapter

QLORA = """
import torch
from peft import LoraConfig
from transformers import AutoModelForCausalLM, BitsAndBytesConfig
from trl import SFTConfig, SFTTrainer

MODEL = "google/gemma-3-12b-pt"
bnb = BitsAndBytesConfig(
    load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16, bnb_4bit_use_double_quant=True
)
model = AutoModelForCausalLM.from_pretrained(
    MODEL, quantization_config=bnb, dtype=torch.bfloat16, attn_implementation="eager"
)
config = SFTConfig(
    output_dir="out", max_length=8192, per_device_train_batch_size=2, optim="adamw_8bit",
    gradient_accumulation_steps=4, num_train_epochs=2, packing=True,
)
lora = LoraConfig(r=64, lora_alpha=16, lora_dropout=0.05, target_modules=["q_proj", "k_proj"])
SFTTrainer(model=model, args=config, peft_config=lora, train_dataset=data).train()
"""


def test_a_qlora_script_is_read_whole():
    found = read(QLORA)

    assert found.model_id == "google/gemma-3-12b-pt"
    assert found.shape
    assert found.shape.layers == 48
    assert found.assumed == ()
    assert found.is_certain
    assert (found.accumulation, found.epochs, found.max_steps, found.is_packed) == (4, 2, -1, True)
    training = found.training
    assert (training.batch, training.length) == (2, 8192)
    assert (training.quantization, training.is_double_quantized) == ("nf4", True)
    assert (training.compute_dtype, training.load_dtype) == ("bfloat16", "bfloat16")
    assert (training.optimizer, training.attention) == ("adamw_8bit", "eager")
    assert training.is_checkpointed
    assert training.autocast == "bfloat16"
    assert training.adapter == Adapter(64, ("q_proj", "k_proj"), has_dropout=True, dtype="bfloat16")


@pytest.mark.parametrize(
    ("trl", "transformers", "loss", "adapter"),
    [
        ("1.16.0", "5.23.0", "fused", "bfloat16"),
        ("1.8.0", "5.20.0", "chunked", "bfloat16"),
        ("1.0.0", "5.5.0", "full", "bfloat16"),
        ("0.24.0", "4.57.1", "full", "float32"),
        ("0.12.2", "4.46.3", "plain", "float32"),
    ],
)
def test_releases_decide_what_is_computed(trl: str, transformers: str, loss: str, adapter: str):
    code = QLORA if trl != "0.12.2" else QLORA.replace("max_length", "max_seq_length")
    training = read(code, trl, transformers).training
    assert training.adapter
    assert (training.loss, training.adapter.dtype, training.length) == (loss, adapter, 8192)


@pytest.mark.parametrize(
    ("trl", "transformers", "options", "dtype"),
    [
        ("1.16.0", "5.23.0", "{}", "float32"),
        ("1.16.0", "5.23.0", "{'dtype': 'bfloat16'}", "bfloat16"),
        ("1.16.0", "5.23.0", "{'torch_dtype': 'bfloat16'}", "float32"),
        ("0.26.0", "4.57.1", "{'torch_dtype': 'bfloat16'}", "bfloat16"),
        ("0.26.0", "4.57.1", "{}", "float32"),
    ],
)
def test_the_precision_that_a_model_is_loaded_in(
    trl: str, transformers: str, options: str, dtype: str
):
    code = (
        "from trl import SFTConfig, SFTTrainer\n"
        f"SFTTrainer('Qwen/Qwen3-4B', args=SFTConfig(model_init_kwargs={options}))\n"
    )
    assert read(code, trl, transformers).training.load_dtype == dtype


def test_what_a_script_leaves_open_is_said():
    found = read(
        "from trl import SFTConfig, SFTTrainer\n"
        "config = SFTConfig(per_device_train_batch_size=size, max_length=512)\n"
        "SFTTrainer(model=name, args=config)\n"
    )
    assert found.model_id is None
    assert found.shape is None
    assert found.training.length == 512
    assert assumed(found) == dict.fromkeys(
        ["the model", "per_device_train_batch_size"], "the script leaves it open"
    )
    assert not found.is_certain


def test_an_adapter_that_wraps_the_model_counts():
    found = read(
        "from peft import LoraConfig, get_peft_model\n"
        "from transformers import AutoModelForCausalLM\n"
        "from trl import DPOTrainer\n"
        "base = AutoModelForCausalLM.from_pretrained('Qwen/Qwen3-0.6B')\n"
        "DPOTrainer(model=get_peft_model(base, LoraConfig(r=4, target_modules='all-linear')))\n"
    )
    assert found.model_id == "Qwen/Qwen3-0.6B"
    assert found.training.method == "dpo"
    assert found.training.adapter == Adapter(4, "all-linear")
    assert found.training.load_dtype == "bfloat16"


def test_unsloth_is_not_read():
    code = "import unsloth\nfrom trl import SFTTrainer\nSFTTrainer('Qwen/Qwen3-4B')\n"
    assert read_all(code) == []
