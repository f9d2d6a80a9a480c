"""What command lines, environment variables and their defaults decide."""

from __future__ import annotations

import pytest

from estimate.scripts import assumed, read, read_all

ARGPARSE = """
import argparse
from transformers import AutoModelForCausalLM
from trl import SFTConfig, SFTTrainer

def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model-name", "-m", default="Qwen/Qwen3-8B")
    parser.add_argument("--max_length", type=int, default=2048)
    parser.add_argument("--batch", type=int, default=4, dest="batch_size")
    parser.add_argument("--checkpointing", action="store_true")
    return parser.parse_args()

def train(args):
    model = AutoModelForCausalLM.from_pretrained(args.model_name, dtype="bfloat16")
    config = SFTConfig(
        max_length=args.max_length,
        per_device_train_batch_size=args.batch_size,
        gradient_checkpointing=args.checkpointing,
    )
    SFTTrainer(model=model, args=config).train()

if __name__ == "__main__":
    args = parse()
    train(args)
"""


def test_defaults_count_and_are_named():
    found = read(ARGPARSE)

    assert found.model_id == "Qwen/Qwen3-8B"
    training = found.training
    assert (training.length, training.batch, training.is_checkpointed) == (2048, 4, False)
    assert assumed(found) == {
        "the model": "the default of --model-name",
        "max_length": "the default of --max_length",
        "per_device_train_batch_size": "the default of --batch",
        "gradient_checkpointing": "the default of --checkpointing",
    }
    assert not found.is_certain


@pytest.mark.parametrize(
    "command",
    [
        "hf jobs uv run --flavor a100-large train.py -m Qwen/Qwen3-4B --max_length=512",
        "hf jobs run image python train.py --model-name Qwen/Qwen3-4B --max_length 512",
    ],
)
def test_what_a_launch_passes_wins_and_is_certain(command: str):
    found = read(ARGPARSE, beside={"run.sh": f"{command} --checkpointing\n"})

    assert found.model_id == "Qwen/Qwen3-4B"
    training = found.training
    assert (training.length, training.batch, training.is_checkpointed) == (512, 4, True)
    in_image = " image " in command  # which decides the releases
    assert list(assumed(found)) == (
        ["the newest release of trl", "the newest release of transformers"] if in_image else []
    )
    assert found.is_certain is not in_image


def test_what_a_call_of_huggingface_hub_passes_counts():
    call = (
        "from huggingface_hub import run_uv_job\n"
        "run_uv_job('train.py', script_args=['--model-name', 'Qwen/Qwen3-4B'])\n"
    )
    found = read(ARGPARSE, beside={"submit.py": call})
    assert (found.model_id, found.is_certain) == ("Qwen/Qwen3-4B", True)


def test_a_variable_of_the_shell_leaves_open_what_it_decides():
    command = 'hf jobs uv run train.py --model-name "$MODEL" --max_length 512\n'
    found = read(ARGPARSE, beside={"run.sh": command})
    assert found.model_id is None
    assert assumed(found) == {"the model": "the script leaves it open"}

    found = read(ARGPARSE, beside={"run.sh": "hf jobs uv run train.py $ARGUMENTS\n"})
    assert (found.model_id, found.is_certain) == (None, False)


def test_launches_that_differ_are_trainings_of_their_own():
    commands = "".join(
        f"hf jobs uv run train.py --model-name Qwen/Qwen3-{size}\n" for size in ("4B", "8B", "4B")
    )
    found = read_all(ARGPARSE, {"run.sh": commands})
    assert [each.model_id for each in found] == ["Qwen/Qwen3-4B", "Qwen/Qwen3-8B"]


ENVIRONMENT = """
import os
from trl import SFTConfig, SFTTrainer

MODEL = os.environ.get("MODEL_ID", "Qwen/Qwen3-8B")
LENGTH = int(os.getenv("MAX_LENGTH") or "4096")
SFTTrainer(MODEL, args=SFTConfig(max_length=LENGTH, model_init_kwargs={"dtype": "bfloat16"}))
"""


