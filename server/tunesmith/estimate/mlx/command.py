"""Trainings that a command of MLX-LM describes: `mlx_lm.lora --train`, with its configuration file.

Options of the command come before the file, and that before the defaults (`CONFIG_DEFAULTS` of
MLX-LM 0.32.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

from packaging.version import Version

from tunesmith.estimate.compute import Interval
from tunesmith.estimate.data import exactly
from tunesmith.estimate.duration import Duration
from tunesmith.estimate.fit import Fit, Need, fit
from tunesmith.estimate.forecast import TOKENS
from tunesmith.estimate.known_model import KnownModel, known_model
from tunesmith.estimate.mlx.memory import mlx_need
from tunesmith.estimate.mlx.speed import MlxWorkload, mlx_duration
from tunesmith.estimate.mlx.training import (
    Kind,
    MlxTraining,
    Optimizer,
    Packing,
    loss_of,
    packing_named,
    packing_of,
    targets_of,
)
from tunesmith.estimate.script import Assumption
from tunesmith.knowledge.hardware import Machine
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.reason import Reason
from tunesmith.sources.document import Document
from tunesmith.sources.launch_command import enclosing_span
from tunesmith.sources.mlx_configuration import read_mlx_configuration
from tunesmith.sources.tool_commands import ToolCommand
from tunesmith.sources.yaml_values import configuration_values, plain_value
from tunesmith.text import Span

DEFAULTS: Mapping[str, Any] = {
    "model": "Qwen/Qwen3-0.6b",
    "fine_tune_type": "lora",
    "optimizer": "adam",
    "num_layers": 16,
    "batch_size": 4,
    "iters": 1000,
    "max_seq_length": 2048,
    "grad_checkpoint": False,
    "grad_accumulation_steps": 1,
}
_FLAGS = ("train", "grad_checkpoint")
_OLD_NAMES = {"num_layers": ("--num-layers", "--lora-layers")}
_RANK = 8
_NEWEST = Version("1!0")
ROWS = Assumption("rows as long as --max-seq-length", "mlx_lm.lora pads to the longest row")


class MlxRun(NamedTuple):
    """A training that a command or a configuration of MLX-LM describes.

    Attributes:
        document: where it stands.
        span: the command; of a configuration, its beginning.
        model_id: as named there; None where a variable decides.
        known: the model's shape, and where it is known from.
        training: what is done.
        iterations: batches.
        release: of MLX-LM; None where nothing pins it.
        assumed: what is not told for sure.
    """

    document: Document
    span: Span
    model_id: str | None
    known: KnownModel
    training: MlxTraining
    iterations: int
    release: Version | None
    assumed: tuple[Assumption, ...]


class MlxForecast(NamedTuple):
    """What becomes of it on a Mac; None for what is not known."""

    run: MlxRun
    machine: Machine | None
    need: Need | None
    fit: Fit
    duration: Duration | None
    no_duration: str


def mlx_run(command: ToolCommand, project: Project) -> MlxRun | None:
    """The training of a command; None where it starts none."""
    if command.tool != "mlx_lm.lora":
        return None
    missing: dict[str, None] = {}
    given = dict(_options(command, missing))
    file = command.option("-c", "--config")
    settings: Mapping[str, Any] = {}
    if file:
        found = project.text_near(file[1] or "", command.path, command.argv.folder_hint)
        read = configuration_values(found[1]) if found else None
        if read is None:
            missing[f"what {file[1] or 'the file'} behind {file[0].known_text} sets"] = None
        settings = read or {}
    if command.is_open and not file:
        missing["options that a variable may hold"] = None
    whole = {**DEFAULTS, **settings, **given}
    if whole.get("train") is not True:
        return None
    return _run(command.document, enclosing_span(command.argv.words), whole, missing, project)


def mlx_run_of_file(document: Document, project: Project) -> MlxRun | None:
    """The training that a configuration file of `mlx_lm.lora -c` describes; None for others."""
    if read_mlx_configuration(document.text) is None:
        return None
    settings = configuration_values(document.text)
    if settings is None or settings.get("train") is not True:
        return None
    return _run(document, Span(0, 0), {**DEFAULTS, **settings}, {}, project)


def _options(command: ToolCommand, missing: dict[str, None]) -> Iterator[tuple[str, Any]]:
    """What the command says, by the names of the configuration file."""
    for name in (*DEFAULTS, "train"):
        option = command.option(*_OLD_NAMES.get(name, (f"--{name.replace('_', '-')}",)))
        if option is None:
            continue
        if name in _FLAGS:
            yield name, True
        elif option[1] is None:
            missing[option[0].known_text.partition("=")[0]] = None
            if name == "model":
                yield name, None
        else:
            yield name, option[1] if name == "model" else plain_value(option[1])


def _run(
    document: Document,
    span: Span,
    whole: Mapping[str, Any],
    missing: dict[str, None],
    project: Project,
) -> MlxRun:
    release = next(
        (
            Version(each.version)
            for pin in project.pins_for(document.path, "mlx-lm")
            for each in pin.requirement.specifier
            if each.operator == "==" and not each.version.endswith("*")
        ),
        None,
    )
    model_id = whole["model"] if isinstance(whole["model"], str) else None
    known = (
        known_model(model_id, document.path, project)
        if model_id
        else KnownModel(None, "the command does not tell which model it is")
    )
    training = _training(whole, release or _NEWEST, missing)
    packing = _packing(model_id, document, project) if model_id else Packing()
    assumed = [Assumption(each, "it is not told here") for each in missing]
    if release is None:
        assumed.append(Assumption("the newest release of mlx-lm", "nothing pins it"))
    return MlxRun(
        document,
        span,
        model_id,
        known,
        training._replace(packing=packing),
        _whole(whole, "iters"),
        release,
        (*assumed, ROWS),
    )


def _packing(model_id: str, document: Document, project: Project) -> Packing:
    own = project.model_in(model_id, document.path)
    stored = project.stored_model(model_id)
    config = own or (stored.fields if stored else {})
    return packing_of(config) or packing_named(model_id)


def _training(whole: Mapping[str, Any], release: Version, missing: dict[str, None]) -> MlxTraining:
    kind, optimizer = whole["fine_tune_type"], whole["optimizer"]
    given = whole.get("lora_parameters")
    lora = cast("Mapping[str, Any]", given if isinstance(given, dict) else {})
    if given is not None and not isinstance(given, dict):
        missing["lora_parameters"] = None
    keys: list[Any] = lora.get("keys") or []
    names = tuple(str(each).rpartition(".")[2] for each in keys)
    return MlxTraining(
        kind=kind if kind in get_args(Kind) else "lora",
        layers=_whole(whole, "num_layers"),
        rank=_whole({"rank": _RANK, **lora}, "rank"),
        targets=names or targets_of(release),
        has_dropout=bool(lora.get("dropout")),
        batch=_whole(whole, "batch_size"),
        length=_whole(whole, "max_seq_length"),
        is_checkpointed=whole["grad_checkpoint"] is True,
        optimizer=optimizer if optimizer in get_args(Optimizer) else "adam",
        accumulation=_whole(whole, "grad_accumulation_steps"),
        loss=loss_of(release),
    )


def _whole(values: Mapping[str, Any], name: str) -> int:
    """A whole number; the default where it is none, and where it would be none to train with."""
    value = values[name]
    default = DEFAULTS.get(name, _RANK)
    if not isinstance(value, (int, float)) or value == 0:
        return default
    return int(value) if value > 0 or name == "num_layers" else default


def forecast_run(run: MlxRun, machine: Machine | None, tokens: Interval | None) -> MlxForecast:
    """What becomes of a training on a Mac.

    Args:
        run: the training.
        machine: the Mac; None where none is named.
        tokens: of a row, in the mean; None where that is not known.
    """
    shape, gpu = run.known.shape, machine.accelerator if machine else None
    if shape is None:
        reason = Fit("unknown", f"It cannot be told: {run.known.source}.")
        return MlxForecast(run, machine, None, reason, None, run.known.source)
    needed = mlx_need(shape, run.training, is_certain=run.known.is_certain)
    if gpu is None:
        missing = Reason("no Mac is named", 'give --flavor "M3 Max 64 GB" or another')
        return MlxForecast(run, machine, needed, fit(needed, None), None, missing)
    guess = Interval(*(part * run.training.length for part in TOKENS))
    workload = MlxWorkload(exactly(run.iterations), tokens or guess)
    lasts = mlx_duration(shape, run.training, gpu, workload)
    return MlxForecast(run, machine, needed, fit(needed, gpu), lasts, "")
