"""A training that does not fit the GPU of its job.

## What it does

Estimates the memory that a training takes and compares it with what a program can have of the GPU that
the script's jobs run on: by the command that starts it, its `[tool.hf-jobs]`, or a call of
huggingface_hub. The two largest parts are named.

| | surely so long | only once an example is so long |
|---|---|---|
| even the least estimate is too large | error | warning |
| the least fits, the most does not | warning | information |

`max_length` cuts what is longer; the data may be shorter. So the left column is for what does not
depend on the data: packing, which fills every row up to that length, and trainings whose weights and
optimizer are too large by themselves.

## Why it costs you

`CUDA out of memory` ends the job: often in the first minutes, after the model was downloaded; where
only the longest examples are too long, hours later at the first of them.

## Fix

Several, each of which is enough by itself: the cheapest flavor on which it fits, shorter sequences,
fewer at a time with as many more steps of accumulation (what is learned stays the same), gradient
checkpointing, the model in bfloat16 (TRL loads it in float32 since 0.27) or in 4 bits, or a TRL that
computes no full logits; where none is enough alone, several together. All unsafe: they cost money, time
or data, and you choose which.

## Source

The estimate stays within 3 percent of what one step of the real libraries keeps
([docs/memory.md](../memory.md)); usable memory, CUDA's own part and gaps are from public error
messages. Silent where the model, the release of TRL or anything else that decides is not told for
sure; where several GPUs share the work in a way that is not told; where weights are frozen or moved, a
trainer is subclassed, or kernels are replaced.

## Since

Every release of TRL since 0.7; what it does by itself changes with its release.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunesmith.lint.job_forecasts import FORECAST_WORDS, JobForecast, job_forecasts
from tunesmith.lint.rule import (
    ERROR,
    INFORMATION,
    WARNING,
    Bad,
    Finding,
    Fix,
    Good,
    Severity,
    rule,
)
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import Span

if TYPE_CHECKING:
    from tunesmith.estimate.fit import Need

_GB = 1e9
_GIB = 2**30


@rule(code="MCH001", severity=ERROR, words=FORECAST_WORDS)
def check(source: PythonScript | LaunchCommand, project: Project) -> Iterator[Finding]:
    judged = ((_severity(job), job) for job in job_forecasts(source, project))
    found = [(severity, job) for severity, job in judged if severity]
    worst_first = sorted(found, key=lambda each: -each[0])
    seen: set[Span] = set()
    for severity, job in worst_first:
        span = _place(source, job)
        if span not in seen:
            seen.add(span)
            yield _finding(source, job, severity, span, project)


def _severity(job: JobForecast) -> Severity | None:
    """How bad it is; None where it fits."""
    needed = job.forecast.need
    if needed is None or job.forecast.fit.verdict not in ("no", "tight"):
        return None
    usable = _usable(job)
    is_sure = job.training.is_packed
    if needed.low > usable:
        return ERROR if is_sure or _shortest(job).low > usable else WARNING
    return WARNING if is_sure or _shortest(job).high > usable else INFORMATION


def _usable(job: JobForecast) -> float:
    return job.gpu.usable_vram_gib * _GIB


def _shortest(job: JobForecast) -> Need:
    """What the training takes however short its examples are."""
    from tunesmith.estimate.changes import Changes, changed
    from tunesmith.estimate.forecast import forecast

    found = forecast(changed(job.training, Changes(length=1)), job.machine).need
    assert found
    return found


def _place(source: PythonScript | LaunchCommand, job: JobForecast) -> Span:
    if isinstance(source, PythonScript):
        return job.training.trainer.callee_span
    option = source.option("--flavor")
    return option.words[-1].span if option else source.span


def _finding(
    source: PythonScript | LaunchCommand,
    job: JobForecast,
    severity: Severity,
    span: Span,
    project: Project,
) -> Finding:
    fixes = _fixes(source, job, project)
    own = fixes[0] if fixes and fixes[0].document is None else None
    return Finding(
        span,
        _message(source, job),
        own,
        severity,
        job.in_force,
        fixes[1:] if own else fixes,
    )


def _fixes(source: PythonScript | LaunchCommand, job: JobForecast, project: Project) -> list[Fix]:
    from tunesmith.lint.machine_fixes import machine_fix
    from tunesmith.lint.memory_fixes import memory_fixes

    if isinstance(source, PythonScript):
        return list(memory_fixes(source, job, project))
    return list(machine_fix(source.document, job, project))


def _message(source: PythonScript | LaunchCommand, job: JobForecast) -> str:
    needed, step = job.forecast.need, job.training.training
    assert needed
    (first, one), (second, two) = needed.largest()
    usable = _usable(job)
    shortest = _shortest(job)
    verb = "does not fit" if needed.low > usable else "may not fit"
    if shortest.low > usable:
        when = "However short the examples are"
    elif job.training.is_packed:
        when = f"Packed to {step.length:,} tokens"
    else:
        when = f"With examples of {step.length:,} tokens, which is the most that it lets through"
    by = f" ({job.start.name})" if isinstance(source, PythonScript) else ""
    memory = "GPU memory" if job.machine.accelerators == 1 else "the memory of each GPU"
    rows = f"{step.batch} at a time" if step.batch > 1 else "one at a time"
    return (
        f"{when}, {rows}, this training {verb} {job.machine.name}{by}: it takes "
        f"{needed.low / _GB:.1f} to {needed.high / _GB:.1f} GB of {memory}, and an {job.gpu.name} "
        f"has {usable / _GB:.1f} GB to use. Most goes to {first} ({one / _GB:.1f} GB) and {second} "
        f"({two / _GB:.1f} GB)."
    )


_HEADER = (
    '# /// script\n# dependencies = ["trl%s", "transformers==4.57.1", "peft"%s]\n'
    '# [tool.hf-jobs]\n# flavor = "%s"\n# timeout = "4h"\n# ///\n'
)
_TRAIN = """\
import peft, trl

