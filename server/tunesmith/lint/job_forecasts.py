"""What becomes of the trainings of a script in its jobs: worked out once for all rules that ask.

Only what is certain is here: the machine, the model, and all that decides the memory. The rest is
left out, and so is a script that changes its memory in a way that nobody reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from tunesmith.knowledge.prices import priced_flavor
from tunesmith.knowledge.versions import InForce, library
from tunesmith.lint.job_starts import JobStart, is_open, job_starts, start_of
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import regex, regex_with_words

if TYPE_CHECKING:
    # scripts without a trainer, and those that nothing starts, do not load what estimates
    from tunesmith.estimate.forecast import Forecast
    from tunesmith.estimate.script import ScriptTraining
    from tunesmith.knowledge.hardware import Accelerator, Machine

LIBRARIES = ("trl", "transformers")
FORECAST_WORDS = ("Trainer", "trl")
"""One of them stands in every text that has a forecast."""
_CHANGES_MEMORY = regex_with_words(
    r"\brequires_grad|\bfreez|\bunfreez|offload|\boptimizers\s*=|create_optimizer|torchao|\bfp8\b"
    r"|apply_liger|cut_cross_entropy|torch_compile|torch\.compile|\.half\(\)|\.bfloat16\(\)"
    r"|\.to\(\s*(?:dtype\s*=\s*)?torch\.|\bmax_memory\b|set_per_process_memory_fraction"
    r"|prune|init_empty_weights|from_config\(|LoraLayer|replace_\w*layers|unsloth",
    (
        *("requires_grad", "freez", "offload", "optimizers", "create_optimizer", "torchao", "fp8"),
        *("apply_liger", "cut_cross_entropy", "torch_compile", "torch.compile", ".half()"),
        *(".bfloat16()", ".to(", "max_memory", "set_per_process_memory_fraction", "prune"),
        *("init_empty_weights", "from_config(", "LoraLayer", "replace_", "unsloth"),
    ),
)
_RUNS_TRL = regex(r"\btrl/scripts/\w+\.py\b|\btrl['\",\s]+(?:sft|dpo|grpo|kto|rloo|reward)\b")


class JobForecast(NamedTuple):
    """One training of one start.

    Attributes:
        start: the start.
        training: as it says, with the values that the start gives it.
        forecast: what becomes of it on the machine.
        machine: of the start; it has a GPU.
        gpu: its kind of GPU.
        in_force: the releases that it rests on; none for a command that runs TRL's own script.
    """

    start: JobStart
    training: ScriptTraining
    forecast: Forecast
    machine: Machine
    gpu: Accelerator
    in_force: Sequence[InForce] = ()


def job_forecasts(source: PythonScript | LaunchCommand, project: Project) -> Sequence[JobForecast]:
    """The trainings of a script in its jobs; of a command, if it runs one of TRL's own scripts."""
    if isinstance(source, LaunchCommand):
        return list(_of_command(source, project))
    known = _known.get(source)
    if known is None or known[0] is not project:
        known = _known[source] = (project, list(_of_script(source, project)))
    return known[1]


_known: WeakKeyDictionary[PythonScript, tuple[Project, Sequence[JobForecast]]] = WeakKeyDictionary()


def _of_script(script: PythonScript, project: Project) -> Iterator[JobForecast]:
    if "Trainer(" not in script.text:
        return
    found = [(start, _gpu(start, project)) for start in job_starts(script, project)]
    starts = [(start, machine) for start, machine in found if machine]
    if not starts or _CHANGES_MEMORY.search(script.text):
        return
    from tunesmith.estimate.script.reader import METHODS, PLAIN, trainings_of_launch

    if any(True for _ in script.subclasses_of(*METHODS, *PLAIN)):
        return
    in_force = [library(each, script, project) for each in LIBRARIES]
    for start, machine in starts:
        trainings = trainings_of_launch(script, project, start.launch)
        yield from _forecasts(start, trainings, machine, in_force)


def _of_command(command: LaunchCommand, project: Project) -> Iterator[JobForecast]:
    if not _RUNS_TRL.search(command.raw(command.span)):
        return
    start = start_of(command)
    machine = _gpu(start, project)
    if machine is None or is_open(command):
        return
    from tunesmith.estimate.script import trainings_of_command

    yield from _forecasts(start, trainings_of_command(command, project), machine)


def _gpu(start: JobStart, project: Project) -> tuple[Machine, Accelerator] | None:
    machine = priced_flavor(start.flavor, project) if start.flavor else None
    return (machine, machine.accelerator) if machine and machine.accelerator else None


def _forecasts(
    start: JobStart,
    trainings: Iterator[ScriptTraining] | Sequence[ScriptTraining],
    machine: tuple[Machine, Accelerator],
    in_force: Sequence[InForce] = (),
) -> Iterator[JobForecast]:
    from tunesmith.estimate.forecast import forecast

    where, gpu = machine
    for training in trainings:
        if training.is_certain and training.on(where.accelerators):
            yield JobForecast(start, training, forecast(training, where), where, gpu, in_force)
