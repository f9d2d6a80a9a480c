"""Which machine to take: what becomes of a training on each, the best first, and why.

Pure: the command line and the editor give the machines, and show what is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tunesmith.estimate.compute import Interval
from tunesmith.estimate.data import Data
from tunesmith.estimate.fit import GB, GIB, Fit, Verdict, ram_bytes
from tunesmith.estimate.forecast import Forecast, forecast
from tunesmith.estimate.guide import Advice, guides_choice
from tunesmith.estimate.mlx.forecast import forecast_on_mac
from tunesmith.estimate.script import Parallel, ScriptTraining
from tunesmith.knowledge.hardware import JOBS, MAC, RENTED, Machine

Effort = Literal["minimal", "moderate", "complex"]

EFFORTS: Mapping[str, Effort] = {JOBS: "minimal", MAC: "moderate", RENTED: "complex"}
"""How much there is to set up, as the guide's "Training Options" say."""
ORDER: Sequence[Verdict] = ("fits", "tight", "unknown", "no")


@dataclass(frozen=True, slots=True)
class Option:
    """A training on one of the machines.

    Attributes:
        forecast: what becomes of it.
        machine: which one.
        notes: what speaks against it, or has to be done first.
    """

    forecast: Forecast
    machine: Machine
    notes: tuple[str, ...] = ()

    @property
    def effort(self) -> Effort:
        return EFFORTS[self.machine.provider]

    @property
    def verdict(self) -> Verdict:
        return self.forecast.fit.verdict

    @property
    def usable_gb(self) -> float:
        """What a program can have of one GPU, in 10**9 bytes."""
        gpu = self.machine.accelerator
        return gpu.usable_vram_gib * GIB / GB if gpu else 0.0

    @property
    def dollars(self) -> Interval | None:
        return self.forecast.dollars

    @property
    def cost(self) -> float:
        """The likely dollars of the job; of an hour, where nobody knows how long it takes."""
        return self.dollars.likely if self.dollars else self.machine.usd_per_hour


@dataclass(frozen=True, slots=True)
class Choice:
    """The machines for a training.

    Attributes:
        options: what fits first, the cheapest first.
        pick: the one to take; None where nothing may fit.
        why: one sentence on it.
        guide: what the training guide says.
    """

    options: Sequence[Option]
    pick: Option | None
    why: str
    guide: Advice


def choose(
    training: ScriptTraining, machines: Sequence[Machine], data: Data | None = None
) -> Choice:
    """Compare machines for a training.

    Args:
        training: as the script says; its model's shape is known.
        machines: those with a GPU are compared.
        data: what is known of its data set.
    """
    found = [_option(training, each, data) for each in machines if each.accelerator]
    options = sorted(found, key=lambda it: (ORDER.index(it.verdict), it.cost, it.machine.name))
    pick = _pick(options)
    return Choice(options, pick, _why(pick, options), guides_choice(training, machines))


def _option(training: ScriptTraining, machine: Machine, data: Data | None) -> Option:
    if machine.provider == MAC:
        return Option(forecast_on_mac(training, machine, data), machine, (BY_MLX,))
    if machine.accelerators == 1 or _says_how(training, machine):
        return _told(training, machine, data)
    sharding = training.parallel.sharding or "ddp"
    each_own = training._replace(parallel=Parallel("accelerate", sharding=sharding))
    found = _told(each_own, machine, data, BY_ACCELERATE)
    if found.verdict == "no" and training.on(machine.accelerators):
        return _told(training, machine, data, IN_TURNS)
    return found


def _says_how(training: ScriptTraining, machine: Machine) -> bool:
    """Whether a start of the script says how it uses several GPUs."""
    return bool(training.parallel.starter and training.on(machine.accelerators))


def _told(training: ScriptTraining, machine: Machine, data: Data | None, *notes: str) -> Option:
    found = forecast(training, machine, data)
    short = _lack_of_ram(training, machine)
    if short and found.fit.verdict != "no":
        found = found._replace(fit=Fit("no", short))
    return Option(found, machine, (*_notes(training, machine), *notes))


def _lack_of_ram(training: ScriptTraining, machine: Machine) -> str:
    """Why the main memory is too small; empty where it is not."""
    if not (machine.ram_gb and training.shape):
        return ""
    needed = ram_bytes(training.shape, training.training) / GB
    if needed <= machine.ram_gb:
        return ""
    return f"It would take {needed:.0f} of {machine.ram_gb} GB of main memory."


def _notes(training: ScriptTraining, machine: Machine) -> Iterator[str]:
    gpu = machine.accelerator
    if gpu and not gpu.has_bfloat16 and training.training.autocast == "bfloat16":
        yield NO_BFLOAT16
    if gpu and gpu.compute_capability is None and training.training.quantization:
        yield "needs a build of bitsandbytes for AMD"


BY_MLX = "by mlx_lm.lora instead of the script"
BY_ACCELERATE = "needs accelerate launch, a process for each GPU"
IN_TURNS = "one process spreads the model over the GPUs, which take turns"
NO_BFLOAT16 = "has no bfloat16: emulated, slower than estimated"


def _pick(options: Sequence[Option]) -> Option | None:
    """The cheapest flavor of Jobs, as it takes the least to set up; else what may do."""
    able = [each for each in options if each.verdict in ("fits", "tight")]
    wanted = [
        each for each in able if each.machine.provider == JOBS and NO_BFLOAT16 not in each.notes
    ]
    return next(iter(wanted or able), None)


def _why(pick: Option | None, options: Sequence[Option]) -> str:
    if pick is None:
        return "No machine here is large enough: train shorter sequences, or fewer at a time."
    name = pick.machine.name
    if pick.verdict == "tight":
        why = f"Nothing fits for sure; {name} is the cheapest that may do"
    elif pick.machine.provider == JOBS:
        why = f"{name} is the cheapest flavor that fits, and Jobs take the least to set up"
    else:
        why = f"{name} is the cheapest machine that fits; no flavor of Jobs does"
    cheaper = next((each for each in options if each.verdict == "fits"), pick)
    if cheaper.machine.provider == RENTED and cheaper.cost < pick.cost:
        why += f"; a rented {cheaper.machine.name} costs less, but you set it up yourself"
    return why + "."
