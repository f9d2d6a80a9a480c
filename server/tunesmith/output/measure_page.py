"""`tunesmith measure`: the memory of a script's training, measured with the real libraries.

They run in a toolchain, on tensors without data: nothing of the user's is executed, and nothing is
downloaded, as the model is made from its configuration.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tunesmith.errors import UserError
from tunesmith.estimate.fit import GB, Fit, Need, fit, need_of
from tunesmith.estimate.forecast import Forecast
from tunesmith.estimate.memory import Breakdown, Peak, peak, weight_bytes
from tunesmith.estimate.sharding import MEASURED
from tunesmith.estimate.training import Training, fields_of
from tunesmith.one_script import OneScript, read_script
from tunesmith.output.estimate_page import Question, largest_forecast
from tunesmith.output.failure import fail
from tunesmith.output.result import place_of
from tunesmith.output.text_format import printable
from tunesmith.toolchains.progress import Progressing
from tunesmith.toolchains.use import run_in_toolchain
from tunesmith.workers.events import Failure, Result, to_line

TOOLCHAIN = "train"


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured, and what it is held against.

    Attributes:
        forecast: the estimate of the same trainer.
        step: what was measured of it.
        tensors: the measured peak.
        estimated: the peak that the closed form has of the same tensors.
        unmeasured: bytes of weights that are loaded, though not measured.
        versions: releases that were measured, by package.
    """

    forecast: Forecast
    step: Training
    tensors: Peak
    estimated: Peak
    unmeasured: int
    versions: Mapping[str, str]

    @property
    def need(self) -> Need:
        """What the step takes of the GPU, everything included."""
        breakdown = self.tensors.breakdown
        weights = breakdown.weights + self.unmeasured
        found = need_of(self.tensors._replace(breakdown=breakdown._replace(weights=weights)))
        return found._replace(engine_share=self.forecast.training.training.engine_share)

    @property
    def fit(self) -> Fit:
        machine = self.forecast.machine
        return fit(self.need, machine.accelerator if machine else None)

    @property
    def difference(self) -> float:
        """How far the estimate is off, as a part of what was measured."""
        return self.estimated.total / self.tensors.total - 1

    @property
    def other_versions(self) -> list[str]:
        """Releases that the script gets and that were not measured."""
        wanted = self.forecast.training.versions
        return [
            f"{name} {version}"
            for name, version in wanted.items()
            if version and str(version) != self.versions.get(name)
        ]


def show_measurement(name: str, question: Question, *, as_json: bool) -> int:
    """Measure the script's trainer that needs most, and print it; returns the exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    progressing = Progressing(as_json=as_json)
    try:
        one = read_script(name, question.supposed())
        found = measured(largest_forecast(one, question), progressing)
    except UserError as error:
        progressing.end()
        if as_json:
            print(to_line(Failure(error.message, error.next_step)), flush=True)
            return 2
        return fail(name, error)
    except KeyboardInterrupt:
        progressing.end()
        raise
    progressing.end()
    if as_json:
        print(to_line(Result(_fields(name, found))), flush=True)
    else:
        for line in _lines(one, found):
            print(printable(line))
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def measured(forecast: Forecast, progressing: Progressing) -> Measurement:
    """Measure a step of a training.

    Raises:
        UserError: the model is not known, the toolchain is missing, or it cannot run the model.
    """
    training = forecast.training
    fields = training.model_fields
    if fields is None or training.shape is None:
        raise UserError(
            training.shape_source,
            "name a model of the table by its id on the Hub, or a folder with a config.json",
        )
    step = _measurable(_on_machine(forecast))
    shape = training.shape._replace(vision=0, vision_linears=0)
    request = {"config": _of_text(fields), "training": fields_of(step)}
    found = run_in_toolchain(TOOLCHAIN, "memory", request, progressing)
    tensors = Peak(Breakdown(**found["breakdown"]), found["moment"])
    unmeasured = weight_bytes(training.shape, step) - weight_bytes(shape, step)
    return Measurement(forecast, step, tensors, peak(shape, step), unmeasured, found["versions"])


def _on_machine(forecast: Forecast) -> Training:
    machine, training = forecast.machine, forecast.training
    gpus = machine.accelerators if machine and machine.accelerator else 1
    return training.on(gpus) or training.training


def _measurable(training: Training) -> Training:
    """What the oracle runs of a training: one GPU of several, else one alone."""
    is_split = training.sharding != "ddp"
    is_usual = training.method == "sft" and training.loss == "fused"
    if training.sharding in MEASURED and is_usual and not (is_split and training.quantization):
        return training
    return training._replace(gpus=1, sharding=None)


def _source(found: Measurement) -> str:
    return found.forecast.training.shape_source


def _of_text(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a language model, which may be a part of a larger one."""
    return dict(fields.get("text_config") or fields)


