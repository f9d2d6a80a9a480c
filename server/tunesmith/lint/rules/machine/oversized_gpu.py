"""A GPU that costs clearly more than the training needs.

## What it does

Finds jobs on a flavor with one GPU for which a cheaper one has room, with a tenth of it to spare, and on
which the whole job costs at most two thirds while a step takes at most half as long again: short
sequences of small models, where every GPU waits for the program. It is the
price of the job that is compared, not that of the hour: a GPU that is twice as fast may cost twice as
much an hour.

## Why it costs you

The difference, minute by minute.

## Fix

Names the cheaper flavor where the flavor is told. Unsafe: how fast a GPU is, is an estimate.

## Source

The estimates of memory and time of `tunesmith estimate`; prices as the Hub said them last, or of the
table's date. `max_length` counts as if every batch reached it. RAM and disk of the cheaper flavor have to
do as well. Silent for anything but SFT, DPO and reward models; where the script evaluates, generates or
has several trainers, which may need more than a training step; and where what decides is not told for
sure.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.hardware import Accelerator, Machine
from tunesmith.knowledge.prices import priced_flavors
from tunesmith.lint.job_forecasts import JobForecast, job_forecasts
from tunesmith.lint.rule import INFORMATION, Bad, Finding, Good, rule
from tunesmith.lint.training_runs import TRAINERS
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import regex_with_words

_PRICE, _TIME, _MEMORY = 2 / 3, 1.5, 0.9
"""What a cheaper flavor may cost and take at most, as parts of now, and use of its GPU."""
_CHECKPOINTS = 5
_LEAST_RAM = 24 * 10**9
"""Room for a data set that is prepared, which may have been a reason for the larger machine."""
_METHODS = ("sft", "dpo", "reward")
_DOES_MORE = regex_with_words(
    r"eval_strategy|evaluation_strategy|\.evaluate\(|generate\(|vllm|torch\.compile",
    ("eval_strategy", "evaluation_strategy", ".evaluate(", "generate(", "vllm", "torch.compile"),
)
_GB, _GIB = 10**9, 2**30


@rule(code="MCH002", severity=INFORMATION, words=("Trainer",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if _DOES_MORE.search(script.text):
        return
    jobs = [job for job in job_forecasts(script, project) if _may_be_judged(job)]
    if not jobs or len(list(script.calls(*TRAINERS))) != 1:
        return
    judged = ((job, _cheapest(job, project)) for job in jobs)
    found = next(((job, better) for job, better in judged if better), None)
    if found:
        yield _finding(script, *found)


def _may_be_judged(job: JobForecast) -> bool:
    is_known = job.forecast.need is not None and job.forecast.fit.verdict == "fits"
    return is_known and job.machine.accelerators == 1 and job.training.training.method in _METHODS


def _cheapest(job: JobForecast, project: Project) -> Machine | None:
    """The cheapest flavor that does, if the job is clearly cheaper there."""
    now = job.machine.usd_per_hour
    cheaper = [each for each in priced_flavors(project) if each.usd_per_hour < now]
    for machine in sorted(cheaper, key=lambda each: each.usd_per_hour):
        gpu = machine.accelerator
        if gpu and gpu != job.gpu and _has_room(job, machine, gpu):
            slower = _slower(job, gpu)
            if slower <= _TIME and slower * machine.usd_per_hour <= now * _PRICE:
                return machine
    return None


def _has_room(job: JobForecast, machine: Machine, gpu: Accelerator) -> bool:
    from tunesmith.estimate.fit import disk_bytes, ram_bytes

    shape, step, needed = job.training.shape, job.training.training, job.forecast.need
    assert shape
    assert needed
    if machine.accelerators > 1 or (step.autocast == "bfloat16" and not gpu.has_bfloat16):
        return False
    if needed.high > _MEMORY * gpu.usable_vram_gib * _GIB:
        return False
    ram = max(ram_bytes(shape, step, is_mapped=False), _LEAST_RAM)
    disk = disk_bytes(shape, step, _CHECKPOINTS)
    return ram < machine.ram_gb * _GB and disk < machine.disk_gb * _GB


def _slower(job: JobForecast, gpu: Accelerator) -> float:
    """How many times as long a step takes there, by the least favourable view of both GPUs.

    As long as now only if the program takes all that time to launch kernels; else also by what data
    sheets say of the memory, as no view of arithmetic is that exact.
    """
    from tunesmith.estimate.compute import step_seconds

    shape, step = job.training.shape, job.training.training
    assert shape
    there, here = step_seconds(shape, step, gpu), step_seconds(shape, step, job.gpu)
    if there == here:
        return 1.0
    views = [one / other for one, other in zip(there, here, strict=True)]
    return max(*views, job.gpu.bandwidth_gb_s / gpu.bandwidth_gb_s)


def _finding(script: PythonScript, job: JobForecast, better: Machine) -> Finding:
    gpu, now, needed = better.accelerator, job.machine, job.forecast.need
    assert gpu
    assert needed
    slower = _slower(job, gpu)
    cost = slower * better.usd_per_hour / now.usd_per_hour
    found = job.start.edit("flavor", better.name)
    title = f"Run on {better.name} (${better.usd_per_hour:.2f}/h)"
    fix = found.fix(title, script.document) if found else None
    is_own = fix is not None and fix.document is None
    return Finding(
        job.training.trainer.callee_span,
        f"{now.name} ({job.start.name}) is more than this training needs: it takes at most "
        f"{needed.high / _GB:.1f} of {job.gpu.usable_vram_gib * _GIB / _GB:.1f} GB. {better.name} has "
        f"room for it at ${better.usd_per_hour:.2f} instead of ${now.usd_per_hour:.2f} an hour; by "
        f"estimate a step takes {_times(slower)} there, and the job costs {cost:.0%} of now.",
        fix if is_own else None,
        rests_on=job.in_force,
        alternatives=[fix] if fix and not is_own else [],
    )


def _times(slower: float) -> str:
    return "as long as now" if slower < 1.05 else f"up to {slower:.1f} times as long"


_TRAIN = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==4.57.1", "peft"]
# [tool.hf-jobs]
# flavor = "%s"
# timeout = "4h"
# ///
import peft, trl

config = trl.SFTConfig(
    max_length=%s,
    per_device_train_batch_size=%s,
    push_to_hub=True,
    model_init_kwargs={"dtype": "bfloat16"},%s
)
lora = peft.LoraConfig(r=16)
trl.SFTTrainer("Qwen/Qwen3-%s", config, train_dataset=data, peft_config=lora).train()
"""
BAD = [
    Bad(
        _TRAIN % ("a100-large", 512, 1, "", "0.6B"),
        at="trl.SFTTrainer",
        fixed=_TRAIN % ("l4x1", 512, 1, "", "0.6B"),
    ),
    Bad(
        _TRAIN % ("h200", 512, 1, "", "1.7B"),
        at="trl.SFTTrainer",
        fixed=_TRAIN % ("l40sx1", 512, 1, "", "1.7B"),
    ),
]
GOOD: list[str | Good] = [
    _TRAIN % ("l4x1", 512, 1, "", "0.6B"),
    _TRAIN % ("a100-large", 8192, 8, "", "4B"),
    _TRAIN % ("a10g-large", 2048, 8, "", "1.7B"),
    _TRAIN % ("a100-large", 512, 1, "\n    eval_strategy='steps',", "0.6B"),
    _TRAIN % ("a100-large", 512, "size", "", "0.6B"),
    _TRAIN % ("a100-large", 512, 1, "", "0.6B") + "trl.DPOTrainer(model).train()\n",
    Good(
        (_TRAIN % ("a100-large", 512, 1, "", "0.6B")).replace("Qwen/Qwen3-0.6B", "me/model"),
    ),
]
