"""A timeout that ends before the training does.

## What it does

Estimates how long a training takes on the machine of its job, and finds timeouts that are below even
the hopeful end of that. The length of a training is known where `max_steps` says it; how many rows a
data set has, nothing here tells.

## Why it costs you

The Hub ends a job when its timeout is over, whatever it is doing. All the time up to there has been
paid for, and what was not pushed is lost.

## Fix

Writes one and a half times the likely duration, where the timeout is told. Unsafe: it is an estimate,
and a job that hangs runs until its timeout. You pay for the time that a job runs, not for its timeout.

## Source

The estimate's hopeful end is faster than seven of eight published measurements
(`tests/estimate/throughputs.json`) and counts a minute to start. Silent where the script may stop by
itself, goes on from a checkpoint, or leaves open what decides, as GRPO does, whose answers may be short;
and where there is no timeout, of which `default-timeout` speaks.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunesmith.lint.job_forecasts import FORECAST_WORDS, JobForecast, job_forecasts
from tunesmith.lint.rule import WARNING, Bad, Finding, Good, rule
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import Span, regex_with_words

_ROOM = 1.5
_MAY_STOP = regex_with_words(
    r"[Ee]arly_?[Ss]topping|should_training_stop|resume_from_checkpoint|max_time",
    ("arly", "should_training_stop", "resume_from_checkpoint", "max_time"),
)


@rule(code="MCH003", severity=WARNING, words=FORECAST_WORDS)
def check(source: PythonScript | LaunchCommand, project: Project) -> Iterator[Finding]:
    text = source.text if isinstance(source, PythonScript) else source.raw(source.span)
    if isinstance(source, PythonScript) and (_MAY_STOP.search(text) or ".train(" not in text):
        return
    found = (job for job in job_forecasts(source, project) if _is_too_short(job))
    seen: set[Span] = set()
    for job in sorted(found, key=lambda each: each.start.seconds or 0):
        span = _place(source, job)
        if span not in seen:
            seen.add(span)
            yield _finding(source, span, job)


def _is_too_short(job: JobForecast) -> bool:
    lasts, seconds = job.forecast.duration, job.start.seconds
    if lasts is None or not seconds or job.training.assumed:
        return False
    return seconds < lasts.hours.low * 3600


def _place(source: PythonScript | LaunchCommand, job: JobForecast) -> Span:
    """The timeout if it is in the same document, else the trainer."""
    command = job.start.command
    option = command.option("--timeout") if command else None
    if command and option:
        is_here = isinstance(source, LaunchCommand) or command.document.path == source.path
        place = option.words[-1].span if is_here else None
    else:
        header = job.start.header
        place = header.value_span("tool", "hf-jobs", "timeout") if header else None
    return place or job.training.trainer.callee_span


def _finding(source: PythonScript | LaunchCommand, span: Span, job: JobForecast) -> Finding:
    lasts = job.forecast.duration
    assert lasts
    better = _written(lasts.hours.likely * _ROOM)
    found = job.start.edit("timeout", better)
    fix = found.fix(f"Set a timeout of {better}", source.document) if found else None
    is_own = fix is not None and fix.document is None
    low, high = (_shown(each) for each in (lasts.hours.low, lasts.hours.high))
    by = f" of {job.start.name}" if isinstance(source, PythonScript) else ""
    return Finding(
        span,
        f"The timeout{by}, {job.start.timeout}, ends this training: {lasts.steps:,} steps take "
        f"{low} to {high} on {job.machine.name} by estimate. Set {better}.",
        fix if is_own else None,
        rests_on=job.in_force,
        alternatives=[fix] if fix and not is_own else [],
    )


def _written(hours: float) -> str:
    return f"{math.ceil(hours)}h" if hours > 1 else f"{math.ceil(hours * 60)}m"


def _shown(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes"


_HEADER = (
    '# /// script\n# dependencies = ["trl==1.16.0", "transformers==4.57.1", "peft"]\n'
    '# [tool.hf-jobs]\n# flavor = "a10g-large"\n# timeout = "%s"\n# ///\n'
)
_PINNED = '# /// script\n# dependencies = ["trl==1.16.0", "transformers==4.57.1", "peft"]\n# ///\n'
_TRAIN = """\
import peft, trl

config = trl.SFTConfig(
    max_steps=%s,
    per_device_train_batch_size=4,
    push_to_hub=True,
    model_init_kwargs={"dtype": "bfloat16"},
)
lora = peft.LoraConfig(r=16)
trainer = trl.SFTTrainer("Qwen/Qwen3-4B", args=config, train_dataset=data, peft_config=lora)
trainer.train()
"""
_JOB = {"run.sh": "hf jobs uv run --flavor a10g-large --timeout 1h --secrets HF_TOKEN train.py\n"}
_SCRIPT = (
    "hf jobs uv run --flavor a10g-large --timeout %s --secrets HF_TOKEN "
    "https://raw.githubusercontent.com/huggingface/trl/main/trl/scripts/sft.py "
    "--model_name_or_path Qwen/Qwen3-4B --use_peft --dtype bfloat16 --max_steps 20000 --push_to_hub\n"
)
BAD = [
    Bad(
        _HEADER % "1h" + _TRAIN % 20_000,
        at='"1h"',
        fixed=_HEADER % "9h" + _TRAIN % 20_000,
    ),
    Bad(
        _PINNED + _TRAIN % 20_000,
        at="trl.SFTTrainer",
        beside=_JOB,
        alternatives=["Set a timeout of 9h"],
    ),
    Bad(_SCRIPT % "30m", at="30m", fixed=_SCRIPT % "18h", file="run.sh"),
]
_GRPO = (
    (_HEADER % "1h" + _TRAIN % 20_000)
    .replace("trl==1.16.0", "trl==0.24.0")
    .replace("SFT", "GRPO")
    .replace("push_to_hub", "max_prompt_length=256, push_to_hub")
    .replace("args=config", "args=config, reward_funcs=[len]")
)
GOOD: list[str | Good] = [
    _GRPO,
    _HEADER % "40h" + _TRAIN % 20_000,
    _HEADER % "1h" + _TRAIN % 200,
    _HEADER % "2h" + _TRAIN % 20_000,
    _HEADER % "1h" + _TRAIN % -1,
    _HEADER % "1h" + _TRAIN % "steps",
    _HEADER % "1 hour" + _TRAIN % 20_000,
    _HEADER % "1h" + (_TRAIN % 20_000).replace(".train()", ".train(resume_from_checkpoint=True)"),
    _HEADER % "1h" + (_TRAIN % 20_000).replace("Qwen/Qwen3-4B", "me/my-model"),
    Good(_PINNED + _TRAIN % 20_000, beside={"r.sh": "hf jobs uv run --flavor l4x1 train.py\n"}),
]
