"""What Tunesmith's client and server say to each other beyond the Language Server Protocol.

`scripts/generate_protocol.py` writes `extension/src/protocol.ts` from this module. Fields of
parameters are optional here and validated by their handlers, so that a wrong message gets an
error response instead of none. Raise PROTOCOL_VERSION when an old client or server would
misunderstand a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PROTOCOL_VERSION = 2
"""Sent as `capabilities.experimental.tunesmith.protocol` of the initialize result."""

RULE_REQUEST = "tunesmith/rule"
"""RuleParams -> RuleResult: the documentation of a rule."""

ESTIMATE_REQUEST = "tunesmith/estimate"
"""EstimateParams -> EstimateResult: memory, time and cost of a trainer, also with other values."""

MACHINES_REQUEST = "tunesmith/machines"
"""MachinesParams -> MachinesResult: what a trainer would do on every machine."""

WRITE_MACHINE_REQUEST = "tunesmith/writeMachine"
"""WriteMachineParams -> WriteMachineResult: let the script's jobs run on another machine. The
server makes the edits by `workspace/applyEdit`."""

WRITE_VALUES_REQUEST = "tunesmith/writeValues"
"""WriteValuesParams -> WriteValuesResult: write values of an estimate into the script, likewise."""

WRITE_JOB_REQUEST = "tunesmith/writeJob"
"""WriteJobParams -> WriteValuesResult: write how a job is started into the script's header."""

INTERPRETER_NOTIFICATION = "tunesmith/interpreter"
"""Client to server, InterpreterParams: the user selected another interpreter for their scripts."""

STATUS_NOTIFICATION = "tunesmith/status"
"""Server to client, StatusParams: what the server is doing."""


@dataclass(frozen=True)
class RuleParams:
    """Which rule; by name or code."""

    name: str | None = None


@dataclass(frozen=True)
class RuleResult:
    """A rule as a reader sees it."""

    name: str
    code: str
    severity: Literal["error", "warning", "information"]
    markdown: str
    url: str


@dataclass(frozen=True)
class InterpreterParams:
    """The path of the interpreter; the initialization option `interpreter` means the same."""

    path: str | None = None


@dataclass(frozen=True)
class StatusParams:
    """Whether files are still being read, and what a user should know of it."""

    state: Literal["scanning", "ready"]
    note: str | None = None


Quantization = Literal["none", "int8", "nf4"]


@dataclass(frozen=True)
class Likely:
    """An interval, and what is likely in it."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True)
class TrainingValues:
    """What decides the memory of a training most. `rank` is missing where there is no adapter."""

    length: int
    batch: int
    quantization: Quantization
    rank: int | None = None


@dataclass(frozen=True)
class EstimateParams:
    """What is asked of an open script.

    `trainer` counts its trainers from 0; `machine` is a name of MachinesResult. What is left out is
    as the script says. `examples` and `tokens` are of the data set: rows, and tokens of one.
    """

    uri: str | None = None
    trainer: int | None = None
    machine: str | None = None
    length: int | None = None
    batch: int | None = None
    rank: int | None = None
    quantization: Quantization | None = None
    examples: int | None = None
    tokens: int | None = None


@dataclass(frozen=True)
class TrainerChoice:
    """One of a script's trainers; `line` counts from 1."""

    label: str
    line: int


@dataclass(frozen=True)
class MachineChoice:
    """A machine to choose from; `is_flavor`: jobs can run on it."""

    name: str
    label: str
    place: str
    is_flavor: bool


@dataclass(frozen=True)
class MemoryTerm:
    """A part of the memory, in GB (10**9 bytes), and what it is for."""

    name: str
    gb: float
    meaning: str


@dataclass(frozen=True)
class EstimateResult:
    """An estimate as the panel shows it. What is not known is missing; `reason` says why.

    `written` are the script's values, `shown` those of the estimate; `present` is the machine that
    the script's jobs run on, `machine` that of the estimate. `memory` and `usable` are GB of one
    GPU, `hours` and `dollars` of the whole job. `examples` and `tokens` are what is known of the
    data set itself, as in EstimateParams.
    """

    model: str
    trainer: int
    trainers: list[TrainerChoice]
    machines: list[MachineChoice]
    written: TrainingValues
    shown: TrainingValues
    verdict: Literal["fits", "tight", "no", "unknown"]
    reason: str
    terms: list[MemoryTerm]
    basis: list[str]
    machine: str | None = None
    present: str | None = None
    usable: float | None = None
    memory: Likely | None = None
    hours: Likely | None = None
    dollars: Likely | None = None
    no_hours: str | None = None
    examples: int | None = None
    tokens: int | None = None


@dataclass(frozen=True)
class MachinesParams:
    """Of which trainer of an open script; `examples` and `tokens` as in EstimateParams."""

    uri: str | None = None
    trainer: int | None = None
    examples: int | None = None
    tokens: int | None = None


@dataclass(frozen=True)
class MachineRow:
    """A trainer on a machine; `effort` is that of setting it up, `notes` speak against it.

    `gb` and `usable` are of one GPU; `dollars` of the whole job.
    """

    name: str
    label: str
    place: str
    verdict: Literal["fits", "tight", "no", "unknown"]
    is_flavor: bool
    effort: Literal["minimal", "moderate", "complex"]
    notes: list[str]
    gb: float | None = None
    usable: float | None = None
    hours: float | None = None
    dollars: float | None = None
    usd_per_hour: float | None = None


@dataclass(frozen=True)
class MachinesResult:
    """Machines in the order to offer them; `present` is the one that the script's jobs run on.

    `reason` is a sentence on the one that is recommended, `guide` on what the training guide says,
    `no_hours` why nobody knows how long it takes.
    """

    model: str
    trainer: int
    rows: list[MachineRow]
    prices: str
    present: str | None = None
    recommended: str | None = None
    reason: str | None = None
    guide: str | None = None
    no_hours: str | None = None


@dataclass(frozen=True)
class WriteMachineParams:
    """A flavor to write, and where: one of the places that an answer without `written` names."""

    uri: str | None = None
    machine: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class WriteMachineResult:
    """Where the flavor was written; or, where that must be asked, the places to choose from."""

    written: str | None = None
    places: list[str] | None = None


@dataclass(frozen=True)
class WriteValuesParams:
    """Values to write into an open script; those left out stay as they are."""

    uri: str | None = None
    trainer: int | None = None
    length: int | None = None
    batch: int | None = None
    rank: int | None = None
    quantization: Quantization | None = None


@dataclass(frozen=True)
class WriteJobParams:
    """What `[tool.hf-jobs]` of an open script is to say; those left out stay as they are."""

    uri: str | None = None
    flavor: str | None = None
    timeout: str | None = None
    namespace: str | None = None


@dataclass(frozen=True)
class WriteValuesResult:
    """What was written, and what could not be: a sentence each."""

    written: list[str]
    left: list[str]
