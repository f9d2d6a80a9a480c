"""A model and checkpoints that are larger than the disk of the job.

## What it does

Adds up what a training writes on the disk of its machine: the packages, the model as it is downloaded,
and the checkpoints that it surely keeps at the same time, which are one more than `save_total_limit`
while the newest is written. Finds flavors whose disk is smaller.

## Why it costs you

`No space left on device` ends the job: at the download, or hours later at a checkpoint. The disk is gone
with the job, and so are the checkpoints before.

## Fix

A flavor with a larger disk, on which the training fits. Where checkpoints fill it: fewer of them, or
checkpoints without the optimizer's state (`save_only_model`), from which a training cannot go on. All
unsafe.

## Source

Sizes of disks from the Hub's documentation of Jobs; `Trainer._save_checkpoint` and `rotate_checkpoints`
of transformers 4.40 to 5.23. Models are counted with two bytes a parameter, as they are on the Hub, and
packages with 5 GB at least. Silent where a volume is mounted or another folder of the cache is named,
and where what decides is not told for sure. Checkpoints without `save_total_limit` are left to
`unbounded-checkpoints`.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.checkpoints import kept_checkpoints
from tunesmith.lint.job_forecasts import FORECAST_WORDS, JobForecast, job_forecasts
from tunesmith.lint.job_outputs import mounts_volume
from tunesmith.lint.rule import ERROR, UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Edit, regex_with_words

_GB = 10**9
_ELSEWHERE = regex_with_words(
    r"HF_HOME|HF_HUB_CACHE|cache_dir|[\"'(=\s]/(?:data|mnt)\b",
    ("HF_HOME", "HF_HUB_CACHE", "cache_dir", "/data", "/mnt"),
)
_LEAST_ENVIRONMENT = 5 * _GB
"""Bytes of an environment with torch and CUDA's libraries."""


@rule(code="MCH004", severity=ERROR, words=FORECAST_WORDS)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if _ELSEWHERE.search(script.text):
        return
    seen: set[int] = set()
    for job in job_forecasts(script, project):
        disk, count = job.machine.disk_gb * _GB, _kept(job)
        start = job.training.trainer.callee_span.start
        if (
            start in seen
            or not disk
            or _bytes(job, count) <= disk
            or mounts_volume(script, project)
        ):
            continue
        seen.add(start)
        yield _finding(script, job, count, project)


def _kept(job: JobForecast) -> int:
    arguments = job.training.sources.arguments
    if arguments is None or arguments.call.value("save_only_model") not in (ABSENT, False, True):
        return 0
    return kept_checkpoints(arguments.call)


def _bytes(job: JobForecast, checkpoints: int) -> int:
    """The least that the job writes."""
    from tunesmith.estimate.fit import ENVIRONMENT, disk_bytes

    shape, step = job.training.shape, job.training.training
    assert shape
    whole = disk_bytes(shape, step, checkpoints) - ENVIRONMENT + _LEAST_ENVIRONMENT
    if checkpoints and _saves_only_model(job):
        from tunesmith.estimate.memory import optimizer_bytes

        whole -= checkpoints * optimizer_bytes(shape, step)
    return whole


def _saves_only_model(job: JobForecast) -> bool:
    arguments = job.training.sources.arguments
    return arguments is not None and arguments.call.value("save_only_model") is True


def _finding(script: PythonScript, job: JobForecast, count: int, project: Project) -> Finding:
    from tunesmith.lint.machine_fixes import machine_fix

    alone, machine = _bytes(job, 0), job.machine
    needed = _bytes(job, count)
    is_model = alone > machine.disk_gb * _GB
    fixes = list(
        machine_fix(script.document, job, project, lambda each: each.disk_gb * _GB > needed)
    )
    if not is_model:
        fixes += _fewer(script, job, count)
    own = fixes[0] if fixes and fixes[0].document is None else None
    each = f" and {count} checkpoints of {(needed - alone) / count / _GB:.1f} GB" if count else ""
    return Finding(
        job.training.trainer.callee_span,
        f"The disk of {machine.name} ({job.start.name}) has {machine.disk_gb} GB, and this training "
        f"writes at least {needed / _GB:.0f} GB: packages and the model take {alone / _GB:.1f} GB"
        f"{each}. Take a flavor with a larger one{'' if is_model else ', or keep fewer'}.",
        own,
        ERROR if is_model else WARNING,
        job.in_force,
        fixes[1:] if own else fixes,
    )


