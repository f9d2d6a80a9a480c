"""The machines to offer for a training, as the quick pick and the panel list them."""

from __future__ import annotations

from tunesmith.estimate.fit import GB
from tunesmith.estimate.forecast import Data, Forecast, forecast
from tunesmith.estimate.script import ScriptTraining
from tunesmith.knowledge import hardware
from tunesmith.knowledge.hardware import Machine
from tunesmith.lsp.estimate_words import usable_bytes
from tunesmith.lsp.protocol import MachineChoice, MachineRow

_ORDER = {"fits": 0, "tight": 1, "unknown": 2, "no": 3}


def machines() -> list[Machine]:
    """Every machine with a GPU."""
    return [machine for machine in hardware.flavors() if machine.accelerator]


def machine_named(name: str) -> Machine | None:
    """A machine that is offered."""
    return next((machine for machine in machines() if machine.name == name), None)


def machine_choices() -> list[MachineChoice]:
    """All machines, as a list to choose from shows them."""
    return [
        MachineChoice(each.name, _label(each), "Hugging Face Jobs", True) for each in machines()
    ]


def _label(machine: Machine) -> str:
    return f"{machine.name} ({machine.pretty_name}, ${machine.usd_per_hour:.2f}/h)"


def machine_rows(training: ScriptTraining, data: Data) -> list[MachineRow]:
    """A training on every machine: those that it fits first, the cheapest first."""
    answers = [forecast(training, machine, data) for machine in machines()]
    return [_row(answer, answer.machine) for answer in sorted(answers, key=_cost) if answer.machine]


def _cost(answer: Forecast) -> tuple[int, float]:
    price = answer.machine.usd_per_hour if answer.machine else 0.0
    return _ORDER[answer.fit.verdict], answer.dollars.likely if answer.dollars else price


def _row(answer: Forecast, machine: Machine) -> MachineRow:
    usable = usable_bytes(machine)
    return MachineRow(
        machine.name,
        machine.pretty_name,
        "Hugging Face Jobs",
        answer.fit.verdict,
        is_flavor=True,
        gb=answer.need.total / GB if answer.need else None,
        usable=usable / GB if usable else None,
        hours=answer.duration.hours.likely if answer.duration else None,
        dollars=answer.dollars.likely if answer.dollars else None,
        usd_per_hour=machine.usd_per_hour,
    )


def recommended(rows: list[MachineRow]) -> tuple[str | None, str | None]:
    """The machine to take, and why."""
    first = rows[0] if rows and rows[0].verdict == "fits" else None
    if first is None:
        return None, None
    return first.name, "the cheapest that it fits for sure"
