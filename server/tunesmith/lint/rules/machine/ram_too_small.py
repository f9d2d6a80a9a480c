"""A model that does not fit the main memory of the machine that loads it.

## What it does

Finds models that a script loads into main memory in float32, with `from_pretrained` and no
`device_map`, on a flavor of which the RAM is smaller: `a10g-small` has the GPU of `a10g-large`, but
15 GB of RAM.

## Why it costs you

The kernel kills the script while it loads (exit code 137), after the model was downloaded, often
without a word in the log.

## Fix

A flavor with more RAM. Alternatives: to load in bfloat16, in which the weights stay in their file until
the GPU asks for them, or `device_map="auto"`, which takes one weight after another to the GPU. All
unsafe: float32 may have been wanted, and a device_map changes what several GPUs do.

## Source

Counted on transformers 5.23 with a model of 2.1 GB on disk: loaded in its own precision 0.0 GB of memory
that cannot be given back, in float32 4.3 GB. RAM of the flavors from the Hub's documentation of Jobs.
Silent for quantized models, which go to the GPU as they are read; for models that TRL loads; for
families that are not stored in 16 bits; and where what decides is not told for sure.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.job_forecasts import FORECAST_WORDS, JobForecast, job_forecasts
from tunesmith.lint.rule import ERROR, UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Edit

_GB, _GIB = 10**9, 2**30
_LEAST_HOST, _HOST = 1 * _GB, 4 * _GB
"""Bytes that Python, torch and CUDA take besides: surely, and probably."""
_IN_16_BITS = ("llama", "mistral", "qwen2", "qwen3", "qwen3_moe", "phi3", "gemma3_text")


@rule(code="MCH005", severity=ERROR, words=FORECAST_WORDS)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if "from_pretrained" not in script.text:
        return
    seen: set[int] = set()
    for job in job_forecasts(script, project):
        loader, size = job.training.sources.loader, _loaded_bytes(job)
        if not isinstance(loader, Call) or not size or loader.span.start in seen:
            continue
        if size + _HOST > job.machine.ram_gb * _GIB:
            seen.add(loader.span.start)
            yield _finding(script, job, loader, size, project)


def _loaded_bytes(job: JobForecast) -> int:
    """What the weights take of the main memory for sure; 0 where it may be nothing."""
    training, shape, loader = job.training, job.training.shape, job.training.sources.loader
    step = training.training
    is_whole = isinstance(loader, Call) and loader.value("device_map") in (ABSENT, None)
    is_cast = step.load_dtype == "float32" and step.quantization is None
    if shape is None or shape.family not in _IN_16_BITS or not (is_whole and is_cast):
        return 0
    return shape.parameters * 4


def _finding(
    script: PythonScript, job: JobForecast, loader: Call, size: int, project: Project
) -> Finding:
    from tunesmith.lint.machine_fixes import machine_fix

    needed = size + _HOST
    machines = machine_fix(
        script.document, job, project, lambda machine: machine.ram_gb * _GB > needed
    )
    fixes = [*machines, *_loading(script, loader)]
    own = fixes[0] if fixes and fixes[0].document is None else None
    machine = job.machine
    is_sure = size + _LEAST_HOST > machine.ram_gb * _GIB
    return Finding(
        loader.callee_span,
        f"The model {'does' if is_sure else 'may'} not fit the main memory of {machine.name} "
        f"({job.start.name}): in float32 its weights take {size / _GB:.1f} GB, and there are "
        f"{machine.ram_gb} GB for everything. Take a flavor with more, or load it in bfloat16.",
        own,
        ERROR if is_sure else WARNING,
        job.in_force,
        fixes[1:] if own else fixes,
    )


def _loading(script: PythonScript, loader: Call) -> Iterator[Fix]:
    given = loader.argument("dtype") or loader.argument("torch_dtype")
    if given is None:
        edit = script.keyword_insertion(loader, 'dtype="bfloat16"')
        yield Fix('Load it with dtype="bfloat16"', [edit], UNSAFE)
    elif given.name and not given.comes_from_expansion:
        edit = Edit(given.span, f'{given.name}="bfloat16"')
        yield Fix(f'Load it with {given.name}="bfloat16"', [edit], UNSAFE)
    if loader.argument("device_map") is None:
        edit = script.keyword_insertion(loader, 'device_map="auto"')
        yield Fix('Load it with device_map="auto"', [edit], UNSAFE)


_TRAIN = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==4.57.1", "peft"]
# [tool.hf-jobs]
# flavor = "%s"
# timeout = "4h"
# ///
import peft, transformers, trl

model = transformers.AutoModelForCausalLM.from_pretrained("Qwen/%s"%s)
config = trl.SFTConfig(per_device_train_batch_size=1, max_length=512, push_to_hub=True)
trl.SFTTrainer(model, config, train_dataset=data, peft_config=peft.LoraConfig()).train()
"""
BAD = [
    Bad(
        _TRAIN % ("a10g-small", "Qwen3-4B", ""),
        at="transformers.AutoModelForCausalLM.from_pretrained",
        fixed=_TRAIN % ("l4x1", "Qwen3-4B", ""),
        alternatives=['Load it with dtype="bfloat16"', 'Load it with device_map="auto"'],
    ),
    Bad(
        _TRAIN % ("a10g-small", "Qwen2.5-3B-Instruct", ', dtype="float32"'),
        at="transformers.AutoModelForCausalLM.from_pretrained",
        fixed=_TRAIN % ("l4x1", "Qwen2.5-3B-Instruct", ', dtype="float32"'),
        severity=WARNING,
        alternatives=['Load it with dtype="bfloat16"', 'Load it with device_map="auto"'],
    ),
]
GOOD: list[str | Good] = [
    _TRAIN % ("a10g-large", "Qwen3-4B", ""),
    _TRAIN % ("a10g-small", "Qwen3-4B", ', dtype="bfloat16"'),
    _TRAIN % ("a10g-small", "Qwen3-4B", ', device_map="auto"'),
    _TRAIN % ("a10g-small", "Qwen3-4B", ", **options"),
    _TRAIN % ("a10g-small", "Qwen3-1.7B", ""),
    (_TRAIN % ("a10g-small", "Qwen3-4B", "")).replace(
        "SFTTrainer(model", "SFTTrainer('Qwen/Qwen3-4B'"
    ),
]
