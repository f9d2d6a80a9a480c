"""tunesmith/estimate and tunesmith/machines: a trainer's estimate, with other values, elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from tunesmith.estimate.changes import Changes, changed, values_of
from tunesmith.estimate.compute import Interval
from tunesmith.estimate.data import Data
from tunesmith.estimate.fit import GB
from tunesmith.estimate.forecast import Forecast
from tunesmith.estimate.mlx.forecast import forecast_anywhere
from tunesmith.estimate.script import ScriptTraining
from tunesmith.estimate.training import Training
from tunesmith.knowledge.hardware import MAC, Machine
from tunesmith.lsp.estimate_words import MEANINGS, ON_MACS, rests_on, usable_bytes
from tunesmith.lsp.language_server import TunesmithServer
from tunesmith.lsp.machine_rows import machine_choice, machines_result
from tunesmith.lsp.open_trainings import OpenTrainings, asked_trainings
from tunesmith.lsp.protocol import (
    ESTIMATE_REQUEST,
    MACHINES_REQUEST,
    EstimateResult,
    Likely,
    MemoryTerm,
    Quantization,
    TrainerChoice,
    TrainingValues,
)
from tunesmith.lsp.rpc import RequestFailedError, optional_number, optional_string, to_json
from tunesmith.machines import machines

_QUANTIZATIONS: dict[str, Quantization] = {"none": "none", "int8": "int8", "nf4": "nf4"}


def register(server: TunesmithServer) -> None:
    """Answer what a trainer needs."""
    server.feature(ESTIMATE_REQUEST)(_estimate)
    server.feature(MACHINES_REQUEST)(_machines)


async def _estimate(ls: TunesmithServer, params: object) -> dict[str, Any]:
    changes = asked_changes(params)
    name = optional_string(params, "machine")
    found, index = await asked_trainings(ls, params)
    machine = _named(name, machines(found.project)) if name else None
    training = found.trainings[index]
    data = _data(found.data[index], params)
    answer = forecast_anywhere(changed(training, changes), machine or found.machine, data)
    return to_json(_result(found, index, answer))


async def _machines(ls: TunesmithServer, params: object) -> dict[str, Any]:
    found, index = await asked_trainings(ls, params)
    training, data = found.trainings[index], _data(found.data[index], params)
    result = await ls.pool.compute(
        machines_result, training, index, found.project, found.machine, data
    )
    if result is None:
        raise RequestFailedError("the machines could not be compared; the output says why")
    return to_json(result)


def asked_changes(params: object) -> Changes:
    """The values of a request.

    Raises:
        JsonRpcInvalidParams: one is none.
    """
    quantization = optional_string(params, "quantization")
    if quantization is not None and quantization not in _QUANTIZATIONS:
        expected = ", ".join(_QUANTIZATIONS)
        raise JsonRpcInvalidParams(
            f"quantization: {quantization!r} was given; expected one of {expected}"
        )
    return Changes(
        optional_number(params, "length"),
        optional_number(params, "batch"),
        optional_number(params, "rank"),
        _QUANTIZATIONS[quantization] if quantization else None,
    )


def _data(known: Data, params: object) -> Data:
    """What is known of a data set, and what a request says of it."""
    examples, tokens = optional_number(params, "examples"), optional_number(params, "tokens")
    return known.given(examples or None, tokens or None)


def _named(name: str, offered: Sequence[Machine]) -> Machine:
    machine = next((each for each in offered if each.name == name), None)
    if machine is None:
        raise JsonRpcInvalidParams(f"machine: {name!r} was given; expected a name of the list")
    return machine


def _result(found: OpenTrainings, index: int, answer: Forecast) -> EstimateResult:
    training, known = found.trainings[index], found.data[index]
    needed, machine = answer.need, answer.machine
    usable = usable_bytes(machine) if machine else None
    is_mac = machine is not None and machine.provider == MAC
    meanings = {**MEANINGS, **(ON_MACS if is_mac else {})}
    return EstimateResult(
        model=_model(training),
        trainer=index,
        trainers=[_trainer(found, each) for each in found.trainings],
        machines=[machine_choice(each) for each in machines(found.project)],
        written=_values(training.training),
        shown=_values(answer.training.training),
        verdict=answer.fit.verdict,
        reason=answer.fit.reason,
        terms=[
            MemoryTerm(name, size / GB, meanings[name])
            for name, size in (needed.breakdown._asdict().items() if needed else ())
        ],
        basis=list(rests_on(answer)),
        machine=machine.name if machine else None,
        present=found.machine.name if found.machine else None,
        usable=usable / GB if usable else None,
        memory=Likely(needed.low / GB, needed.total / GB, needed.high / GB) if needed else None,
        hours=_likely(answer.duration.hours) if answer.duration else None,
        dollars=_likely(answer.dollars) if answer.dollars else None,
        no_hours=answer.no_duration or None,
        examples=round(known.examples.likely) if known.examples else None,
        tokens=round(known.tokens.likely) if known.tokens else None,
    )


def _model(training: ScriptTraining) -> str:
    return training.model_id or "a model that the file does not tell"


def _trainer(found: OpenTrainings, training: ScriptTraining) -> TrainerChoice:
    document, call = found.script.document, training.trainer
    line = document.lines.position(call.callee_span.start).line + 1
    return TrainerChoice(call.name.rpartition(".")[2], line)


def _values(training: Training) -> TrainingValues:
    now = values_of(training)
    return TrainingValues(now.length or 0, now.batch or 0, now.quantization or "none", now.rank)


def _likely(interval: Interval) -> Likely:
    return Likely(interval.low, interval.likely, interval.high)
