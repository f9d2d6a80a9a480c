"""What commands that are no jobs, recipes and launchers' files say of a training."""

from __future__ import annotations

import json

import pytest

from builders import project, understood
from estimate.scripts import HEADER
from tunesmith.estimate.script import ScriptTraining, trainings_of, trainings_of_trl
from tunesmith.estimate.training import Adapter
from tunesmith.sources.plain_launches import find_plain_launches
from tunesmith.sources.python_script import PythonScript

PARSED = HEADER.format("1.16.0", "5.23.0") + (
    "from trl import ModelConfig, ScriptArguments, SFTConfig, SFTTrainer, TrlParser\n"
    "from trl import get_peft_config\n"
    "parser = TrlParser((ScriptArguments, SFTConfig, ModelConfig))\n"
    "script_args, training_args, model_args = parser.parse_args_and_config()\n"
    "SFTTrainer(model_args.model_name_or_path, args=training_args,\n"
    "    peft_config=get_peft_config(model_args))\n"
)
RECIPE = """\
model_name_or_path: Qwen/Qwen3-4B
max_length: 4096
per_device_train_batch_size: 2
gradient_accumulation_steps: 8
learning_rate: 2.0e-4
use_peft: true
lora_r: 32
lora_target_modules: [q_proj, k_proj]
"""
ZERO3 = """\
compute_environment: LOCAL_MACHINE
distributed_type: DEEPSPEED
deepspeed_config:
  zero_stage: 3
num_processes: 4
"""


def read(files: dict[str, str], text: str = PARSED) -> list[ScriptTraining]:
    sources = understood("train.py", text).sources
    (script,) = (each for each in sources if isinstance(each, PythonScript))
    return trainings_of(script, project({"train.py": text, **files}))


def test_a_recipe():
    (found,) = read({"recipe.yaml": RECIPE, "run.sh": "python train.py --config recipe.yaml\n"})
    assert found.model_id == "Qwen/Qwen3-4B"
    training = found.training
    assert (training.batch, training.length, found.accumulation) == (2, 4096, 8)
    assert training.adapter == Adapter(32, ("q_proj", "k_proj"), has_dropout=True)
    assert found.epochs == 3
    assert found.is_certain


def test_a_command_comes_before_its_recipe():
    files = {
        "recipes/a.yaml": RECIPE,
        "run.sh": "python train.py --config recipes/a.yaml --max_length 512 --no_packing\n",
    }
    (found,) = read(files)
    assert (found.training.length, found.training.batch) == (512, 2)


def test_a_recipe_of_a_job():
    command = "hf jobs uv run --flavor a100-large train.py --config recipe.yaml\n"
    (found,) = read({"recipe.yaml": RECIPE, "run.sh": command})
    assert (found.model_id, found.training.length) == ("Qwen/Qwen3-4B", 4096)


@pytest.mark.parametrize(
    "files",
    [{}, {"recipe.yaml": "- a list\n"}, {"recipe.yaml": "model_name_or_path: !x &a |\n"}],
)
def test_a_recipe_that_nobody_can_read(files: dict[str, str]):
    (found,) = read({**files, "run.sh": "python train.py --config recipe.yaml\n"})
    assert found.model_id is None
    assert not found.is_certain


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.sh", "CUDA_VISIBLE_DEVICES=0 python3 train.py {}\n"),
        ("README.md", "# Run\n\n```bash\nuv run train.py {}\n```\n"),
        ("Makefile", "train:\n\tpython train.py {}\n"),
        ("slurm.sh", "srun torchrun --nproc_per_node 1 train.py {}\n"),
        ("run.sh", 'python train.py \\\n  {} \\\n  --output_dir "$OUT"\n'),
    ],
)
def test_a_plain_command(name: str, text: str):
    options = "--model_name_or_path Qwen/Qwen3-8B --max_length 2048"
    (found,) = read({name: text.format(options)})
    assert (found.model_id, found.training.length) == ("Qwen/Qwen3-8B", 2048)
    assert found.launch
    assert found.launch.path.name == name


def test_the_command_in_the_scripts_own_docstring():
    text = f'"""Train.\n\npython train.py --model_name_or_path Qwen/Qwen3-8B\n"""\n{PARSED}'
    (found,) = read({}, text)
    assert found.model_id == "Qwen/Qwen3-8B"