config = trl.SFTConfig(
    max_length=%s,
    per_device_train_batch_size=%s,
    gradient_accumulation_steps=%s,
    push_to_hub=True,
    model_init_kwargs={"dtype": "bfloat16"},%s
)
lora = peft.LoraConfig(r=16)
trainer = trl.SFTTrainer("Qwen/Qwen3-%s", args=config, train_dataset=data, peft_config=lora)
trainer.train()
"""


def _header(flavor: str, trl: str = "==1.16.0", more: str = "") -> str:
    return _HEADER % (trl, more, flavor)


def _train(
    length: int = 4096, batch: int = 2, steps: int = 4, more: str = "", model: str = "4B"
) -> str:
    return _TRAIN % (length, batch, steps, more, model)


_BFLOAT16 = '    model_init_kwargs={"dtype": "bfloat16"},'
_JOB = {"run.sh": "hf jobs uv run --flavor a10g-large --timeout 4h --secrets HF_TOKEN train.py\n"}
_PINNED = '# /// script\n# dependencies = ["trl==1.16.0", "transformers==4.57.1", "peft"]\n# ///\n'
_PACKED = "\n    packing=True,"
_OFF = "\n    gradient_checkpointing=False,"
_CALL = {
    "submit.py": "import huggingface_hub\n\nhuggingface_hub.run_uv_job('train.py', flavor='a10g-large', timeout='4h')\n"
}
_SCRIPT = (
    "hf jobs uv run --flavor %s --timeout 4h --secrets HF_TOKEN "
    "https://raw.githubusercontent.com/huggingface/trl/main/trl/scripts/sft.py "
    "--model_name_or_path Qwen/Qwen3-14B --use_peft --dtype bfloat16 --max_length 2048 "
    "--per_device_train_batch_size 1 --push_to_hub\n"
)

BAD = [
    Bad(
        _header("a10g-large", "==1.0.0") + _train(),
        at="trl.SFTTrainer",
        fixed=_header("l40sx1", "==1.0.0") + _train(),
        severity=WARNING,
        alternatives=[
            "Write max_length=2048",
            "Write per_device_train_batch_size=1, gradient_accumulation_steps=8",
            "Take trl>=1.15, which computes no full logits",
        ],
    ),
    Bad(
        _PINNED + _train(more=_OFF),
        at="trl.SFTTrainer",
        beside=_JOB,
        severity=WARNING,
        alternatives=[
            "Run on a100-large ($2.50/h)",
            "Write max_length=1024",
            "Write gradient_checkpointing=True",
        ],
    ),
    Bad(
        _header("t4-small") + _train(1024, 1, 8, model="14B"),
        at="trl.SFTTrainer",
        fixed=_header("l40sx1") + _train(1024, 1, 8, model="14B"),
        alternatives=["Load the model in 4 bits (QLoRA)"],
    ),
    Bad(
        _PINNED + _train(8192, 4, 2, _PACKED),
        at="trl.SFTTrainer",
        beside=_JOB,
        severity=WARNING,
        alternatives=[
            "Run on l40sx1 ($1.80/h)",
            "Write max_length=7936",
            "Write per_device_train_batch_size=2, gradient_accumulation_steps=4",
            "Load the model in 4 bits (QLoRA)",
        ],
    ),
    Bad(
        _PINNED + _train(2048, 4, 1, model="8B"),
        at="trl.SFTTrainer",
        beside=_JOB,
        severity=INFORMATION,
        alternatives=[
            "Run on l40sx1 ($1.80/h)",
            "Write max_length=1536",
            "Write per_device_train_batch_size=2, gradient_accumulation_steps=2",
            "Load the model in 4 bits (QLoRA)",
        ],
    ),
    Bad(
        _PINNED + _train(8192, 8, 1, _PACKED, "8B"),
        at="trl.SFTTrainer",
        fixed=_PINNED + _train(6656, 1, 8, _PACKED, "8B"),
        beside=_CALL,
    ),
    Bad(
        _PINNED + _train(1024, 1, 8, _PACKED, "8B").replace(_BFLOAT16, ""),
        at="trl.SFTTrainer",
        beside=_JOB,
        alternatives=[
            "Run on l40sx1 ($1.80/h)",
            "Load the model in bfloat16",
            "Load the model in 4 bits (QLoRA)",
        ],
    ),
    Bad(
        _PINNED + _train(4096, 4, 1, _PACKED, "8B").replace(_BFLOAT16, ""),
        at="trl.SFTTrainer",
        beside=_JOB,
        alternatives=[
            "Run on a100-large ($2.50/h)",
            "Load the model in bfloat16, write per_device_train_batch_size=1, "
            "gradient_accumulation_steps=4",
        ],
    ),
    Bad(
        _SCRIPT % "a10g-large",
        at="a10g-large",
        fixed=_SCRIPT % "l40sx1",
        file="run.sh",
    ),
]
GOOD: list[str | Good] = [
    _PINNED + _train(more=_OFF),
    Good(_PINNED + _train(), beside=_JOB),
    Good(_PINNED + _train(more=_OFF).replace("Qwen/Qwen3-4B", "me/my-model"), beside=_JOB),
    Good(
        _PINNED + _train(more=_OFF),
        beside={"run.sh": "hf jobs uv run --flavor $FLAVOR --timeout 4h train.py\n"},
    ),
    Good(
        _PINNED + _train(more=_OFF).replace("2,", "ask(),"),
        beside=_JOB,
    ),
    Good(
        _PINNED + "for each in frozen:\n    each.requires_grad = False\n" + _train(more=_OFF),
        beside=_JOB,
    ),
    Good(
        _PINNED
        + "import trl\n\nclass Own(trl.SFTTrainer):\n    pass\n\n"
        + _train(more=_OFF).replace("trl.SFTTrainer(", "Own("),
        beside=_JOB,
    ),
    Good(
        _PINNED + _train(more=_OFF),
        beside={"run.sh": "hf jobs uv run --flavor a10g-large --timeout 4h train.py $MORE\n"},
    ),
    Good(
        _PINNED + _train(more=_OFF),
        beside={"run.sh": "hf jobs uv run --dry-run --flavor a10g-large train.py\n"},
    ),
    Good(_SCRIPT % "a100-large", file="run.sh"),
    Good((_SCRIPT % "a10g-large").replace("Qwen/Qwen3-14B", "$MODEL"), file="run.sh"),
]