def test_environment_variables():
    found = read(ENVIRONMENT)
    assert (found.model_id, found.training.length) == ("Qwen/Qwen3-8B", 4096)
    assert assumed(found) == {
        "the model": "the default of MODEL_ID",
        "max_length": "the default of MAX_LENGTH",
    }

    command = "hf jobs uv run --env MODEL_ID=Qwen/Qwen3-4B --env MAX_LENGTH=512 train.py\n"
    found = read(ENVIRONMENT, beside={"run.sh": command})
    assert (found.model_id, found.training.length) == ("Qwen/Qwen3-4B", 512)
    assert found.is_certain

    command = "hf jobs uv run --env-file .env train.py\n"  # which may set them
    found = read(ENVIRONMENT, beside={"run.sh": command})
    assert assumed(found)["the model"] == "the default of MODEL_ID"


TRL_PARSER = """
from transformers import AutoModelForCausalLM
from trl import (
    ModelConfig, ScriptArguments, SFTConfig, SFTTrainer, TrlParser, get_peft_config,
    get_quantization_config,
)

def main(script_args, training_args, model_args):
    model_kwargs = dict(attn_implementation=model_args.attn_implementation)
    quantization_config = get_quantization_config(model_args)
    if quantization_config is not None:
        model_kwargs["quantization_config"] = quantization_config
    training_args.model_init_kwargs = model_kwargs
    trainer = SFTTrainer(
        model=model_args.model_name_or_path,
        args=training_args,
        peft_config=get_peft_config(model_args),
    )
    trainer.train()

if __name__ == "__main__":
    parser = TrlParser((ScriptArguments, SFTConfig, ModelConfig))
    script_args, training_args, model_args = parser.parse_args_and_config()
    main(script_args, training_args, model_args)
"""


def test_the_dataclasses_of_trl_have_the_defaults_of_its_release():
    command = (
        "hf jobs uv run train.py --model_name_or_path Qwen/Qwen3-4B --use_peft --lora_r 8 "
        "--lora_target_modules all-linear --load_in_4bit --max_length 2048 --packing\n"
    )
    found = read(TRL_PARSER, beside={"run.sh": command})

    assert found.model_id == "Qwen/Qwen3-4B"
    training = found.training
    assert (training.batch, training.length, found.is_packed) == (8, 2048, True)
    assert training.quantization == "nf4"
    assert training.adapter
    assert (training.adapter.rank, training.adapter.targets) == (8, "all-linear")
    assert training.is_checkpointed
    assert found.is_certain


def test_a_configuration_file_decides_what_is_not_passed():
    command = "hf jobs uv run train.py --config sft.yaml --model_name_or_path Qwen/Qwen3-4B\n"
    found = read(TRL_PARSER, beside={"run.sh": command})
    assert found.model_id == "Qwen/Qwen3-4B"
    assert {"max_length", "per_device_train_batch_size", "the adapter"} <= set(assumed(found))
    assert not found.is_certain


def test_without_a_launch_such_a_script_names_no_model():
    found = read(TRL_PARSER)
    assert found.model_id is None
    assert found.training.adapter is None
    assert not found.is_certain


def test_own_dataclasses_click_and_typer():
    dataclass = """
from dataclasses import dataclass, field
from transformers import HfArgumentParser
from trl import SFTConfig, SFTTrainer

@dataclass
class Arguments:
    model: str = field(default="Qwen/Qwen3-8B", metadata={"help": "the model"})

args, training_args = HfArgumentParser((Arguments, SFTConfig)).parse_args_into_dataclasses()
SFTTrainer(args.model, args=training_args)
"""
    click = """
import click
from trl import SFTTrainer

@click.command()
@click.option("--model", default="Qwen/Qwen3-8B")
def main(model):
    SFTTrainer(model)

main()
"""
    typer = """
import typer
from trl import SFTTrainer

def main(model: str = "Qwen/Qwen3-8B"):
    SFTTrainer(model)

typer.run(main)
"""
    for code in (dataclass, click, typer):
        found = read(code)
        assert found.model_id == "Qwen/Qwen3-8B"
        assert assumed(found)["the model"] == "the default of --model"
        launched = {"run.sh": "hf jobs uv run train.py --model Qwen/Qwen3-4B\n"}
        assert read(code, beside=launched).model_id == "Qwen/Qwen3-4B"
