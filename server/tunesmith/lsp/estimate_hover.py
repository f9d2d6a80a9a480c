"""What a hover says of memory: over a length, a batch, a rank, a model or a flavor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tunesmith.estimate.changes import Bits, Changes, changed, values_of
from tunesmith.estimate.choice import choose
from tunesmith.estimate.fit import GB
from tunesmith.estimate.forecast import Forecast, forecast
from tunesmith.estimate.script import ScriptTraining
from tunesmith.knowledge.hardware import Machine, flavors
from tunesmith.lint.training_places import TrainingPlace, training_places
from tunesmith.lsp.estimate_words import (
    VERDICTS,
    chart,
    dollars,
    hours,
    rests_on,
    usable_bytes,
    why_unknown,
)
from tunesmith.lsp.open_trainings import OpenTrainings
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.text import Span

_MORE = {
    "length": (1024, "1,024 tokens more cost"),
    "batch": (1, "One sequence more costs"),
    "rank": (8, "8 more of rank cost"),
}
_BITS: Mapping[Bits, str] = {"none": "16 bits", "int8": "8 bits", "nf4": "4 bits"}
_GAP = " | &emsp;"
"""Between the cells of a table, which the editor draws without a margin."""
_OFFERED = 3
"""Cheaper machines that a hover over a flavor names."""


class EstimateHover(NamedTuple):
    """A text, in Markdown, about the text at a span."""

    span: Span
    text: str


def value_hover(found: OpenTrainings, offset: int) -> EstimateHover | None:
    """What the value of a training at an offset costs."""
    here = Span(offset, offset)
    for training, data in zip(found.trainings, found.data, strict=True):
        for place in training_places(found.script, training):
            span = next((span for span in place.spans if span.contains(here)), None)
            if span:
                text = "\n\n".join(_of_value(forecast(training, found.machine, data), place))
                return EstimateHover(span, text)
    return None


def flavor_place(header: ScriptHeader | None, offset: int) -> Span | None:
    """Where a header names a machine, if an offset lies there."""
    spans = (header.key_span(*_FLAVOR), header.value_span(*_FLAVOR)) if header else ()
    whole = Span(spans[0].start, spans[1].end) if spans and spans[0] and spans[1] else None
    return whole if whole and whole.contains(Span(offset, offset)) else None


_FLAVOR = ("tool", "hf-jobs", "flavor")


def flavor_text(found: OpenTrainings, machine: Machine) -> str | None:
    """What the script's largest training would do on a machine, and cheaper ones; in Markdown."""
    pairs = zip(found.trainings, found.data, strict=True)
    answers = [forecast(training, machine, data) for training, data in pairs]
    known = [answer for answer in answers if answer.need]
    if not known:
        return None
    answer = max(known, key=lambda each: each.need.total if each.need else 0)
    lines = [f"**{machine.name}**, {machine.pretty_name}, ${machine.usd_per_hour:.2f} an hour"]
    lines += _picture(answer)
    others = [
        f"{option.machine.name} (${option.machine.usd_per_hour:.2f})"
        for option in choose(answer.training, flavors(), answer.data).options
        if option.verdict == "fits" and option.machine.usd_per_hour < machine.usd_per_hour
    ]
    if others:
        lines.append(f"It also fits cheaper ones: {', '.join(others[:_OFFERED])}.")
    return "\n\n".join([*lines, _basis(answer)])


def _of_value(now: Forecast, place: TrainingPlace) -> Iterator[str]:
    training = now.training
    if now.need is None:
        yield f"GPU memory is not known: {why_unknown(training)}."
        return
    if place.what == "model":
        yield from _of_model(training, now)
    else:
        yield from _of_number(training, place, now)
    yield from _picture(now)
    yield _basis(now)


def _of_number(training: ScriptTraining, place: TrainingPlace, now: Forecast) -> Iterator[str]:
    value = getattr(values_of(training.training), place.what)
    if not value or now.need is None:
        return
    steps = sorted({max(1, value // 2), value, value * 2})
    answers = {
        step: forecast(changed(training, replace(Changes(), **{place.what: step})), now.machine)
        for step in steps
    }
    twice = answers[value * 2].need
    unit, words = _MORE[place.what]
    if twice:
        more = (twice.total - now.need.total) / value * unit
        yield f"**{place.name}**: {words} about {more / GB:.2g} GB of GPU memory."
    yield _table(place.name, [(f"{step:,}", it, step == value) for step, it in answers.items()])


def _of_model(training: ScriptTraining, now: Forecast) -> Iterator[str]:
    shape, present = training.shape, values_of(training.training).quantization
    if shape is None or now.need is None:
        return
    weights = now.need.breakdown.weights / GB
    yield (
        f"**{training.model_id}**: {shape.parameters / 1e9:.2g} billion weights, which take "
        f"{weights:.1f} GB of GPU memory."
    )
    if training.training.adapter:
        wide = "32 bits" if training.training.load_dtype == "float32" else _BITS["none"]
        names = {**_BITS, "none": wide}
        others = {
            bits: forecast(changed(training, Changes(quantization=bits)), now.machine)
            for bits in _BITS
        }
        yield _table("weights in", [(names[b], it, b == present) for b, it in others.items()])


def _table(title: str, rows: Sequence[tuple[str, Forecast, bool]]) -> str:
    machine = rows[0][1].machine
    on = f" on {machine.name}" if machine and machine.accelerator else ""
    lines = [f"| {title}{_GAP}memory{_GAP}{on.strip()} |", "|---:|---:|---|"]
    for name, answer, is_now in rows:
        needed = answer.need.total / GB if answer.need else 0
        words = VERDICTS.get(answer.fit.verdict, answer.fit.verdict) if on else ""
        cells = [name, f"{needed:.1f} GB", words]
        if is_now:
            cells = [f"**{cell}**" if cell else "" for cell in cells]
        lines.append(f"| {_GAP.join(cells)} |")
    return "\n".join(lines)


def _picture(answer: Forecast) -> Iterator[str]:
    if answer.need is None:
        return
    usable = usable_bytes(answer.machine) if answer.machine else None
    yield "\n".join(["```text", *chart(answer.need, usable), "```"])
    if answer.machine and usable:
        words = {"fits": "Fits", "tight": "May not fit", "no": "Does not fit"}
        low, high = answer.need.low / GB, answer.need.high / GB
        verdict = f"{words.get(answer.fit.verdict, 'Unknown')}: **{answer.machine.name}**"
        yield f"{verdict} has {usable / GB:.1f} GB to use; the need is {low:.1f} to {high:.1f} GB."
    if answer.duration and answer.dollars:
        yield f"About {hours(answer.duration.hours)} and {dollars(answer.dollars)}."


def _basis(answer: Forecast) -> str:
    lines = [f"- {line}" for line in rests_on(answer)]
    return "\n".join(["An estimate. It rests on:", "", *lines])
