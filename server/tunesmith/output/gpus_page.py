"""`tunesmith gpus`: every machine for a script's training, and which one to take."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tunesmith.errors import UserError
from tunesmith.estimate.choice import Choice, Option, choose
from tunesmith.estimate.compute import Interval
from tunesmith.estimate.data import Data
from tunesmith.estimate.fit import GB, need
from tunesmith.estimate.mlx.forecast import SUPPOSED
from tunesmith.estimate.script import ScriptTraining
from tunesmith.knowledge.hardware import JOBS, MAC, Machine
from tunesmith.knowledge.macs import macs
from tunesmith.machines import machines
from tunesmith.one_script import read_script
from tunesmith.output.estimate_page import Question, trainings_asked
from tunesmith.output.failure import fail
from tunesmith.output.text_format import printable
from tunesmith.reason import advice_of, advised

GUIDES_CHIP = "M3 Max"
HEADINGS = ("machine", "verdict", "GB", "hours", "dollars", "$/h", "set-up", "")


def show_gpus(name: str, question: Question, *, as_json: bool) -> int:
    """Print the machines for the trainer that needs most; returns the exit status."""
    try:
        one = read_script(name, question.supposed())
        training = _largest(trainings_asked(one, question))
    except UserError as error:
        return fail(name, error)
    data = question.data_of(training, one)
    choice, example = choose(training, machines(one.project), data), example_mac(training, data)
    if as_json:
        print(json.dumps(_fields(name, training, choice, example), indent=2))
    else:
        for line in _lines(name, training, choice, example):
            print(printable(line))
    return 0


def _largest(trainings: Sequence[ScriptTraining]) -> ScriptTraining:
    known = [each for each in trainings if each.shape]
    if not known:
        raise UserError(trainings[0].shape_source, advice_of(trainings[0].shape_source))
    return max(known, key=_needed)


def _needed(training: ScriptTraining) -> int:
    return need(training.shape, training.training).total if training.shape else 0


def _lines(
    name: str, training: ScriptTraining, choice: Choice, example: Option | None
) -> Iterator[str]:
    shown = training.training
    trl = training.versions["trl"]
    yield (
        f"{name}: {training.model_id}, with TRL {trl or 'of an unknown version'}, "
        f"{shown.batch} x {shown.length:,} tokens"
    )
    if not training.is_shape_certain:
        yield f"  {training.shape_source}, so all figures are less certain"
    able = [each for each in choice.options if each.verdict != "no"]
    rows = [HEADINGS, *(_row(each, choice) for each in able)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADINGS))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield ("  " + "  ".join(cells)).rstrip()
    small = [each.machine.name for each in choice.options if each.verdict == "no"]
    if small:
        yield f"  too small: {', '.join(small)}"
    yield f"  pick   {choice.why}"
    advice = choice.guide
    yield f"  guide  {advice.flavor or 'none'}: {advice.rule}"
    if advice.today:
        yield f"         {advice.today}"
    yield from _footnotes(choice, example)


def _row(option: Option, choice: Choice) -> tuple[str, ...]:
    needed, lasts = option.forecast.need, option.forecast.duration
    machine = option.machine
    gpus = f"{machine.accelerators} x " if machine.accelerators > 1 else ""
    marks = ["the pick"] if option is choice.pick else []
    marks += ["the guide's"] if machine.name == choice.guide.flavor else []
    return (
        machine.name,
        option.verdict,
        f"{gpus}{_number(needed.total / GB if needed else None)} of {option.usable_gb:.1f}",
        _interval(lasts.hours if lasts else None),
        _interval(option.dollars),
        _price(machine),
        option.effort,
        "; ".join([*marks, *option.notes]),
    )


def _footnotes(choice: Choice, example: Option | None) -> Iterator[str]:
    dates = {each.machine.provider: each.machine.priced_on for each in choice.options}
    told = "; ".join(f"{who} {day}" for who, day in dates.items() if day)
    yield f"  prices {told}"
    jobs = (each.forecast for each in choice.options if each.machine.provider == JOBS)
    unknown = next((each.no_duration for each in jobs if each.no_duration), "")
    if unknown:
        yield f"  hours  unknown: {advised(unknown)}"
    if MAC in dates:
        yield f"  Macs   {SUPPOSED}"
    else:
        yield "  Macs   train with MLX; run this on a Mac to see it here"
        if example:
            yield f"         {_example(example)}"


def _example(option: Option) -> str:
    needed, lasts = option.forecast.need, option.forecast.duration
    amount = f"{_number(needed.total / GB if needed else None)} of {option.usable_gb:.1f} GB"
    hours = f", {_interval(lasts.hours)} hours" if lasts else ""
    return f"{option.machine.name} {option.verdict}: {amount}{hours}, {'; '.join(option.notes)}"


def example_mac(training: ScriptTraining, data: Data) -> Option | None:
    """A Mac with the chip that the training guide names, with as little memory as does."""
    able = [each for each in macs() if each.name.startswith(f"{GUIDES_CHIP} ")]
    options = choose(training, able, data).options
    fitting = [each for each in options if each.verdict == "fits"]
    return min(fitting, key=lambda each: each.machine.ram_gb, default=None)


def _price(machine: Machine) -> str:
    if machine.usd_range:
        low, high = machine.usd_range
        return f"{low:.2f}-{high:.2f}"
    return f"{machine.usd_per_hour:.2f}" if machine.usd_per_hour else "free"


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.1f}"


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return "?"
    return f"{interval.likely:.1f} ({interval.low:.1f}-{interval.high:.1f})"


def _fields(
    name: str, training: ScriptTraining, choice: Choice, example: Option | None
) -> dict[str, Any]:
    return {
        "filename": name,
        "model": training.model_id,
        "shape_source": training.shape_source,
        "is_shape_certain": training.is_shape_certain,
        "pick": choice.pick.machine.name if choice.pick else None,
        "why": choice.why,
        "guide": {
            "flavor": choice.guide.flavor,
            "rule": choice.guide.rule,
            "today": choice.guide.today or None,
        },
        "options": [_option_fields(each) for each in choice.options],
        "example_mac": _option_fields(example) if example else None,
    }


def _option_fields(option: Option) -> dict[str, Any]:
    machine, needed, lasts = option.machine, option.forecast.need, option.forecast.duration
    return {
        "name": machine.name,
        "provider": machine.provider,
        "gpu": machine.accelerator.name if machine.accelerator else None,
        "gpus": machine.accelerators,
        "verdict": option.verdict,
        "reason": option.forecast.fit.reason,
        "needed_gb": round(needed.total / GB, 2) if needed else None,
        "usable_gb": round(option.usable_gb, 2),
        "hours": _rounded(lasts.hours if lasts else None),
        "no_hours": advised(option.forecast.no_duration) or None,
        "dollars": _rounded(option.dollars),
        "usd_per_hour": machine.usd_per_hour,
        "usd_range": machine.usd_range,
        "prices": str(machine.priced_on) if machine.priced_on else None,
        "effort": option.effort,
        "notes": list(option.notes),
    }


def _rounded(interval: Interval | None) -> dict[str, float] | None:
    return {end: round(value, 2) for end, value in interval._asdict().items()} if interval else None
