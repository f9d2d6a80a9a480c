"""`tunesmith estimate` of a file with commands: `mlx_lm.lora --train`, TRL's own scripts, jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tunesmith.errors import UserError
from tunesmith.estimate.data import data_of
from tunesmith.estimate.forecast import Forecast
from tunesmith.estimate.mlx.command import MlxForecast, forecast_run, mlx_run, mlx_run_of_file
from tunesmith.estimate.mlx.forecast import forecast_anywhere
from tunesmith.estimate.script import (
    ScriptTraining,
    trainings_of_command,
    trainings_of_launch,
    trainings_of_trl,
)
from tunesmith.knowledge.hardware import Machine
from tunesmith.knowledge.macs import mac_named
from tunesmith.knowledge.prices import priced_flavor
from tunesmith.machines import this_mac
from tunesmith.one_script import OneFile
from tunesmith.output.estimate_page import (
    Question,
    answer_lines,
    assumed_lines,
    estimate_fields,
    need_fields,
    need_lines,
    rounded,
    shown,
)
from tunesmith.output.result import place_of
from tunesmith.output.text_format import printable
from tunesmith.reason import advised
from tunesmith.sources import launches
from tunesmith.sources.document import Kind
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.launches import Launch
from tunesmith.sources.plain_launches import PlainLaunch, find_plain_launches
from tunesmith.text import Span

Answer = MlxForecast | Forecast
NOTHING = "there is no training in it that can be estimated"
ADVICE = "give a script with a trainer of TRL, or a file with `mlx_lm.lora --train` or `trl sft`"


def show_commands(file: OneFile, question: Question, *, as_json: bool) -> int:
    """Print the estimates of a file's commands; as JSON, that which needs most.

    Raises:
        UserError: there is none, or no such machine.
    """
    found = [*_answers(file, question)]
    if not found:
        raise UserError(NOTHING, ADVICE)
    if as_json:
        print(json.dumps(_fields(file.name, max(map(_answer, found), key=_needed)), indent=2))
        return 0
    for span, answer in found:
        for line in _lines(file, span, answer):
            print(printable(line))
    return 0


def _answer(found: tuple[Span, Answer]) -> Answer:
    return found[1]


def _needed(answer: Answer) -> int:
    return answer.need.total if answer.need else 0


def _answers(file: OneFile, question: Question) -> Iterator[tuple[Span, Answer]]:
    known, project = file.understanding, file.project
    runs = [mlx_run(each, project) for each in known.tools if not each.argv.is_counter_example]
    if known.document.kind is Kind.YAML:
        runs.append(mlx_run_of_file(known.document, project))
    for run in runs:
        if run:
            tokens = question.data_given.tokens
            yield run.span, forecast_run(run, _mac(question), tokens)
    for command in known.commands:
        if not command.argv.is_counter_example:
            machine = _machine(command, question, file)
            for training in _of_job(command, file):
                yield command.span, _forecast(training, machine, question, file)
    for start in find_plain_launches(known.document, known.script):
        for training in _of_start(start, file):
            machine = _machine(None, question, file)
            yield start.launch.span, _forecast(training, machine, question, file)


def _of_job(command: LaunchCommand, file: OneFile) -> Iterator[ScriptTraining]:
    own = trainings_of_command(command, file.project)
    if own:
        yield from own
        return
    for launch in launches.of_command(command):
        yield from _of_script(launch, command.argv.folder_hint, file)


def _of_start(start: PlainLaunch, file: OneFile) -> Iterator[ScriptTraining]:
    if start.method:
        yield from trainings_of_trl(start, file.project)
    else:
        yield from _of_script(start.launch, start.hint, file)


def _of_script(launch: Launch, hint: str | None, file: OneFile) -> Iterator[ScriptTraining]:
    path = file.project.names(launch.script, launch.path, hint)
    script = file.workspace.understanding(Path(path)).script if path else None
    if script and "Trainer" in script.text and not script.imports("unsloth"):
        yield from trainings_of_launch(script, file.project, launch)


def _forecast(
    training: ScriptTraining, machine: Machine | None, question: Question, file: OneFile
) -> Forecast:
    known = data_of(training, file.understanding.document.path, file.project)
    data = known.given(question.examples, question.tokens)
    return forecast_anywhere(training, machine, data)


def _mac(question: Question) -> Machine | None:
    """The Mac that is asked for; else this one, if it is one."""
    if question.flavor is None:
        return this_mac()
    found = mac_named(question.flavor)
    if found is None:
        advice = 'name one by chip and memory: --flavor "M3 Max 64 GB"'
        raise UserError(f"{question.flavor} is no Mac, and mlx_lm.lora trains on Macs", advice)
    return found


def _machine(command: LaunchCommand | None, question: Question, file: OneFile) -> Machine | None:
    option = command.option("--flavor") if command else None
    name = question.flavor or (option.value if option else None)
    machine = (priced_flavor(name, file.project) or mac_named(name)) if name else None
    if machine is None and question.flavor:
        raise UserError(f"there is no flavor {question.flavor}", "`hf jobs hardware` lists them")
    return machine


def _lines(file: OneFile, span: Span, answer: Answer) -> Iterator[str]:
    row = place_of(file.understanding.document, span.start).row
    if isinstance(answer, Forecast):
        training: ScriptTraining = answer.training
        model = training.model_id or "a model that is not known"
        yield f"{file.name}:{row}: {model}, with TRL {training.versions['trl'] or 'of any version'}"
        yield from answer_lines(answer)
        return
    run = answer.run
    model = run.model_id or "a model that is not known"
    yield f"{file.name}:{row}: {model}, with MLX-LM {run.release or 'of any version'}"
    yield from need_lines(answer.need)
    where = f"{answer.machine.name}: " if answer.machine else ""
    yield f"  verdict  {where}{answer.fit.verdict}. {answer.fit.reason}"
    if answer.duration:
        steps = f"{run.iterations:,} iterations"
        yield f"  time     {shown(answer.duration.hours)} hours for {steps}"
    else:
        yield f"  time     unknown: {advised(answer.no_duration)}"
    if run.known.shape and not run.known.is_certain:
        yield f"  model    {run.known.source}, so all figures are less certain"
    yield from assumed_lines([*map(str, run.assumed)])


def _fields(name: str, answer: Answer) -> dict[str, Any]:
    if isinstance(answer, Forecast):
        return estimate_fields(name, answer)
    run = answer.run
    return {
        "filename": name,
        "model": run.model_id,
        **need_fields(answer.need),
        "verdict": answer.fit.verdict,
        "reason": answer.fit.reason,
        "flavor": answer.machine.name if answer.machine else None,
        "hours": rounded(answer.duration.hours) if answer.duration else None,
        "dollars": rounded(answer.duration.hours.times(0)) if answer.duration else None,
        "no_hours": advised(answer.no_duration) or None,
        "steps": answer.duration.steps if answer.duration else None,
        "assumed": [*map(str, run.assumed)],
        "shape_source": run.known.source,
        "is_shape_certain": run.known.is_certain,
        "versions": {"mlx-lm": str(run.release) if run.release else None},
    }
