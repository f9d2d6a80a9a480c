"""The machines to offer for a training, as the quick pick and the panel list them."""

from __future__ import annotations

from tunesmith.estimate.choice import Choice, Option, choose
from tunesmith.estimate.data import Data
from tunesmith.estimate.fit import GB
from tunesmith.estimate.script import ScriptTraining
from tunesmith.knowledge.hardware import JOBS, Machine
from tunesmith.lsp.protocol import MachineChoice, MachineRow, MachinesResult
from tunesmith.machines import machines
from tunesmith.project import Project


def machine_choice(machine: Machine) -> MachineChoice:
    """A machine as a list to choose from shows it."""
    price = f", ${machine.usd_per_hour:.2f}/h" if machine.usd_per_hour else ""
    label = f"{machine.name} ({machine.pretty_name}{price})"
    return MachineChoice(machine.name, label, machine.provider, machine.provider == JOBS)


def machines_result(
    training: ScriptTraining, index: int, project: Project, present: Machine | None, data: Data
) -> MachinesResult:
    """A training on every machine: those that it fits first, the cheapest first."""
    choice = choose(training, machines(project), data)
    days = [each.machine.priced_on for each in choice.options if each.machine.priced_on]
    return MachinesResult(
        training.model_id or training.shape_source,
        index,
        [_row(option, choice) for option in choice.options],
        min(days).isoformat() if days else "",
        present=present.name if present else None,
        recommended=choice.pick.machine.name if choice.pick else None,
        reason=choice.why,
        guide=_guide(choice),
        no_hours=_no_hours(choice),
    )


def _no_hours(choice: Choice) -> str | None:
    """Why nobody knows how long it takes, on flavors."""
    flavors = (each.forecast for each in choice.options if each.machine.provider == JOBS)
    return next((each.no_duration for each in flavors if each.no_duration), None)


def _row(option: Option, choice: Choice) -> MachineRow:
    machine, lasts, needed = option.machine, option.forecast.duration, option.forecast.need
    notes = [*option.notes]
    if machine.name == choice.guide.flavor:
        notes.insert(0, "the guide's choice")
    return MachineRow(
        machine.name,
        machine.pretty_name,
        machine.provider,
        option.verdict,
        is_flavor=machine.provider == JOBS,
        effort=option.effort,
        notes=notes,
        gb=needed.total / GB if needed else None,
        usable=option.usable_gb,
        hours=lasts.hours.likely if lasts else None,
        dollars=option.dollars.likely if option.dollars else None,
        usd_per_hour=machine.usd_per_hour or None,
    )


def _guide(choice: Choice) -> str:
    advice = choice.guide
    named = f"{advice.flavor}: " if advice.flavor else ""
    return " ".join(filter(None, (f"The training guide: {named}{advice.rule}.", advice.today)))
