"""Fixes of a training that does not fit its machine: each alone makes it fit."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from tunesmith.estimate.changes import Changes
from tunesmith.estimate.forecast import forecast
from tunesmith.estimate.remedies import Remedies
from tunesmith.estimate.script import ScriptTraining
from tunesmith.estimate.script.reader import trainings_of_launch
from tunesmith.lint.job_forecasts import JobForecast
from tunesmith.lint.machine_fixes import machine_fix
from tunesmith.lint.rule import UNSAFE, Fix
from tunesmith.lint.training_edits import write_values
from tunesmith.pep508 import Requirement
from tunesmith.project import Project
from tunesmith.sources.header_edits import requirement_insertion
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.requirements import Pin
from tunesmith.sources.script_header import HeaderRequirement
from tunesmith.text import Edit, regex

FUSED = "1.15"
"""The first TRL that computes no full logits."""
_LOADING = regex("model_init_kwargs|quantization_config|load_in_|(?:torch_)?dtype")
"""What writes how the model is loaded."""


def memory_fixes(script: PythonScript, job: JobForecast, project: Project) -> Iterator[Fix]:
    """The fixes for a job, the preferred one first."""
    yield from machine_fix(script.document, job, project)
    for changes in Remedies(job.training, job.machine).found():
        yield from _values_fix(script, job.training, changes)
    yield from _release_fix(script, job, project)


def _values_fix(script: PythonScript, training: ScriptTraining, changes: Changes) -> Iterator[Fix]:
    result = write_values(script, training, changes)
    if not result.edits or result.left:
        return
    edits = result.edits
    if changes.quantization:
        edits = [*edits, *_bitsandbytes(script)]
    yield Fix(_title(changes, result.written), edits, UNSAFE)


def _title(changes: Changes, written: list[str]) -> str:
    others = ", ".join(each for each in written if not _LOADING.match(each))
    if changes.quantization or changes.is_half:
        kind = "4 bits (QLoRA)" if changes.quantization else "bfloat16"
        return f"Load the model in {kind}" + (f", write {others}" if others else "")
    return f"Write {others}"


def _bitsandbytes(script: PythonScript) -> list[Edit]:
    header = script.header
    if header is None or header.requirement("bitsandbytes"):
        return []
    return list(requirement_insertion(header, "bitsandbytes", script.text))


def _release_fix(script: PythonScript, job: JobForecast, project: Project) -> Iterator[Fix]:
    """A TRL that computes no full logits, where the header asks for an older one."""
    old = job.training.versions["trl"]
    entry = script.header.requirement("trl") if script.header else None
    if old is None or old >= Version(FUSED) or entry is None or not _is_plain(entry):
        return
    wanted = Requirement(f"trl>={FUSED}")
    newer = project._replace(supposed=[*project.supposed, Pin(wanted, "the header")])
    place = job.training.trainer.callee_span
    for training in trainings_of_launch(script, newer, job.start.launch):
        is_same = training.trainer.callee_span == place and training.is_certain
        if is_same and forecast(training, job.machine).fit.verdict == "fits":
            quote = script.text[entry.span.start]
            edit = Edit(entry.span, f"{quote}{wanted}{quote}")
            yield Fix(f"Take {wanted}, which computes no full logits", [edit], UNSAFE)


def _is_plain(entry: HeaderRequirement) -> bool:
    """Whether an entry is a name and releases, nothing more."""
    found = entry.requirement
    return found is not None and not (found.extras or found.marker or found.url)
