"""What a planned start takes: memory, hours and dollars, and the machine where none is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tunesmith.estimate.choice import choose
from tunesmith.estimate.data import Data, data_of
from tunesmith.estimate.fit import GB, Need
from tunesmith.estimate.forecast import Forecast
from tunesmith.estimate.mlx.forecast import forecast_anywhere
from tunesmith.estimate.script import ScriptTraining, trainings_of
from tunesmith.estimate.timeouts import timeout_for
from tunesmith.knowledge.hardware import Machine
from tunesmith.knowledge.prices import priced_flavors
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript

DataOf = Callable[[ScriptTraining], Data]
"""What is known of the data set of a training."""


class Suggestion(NamedTuple):
    """A value that the estimate gives, and why."""

    value: str
    reason: str


def trainings(script: PythonScript, project: Project) -> Sequence[ScriptTraining]:
    """The trainings that can be estimated; none where there are none."""
    return trainings_of(script, project)


def data_as_said(
    script: PythonScript, project: Project, examples: int | None, tokens: int | None
) -> DataOf:
    """What is known of data sets, and what the user says: rows, and tokens of one in the mean."""
    return lambda training: data_of(training, script.path, project).given(examples, tokens)


def forecast_on(
    found: Sequence[ScriptTraining], data: DataOf, machine: Machine | None
) -> Forecast | None:
    """The forecast of the training that needs most; None where nothing can be estimated."""
    every = [forecast_anywhere(each, machine, data(each)) for each in found]
    return max(every, key=lambda each: each.need.total if each.need else 0, default=None)


def suggested_flavor(
    found: Sequence[ScriptTraining], data: DataOf, project: Project
) -> Suggestion | None:
    """The flavor to take where none is named; None where the estimate cannot tell."""
    known = [each for each in found if each.shape]
    if not known:
        return None
    choice = choose(known[0], priced_flavors(project), data(known[0]))
    return Suggestion(choice.pick.machine.name, choice.why) if choice.pick else None


def suggested_timeout(forecast: Forecast | None) -> Suggestion | None:
    """The timeout to take where none is given; None where the estimate cannot tell."""
    if forecast is None or forecast.duration is None:
        return None
    hours = forecast.duration.hours
    return Suggestion(
        timeout_for(hours),
        f"from the estimate of {hours.low:.1f} to {hours.high:.1f} hours, with room",
    )


def memory_words(forecast: Forecast | None) -> str:
    """The verdict on memory in one sentence; empty where there is none."""
    if forecast is None or forecast.need is None:
        return ""
    if forecast.machine:
        return forecast.fit.reason
    low, likely, high = (f"{size / GB:.0f}" for size in _sizes(forecast.need))
    return f"It takes about {likely} GB ({low} to {high})."


def _sizes(needed: Need) -> tuple[int, int, int]:
    return needed.low, needed.total, needed.high
