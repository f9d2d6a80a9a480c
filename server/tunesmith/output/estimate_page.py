"""`tunesmith estimate`: the memory of a script's training, whether it fits, how long it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tunesmith.errors import UserError
from tunesmith.estimate.compute import Interval
from tunesmith.estimate.data import Data, data_of, words_of
from tunesmith.estimate.fit import GB, Need
from tunesmith.estimate.forecast import Forecast
from tunesmith.estimate.mlx.forecast import SUPPOSED, forecast_anywhere
from tunesmith.estimate.script import ScriptTraining, trainings_of
from tunesmith.knowledge import hardware
from tunesmith.knowledge.hardware import MAC, Machine
from tunesmith.knowledge.macs import mac_named
from tunesmith.knowledge.prices import priced_flavor
from tunesmith.knowledge.releases import releases
from tunesmith.knowledge.versions import clashes
from tunesmith.lint.flavors import flavors_of
from tunesmith.named_tuple import NamedTuple
from tunesmith.one_script import OneFile, OneScript, no_training, read_file, script_in
from tunesmith.output.failure import fail
from tunesmith.output.result import place_of
from tunesmith.output.text_format import printable
from tunesmith.pep508 import Requirement
from tunesmith.reason import advised
from tunesmith.sources.document import Kind
from tunesmith.sources.requirements import Pin


class Question(NamedTuple):
    """What is asked.

    Attributes:
        flavor: the machine; None: what commands, calls or the header say.
        trl: the release of TRL to suppose; None: the one that the script will get.
        examples: rows of the data set; None where that is not known.
        tokens: of an example, in the mean; None where that is not known.
        online: whether the Hub may be asked for what is not known here.
        tokenize: whether a sample of the data set is taken through the model's own tokenizer.
    """

    flavor: str | None = None
    trl: str | None = None
    examples: int | None = None
    tokens: int | None = None
    online: bool = False
    tokenize: bool = False

    @property
    def data_given(self) -> Data:
        """What the user says of a data set."""
        return Data().given(self.examples, self.tokens)

    def data_of(self, training: ScriptTraining, one: OneScript) -> Data:
        """What is known of a trainer's data set, and what the user says of it.

        Raises:
            UserError: it shall be tokenized, and cannot be.
        """
        is_said = self.examples is not None and self.tokens is not None
        found = Data() if is_said else data_of(training, one.script.path, one.project)
        if self.tokenize and self.tokens is None:
            from tunesmith.output.tokenized import tokenized  # brings processes along

            found = tokenized(found, training, one)
        return found.given(self.examples, self.tokens)

    def supposed(self) -> list[Pin]:
        """The requirements that take the place of the script's own.

        Raises:
            UserError: there is no such release of TRL.
        """
        if self.trl is None:
            return []
        known = releases("trl")
        if self.trl not in map(str, known):
            newest = max(known)
            advice = f"`tunesmith update` learns of newer ones than {newest}"
            raise UserError(f"--trl: there is no release {self.trl} of TRL", advice)
        return [Pin(Requirement(f"trl=={self.trl}"), "--trl")]


def show_estimate(name: str, question: Question, *, as_json: bool) -> int:
    """Print the estimate of the script's trainer that needs most; returns the exit status."""
    try:
        file = read_file(name, question.supposed())
        if _has_commands_alone(file):
            from tunesmith.output.commands_page import show_commands

            return show_commands(file, question, as_json=as_json)
        one = script_in(file)
        found = largest_forecast(one, question)
    except UserError as error:
        return fail(name, error)
    if as_json:
        print(json.dumps(estimate_fields(name, found), indent=2))
    else:
        for line in estimate_lines(one, found):
            print(printable(line))
    return 0


def _has_commands_alone(file: OneFile) -> bool:
    """Whether trainings in it can only be those of commands, as `mlx_lm.lora --train`."""
    document = file.understanding.document
    is_python = document.kind in (Kind.PYTHON, Kind.NOTEBOOK)
    return not is_python or bool(file.understanding.tools and "Trainer" not in document.text)


def largest_forecast(one: OneScript, question: Question) -> Forecast:
    """The estimate of the trainer that needs most.

    Raises:
        UserError: there is none, no such flavor, or the requirements clash.
    """
    trainings = trainings_asked(one, question)
    machine = _machine(question, one)
    found = (
        forecast_anywhere(training, machine, question.data_of(training, one))
        for training in trainings
    )
    return max(found, key=lambda each: each.need.total if each.need else 0)


def trainings_asked(one: OneScript, question: Question) -> Sequence[ScriptTraining]:
    """The trainings of a script that a question is about, at least one.

    Raises:
        UserError: there is none, or the requirements clash.
    """
    if question.online:
        from tunesmith.output.online import fetch_missing  # brings the network along

        fetch_missing(one)
    if question.trl and (found := clashes(one.script, one.project)):
        causes = "; ".join(map(str, found[0]))
        raise UserError(f"trl {question.trl} cannot be installed: {causes}", "take another release")
    trainings = trainings_of(one.script, one.project)
    if not trainings:
        raise no_training(one.script)
    return trainings


def _machine(question: Question, one: OneScript) -> Machine | None:
    if question.flavor is None:
        found = flavors_of(one.script, one.project)
        return found[0] if found else None
    machine = priced_flavor(question.flavor, one.project) or mac_named(question.flavor)
    if machine is None:
        close = hardware.likely(question.flavor)
        advice = f"did you mean {close}?" if close else "`hf jobs hardware` lists them"
        raise UserError(f"there is no flavor {question.flavor}", advice)
    return machine


