"""How several GPUs share a training, as its start and its arguments say."""

from __future__ import annotations

import pytest

from estimate.scripts import read

GIVEN = "from trl import SFTConfig, SFTTrainer\nSFTTrainer('Qwen/Qwen3-4B', args=SFTConfig({}))\n"
LOADED = (
    "from transformers import AutoModelForCausalLM\nfrom trl import SFTTrainer\n"
    "SFTTrainer(AutoModelForCausalLM.from_pretrained('Qwen/Qwen3-4B'{}))\n"
)
RUN = "hf jobs run --flavor a100x4 image {} train.py\n"


@pytest.mark.parametrize(
    ("command", "gpus", "sharding"),
    [
        ("accelerate launch", 4, "ddp"),
        ("accelerate launch --num_processes 2", 2, "ddp"),
        ("accelerate launch --num_processes=1", 1, None),
        ("accelerate launch --config_file configs/zero3.yaml", 4, "zero3"),
        ("accelerate launch --config_file deepspeed_zero2.yaml --num_processes 4", 4, "zero2"),
        ("accelerate launch --use_fsdp", 4, "fsdp1"),
        ("accelerate launch --use_fsdp --fsdp_version 2", 4, "fsdp"),
        ("accelerate launch --config_file fsdp2.yaml", 4, "fsdp"),
        ("accelerate launch --use_deepspeed --zero_stage 3", 4, "zero3"),
        ("torchrun --nproc_per_node 4", 4, "ddp"),
        ("python -m torch.distributed.run --nproc-per-node=gpu", 4, "ddp"),
    ],
)
def test_launchers(command: str, gpus: int, sharding: str | None):
    found = read(LOADED.format(""), beside={"run.sh": RUN.format(command)})
    training = found.on(4)
    assert training
    assert (training.gpus, training.sharding) == (gpus, sharding)


@pytest.mark.parametrize(
    "command",
    [
        "accelerate launch --config_file mine.yaml",
        "deepspeed",
        "accelerate launch --use_fsdp --fsdp_offload_params true",
        "accelerate launch --use_fsdp --fsdp_sharding_strategy SHARD_GRAD_OP",
        "accelerate launch --use_deepspeed --offload_optimizer_device cpu",
    ],
)
def test_files_that_are_not_read_leave_it_open(command: str):
    assert read(LOADED.format(""), beside={"run.sh": RUN.format(command)}).on(4) is None


def test_the_arguments_of_the_trainer():
    beside = {"run.sh": RUN.format("accelerate launch")}
    for argument, sharding in [
        ("fsdp='full_shard'", "fsdp"),
        ("fsdp=True", "fsdp"),
        ("fsdp=True, fsdp_config={'version': 1}", "fsdp1"),
        ("fsdp='full_shard', fsdp_config={'fsdp_version': 2}", "fsdp"),
        ("deepspeed='ds_zero2.json'", "zero2"),
        ("deepspeed={'zero_optimization': {'stage': 3}}", "zero3"),
    ]:
        training = read(GIVEN.format(argument), beside=beside).on(4)
        assert training
        assert training.sharding == sharding
    assert read(GIVEN.format("deepspeed='mine.json'"), beside=beside).on(4) is None


@pytest.mark.parametrize(
    "start",
    [
        "os.execv(sys.executable, [sys.executable, '-m', 'torch.distributed.run', __file__])",
        "words = ['accelerate', 'launch', __file__]\n    os.execvp(words[0], words)",
    ],
)
def test_a_script_that_becomes_its_own_launcher(start: str):
    beside = {"run.sh": "hf jobs uv run --flavor a100x4 train.py\n"}
    code = f"import os, sys\nif 'LOCAL_RANK' not in os.environ:\n    {start}\n"
    for argument, sharding in [("fsdp=True", "fsdp"), ("", "ddp")]:
        training = read(code + GIVEN.format(argument), beside=beside).on(4)
        assert training
        assert (training.gpus, training.sharding) == (4, sharding)


def test_fsdp_computes_activations_again():
    options = "gradient_checkpointing=False, fsdp_config={'activation_checkpointing': True}"
    assert read(GIVEN.format(f"fsdp=True, {options}")).training.is_checkpointed
    assert not read(GIVEN.format(options)).training.is_checkpointed


def test_one_process():
    beside = {"run.sh": "hf jobs uv run --flavor a100x4 train.py\n"}
    assert read(LOADED.format(""), beside=beside).on(4) is None  # TRL raises
    for code in (LOADED.format(", device_map='auto'"), GIVEN.format("")):
        training = read(code, beside=beside).on(4)
        assert training
        assert (training.gpus, training.sharding) == (4, "device_map")


def test_one_gpu_needs_no_sharing():
    found = read(LOADED.format(""))
    assert found.on(1) == found.training
    assert found.on(4) is None
