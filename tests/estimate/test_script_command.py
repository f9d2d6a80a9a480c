"""Commands that run TRL's own scripts."""

from __future__ import annotations

import pytest

from builders import project, understood
from tunesmith.estimate.script import ScriptTraining, trainings_of_command
from tunesmith.estimate.training import Adapter

URL = "https://raw.githubusercontent.com/huggingface/trl/main/trl/scripts/{}.py"
OPTIONS = (
    "--model_name_or_path Qwen/Qwen3-4B --max_length 2048 --per_device_train_batch_size 2"
    " --use_peft --lora_r 32 --lora_target_modules q_proj k_proj --dtype bfloat16"
)


def read(command: str) -> list[ScriptTraining]:
    text = f"{command}\n"
    (found,) = understood("run.sh", text).commands
    return trainings_of_command(found, project({"run.sh": text}))


def test_a_script_of_trl_by_its_url():
    (found,) = read(f"hf jobs uv run --flavor a100-large {URL.format('sft')} {OPTIONS}")

    assert found.model_id == "Qwen/Qwen3-4B"
    training = found.training
    assert (training.method, training.length, training.batch) == ("sft", 2048, 2)
    assert training.load_dtype == "bfloat16"
    assert training.adapter == Adapter(32, ("q_proj", "k_proj"), has_dropout=True)
    assert found.is_certain
    assert found.launch
    assert found.launch.path.name == "run.sh"


@pytest.mark.parametrize(
    ("command", "method"),
    [
        ("hf jobs run --flavor a100x4 huggingface/trl trl dpo", "dpo"),
        ("hf jobs run --flavor a100x4 image accelerate launch trl/scripts/kto.py", "kto"),
    ],
)
def test_in_a_container(command: str, method: str):
    (found,) = read(f"{command} {OPTIONS}")
    assert (found.model_id, found.training.method) == ("Qwen/Qwen3-4B", method)
    assert not found.is_certain  # the image decides the release
    training = found.on(4)
    assert training
    assert (training.gpus, training.sharding) == (4, "ddp")


def test_what_the_command_leaves_open():
    (found,) = read(f'hf jobs uv run {URL.format("sft")} --model_name_or_path "$MODEL"')
    assert (found.model_id, found.is_certain) == (None, False)


@pytest.mark.parametrize("command", ["hf jobs uv run train.py", "hf jobs run image trl env"])
def test_other_commands(command: str):
    assert read(f"{command} {OPTIONS}") == []
