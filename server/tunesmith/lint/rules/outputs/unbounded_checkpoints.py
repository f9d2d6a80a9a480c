"""Checkpoints that fill the disk of the job.

## What it does

Finds full fine-tunings that run as jobs without `save_total_limit`, where the checkpoints are larger
than the disk of the flavor, or the disk holds fewer than ten of them and their number is not known.

## Why it costs you

Every checkpoint keeps the weights and the state of the optimizer: at least 6 bytes a parameter. A full
disk ends the training with `No space left on device`, and the disk is gone with the job.

## Fix

Adds `save_total_limit=2`. Unsafe: older checkpoints are deleted.

## Source

`Trainer._save_checkpoint` of transformers 4.40 to 5.23; sizes of disks from the Hub's documentation of
Jobs. The size is the least that it can be: weights and both states of AdamW in bfloat16, two bytes each,
or the weights alone with another optimizer or `save_only_model`. Silent for adapters, which are small,
and for models and flavors that are not known.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.hardware import Machine, flavor
from tunesmith.knowledge.models import model
from tunesmith.lint.checkpoints import saved_checkpoints
from tunesmith.lint.conversations import model_id
from tunesmith.lint.job_outputs import mounts_volume
from tunesmith.lint.rule import INFORMATION, UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.lint.training_runs import training_runs
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.training import text_trains
from tunesmith.sources.unknown import ABSENT

_SMALL = (
    *("peft", "Lora", "lora_", "unsloth", "load_in_4bit", "load_in_8bit"),
    *("requires_grad", "freeze"),
)
_FEW = 10


@rule(code="OUT003", severity=WARNING, words=("Trainer",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if not project.runs_as_job(script.path):
        return
    if any(word in script.text for word in _SMALL) or not text_trains(script.text):
        return
    machine = None if mounts_volume(script, project) else _flavor(script, project)
    for run in training_runs(script) if machine else ():
        known = model(model_id(run, script) or "")
        configuration = run.configuration
        if known is None or known.billions is None or configuration is None or machine is None:
            continue
        if configuration.value("save_total_limit") not in (ABSENT, None):
            continue
        size, count = (
            known.billions * _bytes_a_parameter(configuration),
            saved_checkpoints(configuration),
        )
        holds = int(machine.disk_gb // size)
        if count == 0 or holds >= (_FEW if count is None else count):
            continue
        number = "" if count is None else f"{count} "
        yield Finding(
            configuration.callee_span,
            f"The disk of {machine.name} ({machine.disk_gb} GB) holds {holds} of the {number}"
            f"checkpoints of {size:.0f} GB or more. Set save_total_limit.",
            _limit(script, configuration),
            INFORMATION if count is None else WARNING,
        )


def _flavor(script: PythonScript, project: Project) -> Machine | None:
    """The flavor with the largest disk that the script is started on; None where one is unknown."""
    table = (script.header.jobs_table if script.header else None) or {}
    names: list[object] = []
    for command in project.commands_launching(script.path):
        option = command.option("--flavor")
        names.append(option.value if option else table.get("flavor"))
    if any(launch.is_call for launch in project.launches_of(script.path)):
        return None
    names = names or [table.get("flavor")]
    found = [flavor(name) if isinstance(name, str) else None for name in names]
    known = [each for each in found if each]
    return max(known, key=lambda each: each.disk_gb) if len(known) == len(found) else None


def _bytes_a_parameter(configuration: Call) -> int:
    """At least; in GB for a billion parameters."""
    optimizer, only_model = configuration.value("optim"), configuration.value("save_only_model")
    is_adam = optimizer in (ABSENT, "adamw_torch", "adamw_torch_fused", "adamw_hf")
    return 6 if is_adam and only_model in (ABSENT, False) else 2


def _limit(script: PythonScript, configuration: Call) -> Fix | None:
    if configuration.argument("save_total_limit"):
        return None
    edit = script.keyword_insertion(configuration, "save_total_limit=2")
    return Fix("Keep 2 checkpoints", [edit], UNSAFE)


_JOB = {"run.sh": "hf jobs uv run --flavor a10g-large --timeout 4h --secrets HF_TOKEN train.py\n"}
_TRAIN = (
    "import trl\n\n"
    "config = trl.SFTConfig(max_length=512, push_to_hub=True%s)\n"
    "trainer = trl.SFTTrainer(model='Qwen/Qwen3-4B', args=config, train_dataset=data)\n"
    "trainer.train()\n"
)
BAD = [
    Bad(
        _TRAIN % ", max_steps=5000",
        at="trl.SFTConfig",
        fixed=_TRAIN % ", max_steps=5000, save_total_limit=2",
        beside=_JOB,
    ),
    Bad(
        _TRAIN % ", save_steps=100",
        at="trl.SFTConfig",
        fixed=_TRAIN % ", save_steps=100, save_total_limit=2",
        beside=_JOB,
        severity=INFORMATION,
    ),
]
GOOD = [
    _TRAIN % ", max_steps=5000",
    Good(_TRAIN % ", max_steps=5000, save_total_limit=3", beside=_JOB),
    Good(_TRAIN % ", max_steps=5000, save_steps=2500", beside=_JOB),
    Good(_TRAIN % ", save_strategy='no'", beside=_JOB),
    Good(_TRAIN % ", **options", beside=_JOB),
    Good("import peft\n" + _TRAIN % ", max_steps=5000", beside=_JOB),
    Good((_TRAIN % ", max_steps=5000").replace("4B", "0.6B"), beside=_JOB),
    Good(_TRAIN % "", beside={"run.sh": "hf jobs uv run --flavor h200x8 train.py\n"}),
]