def estimate_fields(name: str, answer: Forecast) -> dict[str, Any]:
    """An estimate as a JSON object; sizes in GB (10**9 bytes)."""
    needed, lasts, dollars = answer.need, answer.duration, answer.dollars
    return {
        "filename": name,
        "model": answer.training.model_id,
        **need_fields(needed),
        "verdict": answer.fit.verdict,
        "reason": answer.fit.reason,
        "flavor": answer.machine.name if answer.machine else None,
        "hours": rounded(lasts.hours) if lasts else None,
        "dollars": rounded(dollars) if dollars else None,
        "no_hours": advised(answer.no_duration) or None,
        "steps": lasts.steps if lasts else None,
        "data": data_fields(answer.data),
        "assumed": assumptions(answer),
        "shape_source": answer.training.shape_source,
        "is_shape_certain": answer.training.is_shape_certain,
        "versions": {
            package: str(version) if version else None
            for package, version in answer.training.versions.items()
        },
        "prices": str(answer.machine.priced_on)
        if answer.machine and answer.machine.priced_on
        else None,
    }


def need_fields(needed: Need | None) -> dict[str, Any]:
    """What a step takes, as fields of a JSON object."""
    return {
        "peak_gb": _gb(needed.total) if needed else None,
        "low_gb": _gb(needed.low) if needed else None,
        "high_gb": _gb(needed.high) if needed else None,
        "breakdown": {term: _gb(size) for term, size in needed.breakdown._asdict().items()}
        if needed
        else None,
        "moment": needed.moment if needed else None,
    }


def data_fields(data: Data) -> dict[str, Any]:
    """What is known of a data set, as a JSON object."""
    return {
        "source": data.source or None,
        "examples": _whole(data.examples) if data.examples else None,
        "tokens": _whole(data.tokens) if data.tokens else None,
        "notes": list(data.notes),
        "unknown": advised(data.problem) or None,
    }


def estimate_lines(one: OneScript, answer: Forecast) -> Iterator[str]:
    """An estimate for people."""
    training = answer.training
    place = place_of(one.script.document, training.trainer.callee_span.start)
    cell = f"cell {place.cell}:" if place.cell is not None else ""
    trl = training.versions["trl"]
    model = training.model_id or "a model that is not known"
    yield f"{one.name}:{cell}{place.row}: {model}, with TRL {trl or 'of an unknown version'}"
    yield from answer_lines(answer)


def need_lines(needed: Need | None) -> Iterator[str]:
    """What a step takes, and what for."""
    if needed:
        yield (
            f"  memory   about {_gb(needed.total)} GB ({_gb(needed.low)} to {_gb(needed.high)}), "
            f"most of it {_WHEN[needed.moment]}"
        )
        terms = needed.breakdown._asdict().items()
        yield "           " + ", ".join(f"{term} {_gb(size)}" for term, size in terms if size)


def answer_lines(answer: Forecast) -> Iterator[str]:
    """An estimate, without what it is of."""
    training = answer.training
    yield from need_lines(answer.need)
    where = f"{answer.machine.name}: " if answer.machine else ""
    yield f"  verdict  {where}{answer.fit.verdict}. {answer.fit.reason}"
    if answer.data.examples:
        yield f"  data     {words_of(answer.data)}"
    if answer.machine and answer.duration and answer.dollars:
        lasts = answer.duration
        yield f"  time     {shown(lasts.hours)} hours for {lasts.steps:,} steps"
        yield f"  cost     {_cost(answer.machine, answer.dollars)}"
    else:
        yield f"  time     unknown: {advised(answer.no_duration)}"
    if training.shape and not training.is_shape_certain:
        yield f"  model    {training.shape_source}, so all figures are less certain"
    if answer.need:  # of which nothing would be known otherwise
        yield from assumed_lines(assumptions(answer))


def assumed_lines(assumed: Sequence[str]) -> Iterator[str]:
    """What is taken for granted."""
    for index, each in enumerate(assumed):
        yield f"  {'' if index else 'assumed':7}  {each}"


def assumptions(answer: Forecast) -> Sequence[str]:
    """What an estimate takes for granted."""
    is_mac = answer.machine is not None and answer.machine.provider == MAC
    return [*map(str, answer.training.assumed), *([SUPPOSED] if is_mac else [])]


def _cost(machine: Machine, dollars: Interval) -> str:
    if machine.provider == MAC:
        return "none but the time of the Mac"
    return f"{shown(dollars)} dollars (prices of {machine.priced_on})"


_WHEN = {
    "generation": "while completions are written",
    "forward": "on the way there",
    "loss": "while the loss is computed",
    "backward": "on the way back",
    "step": "while the optimizer works",
}


def _gb(size: int) -> float:
    return round(size / GB, 2)


def rounded(interval: Interval) -> dict[str, float]:
    """An interval as a JSON object."""
    return {end: round(value, 2) for end, value in interval._asdict().items()}


def _whole(interval: Interval) -> dict[str, int]:
    return {end: round(value) for end, value in interval._asdict().items()}


def shown(interval: Interval) -> str:
    """An interval in words."""
    return f"about {interval.likely:.1f} ({interval.low:.1f} to {interval.high:.1f})"