@pytest.mark.parametrize(
    "files",
    [
        {"run.sh": "python other.py --model_name_or_path Qwen/Qwen3-8B\n"},
        {"README.md": "```bash\n# ❌ WRONG\npython train.py --model_name_or_path Q/Q-8B\n```\n"},
        {"notes.txt": "python train.py --model_name_or_path Qwen/Qwen3-8B\n"},
        {"README.md": "Say train.py to train.\n"},
    ],
)
def test_what_starts_nothing(files: dict[str, str]):
    (found,) = read(files)
    assert (found.model_id, found.launch) == (None, None)


def test_what_runs_as_a_job_is_not_read_for_another_machine():
    files = {
        "README.md": "```bash\npython train.py --model_name_or_path Qwen/Qwen3-8B\n```\n",
        "run.sh": "hf jobs uv run train.py --model_name_or_path Qwen/Qwen3-4B\n",
    }
    (found,) = read(files)
    assert found.model_id == "Qwen/Qwen3-4B"


@pytest.mark.parametrize(
    ("name", "text", "sharding"),
    [
        ("a.yaml", ZERO3, "zero3"),
        ("a.yaml", ZERO3.replace("zero_stage: 3", "zero_stage: 2"), "zero2"),
        ("a.yaml", "distributed_type: FSDP\nnum_processes: 4\n", "fsdp1"),
        (
            "a.yaml",
            "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\nnum_processes: 4\n",
            "fsdp",
        ),
        (
            "a.yaml",
            "distributed_type: FSDP\nfsdp_config:\n  fsdp_offload_params: true\nnum_processes: 4\n",
            None,
        ),
        (
            "zero3.yaml",
            ZERO3.replace("zero_stage", "offload_param_device: cpu\n  zero_stage"),
            None,
        ),
        ("a.yaml", "distributed_type: MULTI_GPU\nnum_processes: 4\n", "ddp"),
        ("a.yaml", "distributed_type: DEEPSPEED\ndeepspeed_config: {}\nnum_processes: 4\n", None),
        ("a.yaml", "distributed_type: XPU\nnum_processes: 4\n", None),
    ],
)
def test_a_file_of_accelerate(name: str, text: str, sharding: str | None):
    command = f"accelerate launch --config_file {name} train.py --config recipe.yaml\n"
    (found,) = read({name: text, "recipe.yaml": RECIPE, "run.sh": command})
    assert (found.parallel.processes, found.parallel.sharding) == (4, sharding)


def test_a_file_of_deepspeed():
    files = {
        "ds.json": json.dumps({"zero_optimization": {"stage": 2}}),
        "recipe.yaml": RECIPE + "deepspeed: ds.json\n",
        "run.sh": "torchrun --nproc_per_node 4 train.py --config recipe.yaml\n",
    }
    (found,) = read(files)
    four = found.on(4)
    assert four
    assert (four.gpus, four.sharding) == (4, "zero2")


@pytest.mark.parametrize("name", ["zero3.json", "zero3_offload.json"])
def test_what_deepspeed_moves_off_the_gpu_is_not_counted(name: str):
    zero = {"stage": 3, "offload_optimizer": {"device": "cpu"}}
    files = {
        "recipe.yaml": RECIPE + f"deepspeed: {name}\n",
        "run.sh": "torchrun --nproc_per_node 4 train.py --config recipe.yaml\n",
    }
    if name == "zero3.json":
        files[name] = json.dumps({"zero_optimization": zero})
    (found,) = read(files)
    assert found.on(4) is None


def test_trls_own_command():
    text = "trl sft --config recipe.yaml --max_length 1024 --dtype bfloat16\n"
    document = understood("run.sh", text).document
    (start,) = find_plain_launches(document, None)
    (found,) = trainings_of_trl(start, project({"run.sh": text, "recipe.yaml": RECIPE}))
    assert (found.model_id, found.training.length) == ("Qwen/Qwen3-4B", 1024)
    assert found.training.load_dtype == "bfloat16"
    assert [each.what for each in found.assumed] == ["the newest release of trl"]