def _left_out(found: Measurement) -> Iterator[str]:
    """What the script has, and the measurement has not."""
    if found.unmeasured:
        yield f"the part that sees images, whose {_gb(found.unmeasured)} GB the verdict counts"
    if (gpus := _on_machine(found.forecast).gpus) > found.step.gpus:
        yield f"how {gpus} GPUs share the work: it is one GPU's step alone"
    if not found.forecast.training.is_shape_certain:
        yield f"what sets the model apart from the one measured: {_source(found)}"
    yield "code of the script's own: only what it says of model, adapter and arguments counts"
    yield "kernels of GPUs, which stand-ins of the same memory replace"


def _fields(name: str, found: Measurement) -> dict[str, Any]:
    """A measurement as a JSON object; sizes in GB (10**9 bytes)."""
    forecast, needed = found.forecast, found.need
    return {
        "filename": name,
        "model": forecast.training.model_id,
        "measured": _peak_fields(found.tensors),
        "estimate": _peak_fields(found.estimated),
        "difference": round(found.difference, 4),
        "peak_gb": _gb(needed.total),
        "low_gb": _gb(needed.low),
        "high_gb": _gb(needed.high),
        "verdict": found.fit.verdict,
        "reason": found.fit.reason,
        "flavor": forecast.machine.name if forecast.machine else None,
        "measured_versions": dict(found.versions),
        "versions": {
            package: str(version) if version else None
            for package, version in forecast.training.versions.items()
        },
        "assumed": [str(each) for each in forecast.training.assumed],
        "left_out": list(_left_out(found)),
    }


def _peak_fields(tensors: Peak) -> dict[str, Any]:
    terms = _terms(tensors)
    return {"peak_gb": _gb(tensors.total), "breakdown": terms, "moment": tensors.moment}


def _terms(tensors: Peak) -> dict[str, float]:
    terms = tensors.breakdown._asdict().items()
    return {term: _gb(size) for term, size in terms if term != "overhead"}


def _lines(one: OneScript, found: Measurement) -> Iterator[str]:
    """A measurement for people."""
    training, needed = found.forecast.training, found.need
    place = place_of(one.script.document, training.trainer.callee_span.start)
    cell = f"cell {place.cell}:" if place.cell is not None else ""
    yield f"{one.name}:{cell}{place.row}: {training.model_id}, one training step"
    yield f"             {'measured':>9} {'estimate':>9}  GB"
    estimated = _terms(found.estimated)
    for term, size in _terms(found.tensors).items():
        if size or estimated[term]:
            yield f"  {term:<11}{size:>9.2f} {estimated[term]:>9.2f}"
    total, other = _gb(found.tensors.total), _gb(found.estimated.total)
    yield f"  {'tensors':<11}{total:>9.2f} {other:>9.2f}  ({found.difference:+.1%})"
    machine = found.forecast.machine
    where = f"{machine.name}: " if machine else ""
    yield f"  with CUDA's context and fragments {_gb(needed.low)} to {_gb(needed.high)}"
    yield f"  verdict    {where}{found.fit.verdict}. {found.fit.reason}"
    yield f"  with       {', '.join(f'{name} {each}' for name, each in found.versions.items())}"
    if others := found.other_versions:
        yield f"             the script gets {', '.join(others)}, which may keep more or less"
    yield f"  left out   {'; '.join(_left_out(found))}"
    for index, each in enumerate(training.assumed):
        yield f"  {'' if index else 'assumed':7}    {each}"


def _gb(size: int) -> float:
    return round(size / GB, 2)
