"""What becomes of a training on a machine: whether it fits, how long it takes, what it costs.

The command line, the rules and the editor all ask here.
"""

from __future__ import annotations

from tunesmith.estimate.compute import Interval
from tunesmith.estimate.data import Data, exactly
from tunesmith.estimate.duration import Duration, Workload, duration
from tunesmith.estimate.fit import Fit, Need, fit, need
from tunesmith.estimate.script import ScriptTraining
from tunesmith.knowledge.hardware import Machine
from tunesmith.named_tuple import NamedTuple
from tunesmith.reason import GIVE_EXAMPLES, Reason

TOKENS = (0.1, 0.35, 1.0)
"""Tokens of an example as a part of the longest, where nobody says how many they are: a guess."""
SERVED = "a vLLM server writes GRPO's answers, and where it runs is not known"
UNCOUNTED = Reason("the number of examples is not known", GIVE_EXAMPLES)


class Forecast(NamedTuple):
    """The estimate of one training on one machine; None for what is not known.

    Attributes:
        training: what the script says.
        machine: where it runs.
        need: what a step takes of each GPU.
        fit: whether that fits the machine's GPUs.
        duration: how long the job takes.
        no_duration: why that is not known; empty where it is.
        data: what is known of its data set.
    """

    training: ScriptTraining
    machine: Machine | None
    need: Need | None
    fit: Fit
    duration: Duration | None
    no_duration: str
    data: Data = Data()

    @property
    def dollars(self) -> Interval | None:
        """What the job costs."""
        return self.duration.dollars(self.machine) if self.duration and self.machine else None


def forecast(
    training: ScriptTraining, machine: Machine | None, data: Data | None = None
) -> Forecast:
    """The estimate of a training on a machine.

    Args:
        training: as the script says.
        machine: None where none is named.
        data: what is known of its data set; None where that is nothing.
    """
    gpu = machine.accelerator if machine else None
    shape = training.shape
    trained = (training.on(machine.accelerators) if machine and gpu else None) or training.training
    needed = need(shape, trained, is_certain=training.is_shape_certain) if shape else None
    data = data or Data()
    workload = workload_of(training, data)
    lasts, missing = None, ""
    if shape is None:
        missing = training.shape_source
    elif gpu is None:
        missing = Reason("no machine with a GPU is named", "give --flavor NAME")
    elif trained.method == "grpo" and training.writing is None:
        missing = SERVED
    elif workload is None:
        missing = data.problem or UNCOUNTED
    else:
        lasts = duration(shape, trained, gpu, workload)
    fits = fit(needed, gpu) if needed else Fit("unknown", f"It cannot be told: {missing}.")
    return Forecast(training, machine, needed, fits, lasts, missing, data)


def workload_of(training: ScriptTraining, data: Data) -> Workload | None:
    """How much is trained; None where that is not known."""
    if data.examples is None and training.max_steps < 1:
        return None
    guess = Interval(*(part * training.training.length for part in TOKENS))
    return Workload(
        data.examples or exactly(0),
        data.tokens or guess,
        training.epochs,
        training.accumulation,
        training.is_packed,
        training.max_steps,
        data.sizes if data.tokens else (),
        training.writing,
    )