def _fewer(script: PythonScript, job: JobForecast, count: int) -> Iterator[Fix]:
    """Fewer checkpoints, or smaller ones, each if that is enough."""
    arguments, disk = job.training.sources.arguments, job.machine.disk_gb * _GB
    if arguments is None:
        return
    limit = arguments.call.argument("save_total_limit")
    fewer = next((each for each in range(count - 1, 1, -1) if _bytes(job, each) <= disk), 0)
    if fewer and limit and limit.name and not limit.comes_from_expansion:
        keyword = f"save_total_limit={fewer - 1}"
        yield Fix(f"Write {keyword}", [Edit(limit.span, keyword)], UNSAFE)
    if not _saves_only_model(job) and _without_optimizer(job, count) <= disk:
        yield from _only_model(script, arguments.call)


def _without_optimizer(job: JobForecast, count: int) -> int:
    from tunesmith.estimate.memory import optimizer_bytes

    assert job.training.shape
    states = optimizer_bytes(job.training.shape, job.training.training)
    return _bytes(job, count) - count * states


def _only_model(script: PythonScript, configuration: Call) -> Iterator[Fix]:
    if configuration.argument("save_only_model") is None:
        edit = script.keyword_insertion(configuration, "save_only_model=True")
        yield Fix("Write save_only_model=True", [edit], UNSAFE)


_TRAIN = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==4.57.1"]
# [tool.hf-jobs]
# flavor = "%s"
# timeout = "4h"
# ///
import trl

config = trl.SFTConfig(
    per_device_train_batch_size=1,
    max_length=512,
    max_steps=5000,
    save_total_limit=%s,%s
    push_to_hub=True,
)
trl.SFTTrainer("Qwen/%s", config, train_dataset=data).train()
"""
_QUANTIZED = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==4.57.1", "peft", "bitsandbytes"]
# [tool.hf-jobs]
# flavor = "%s"
# timeout = "4h"
# ///
import peft, transformers, trl

config = trl.SFTConfig(per_device_train_batch_size=1, max_length=512, push_to_hub=True)
bits = transformers.BitsAndBytesConfig(load_in_4bit=True)
lora = peft.LoraConfig()
trl.SFTTrainer("Qwen/Qwen3-%s", config, train_dataset=data, peft_config=lora, quantization_config=bits).train()
"""
_OFTEN = "\n    save_steps=100,"
BAD = [
    Bad(
        _QUANTIZED % ("t4-small", "32B"),
        at="trl.SFTTrainer",
        fixed=_QUANTIZED % ("l40sx1", "32B"),
    ),
    Bad(
        _TRAIN % ("a10g-small", 20, _OFTEN, "Qwen3-0.6B"),
        at="trl.SFTTrainer",
        fixed=_TRAIN % ("l4x1", 20, _OFTEN, "Qwen3-0.6B"),
        severity=WARNING,
        alternatives=["Write save_total_limit=13", "Write save_only_model=True"],
    ),
]
GOOD: list[str | Good] = [
    _QUANTIZED % ("l4x1", "32B"),
    _QUANTIZED % ("t4-small", "8B"),
    _TRAIN % ("a10g-small", 20, "", "Qwen3-0.6B"),
    _TRAIN % ("a10g-small", 5, _OFTEN, "Qwen3-0.6B"),
    _TRAIN % ("a10g-small", "keep", _OFTEN, "Qwen3-0.6B"),
    _TRAIN % ("a10g-small", 20, _OFTEN + "\n    output_dir='/data/out',", "Qwen3-0.6B"),
    Good(
        (_QUANTIZED % ("t4-small", "32B")).replace(
            "# flavor", "# volumes = ['hf://buckets/me/b:/out']\n# flavor"
        ),
    ),
]
