"""Reading tests/estimate/mlx.json: public logs of `mlx_lm.lora`, and steps measured with MLX."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tunesmith.estimate.known_model import shape_named
from tunesmith.estimate.mlx.training import MlxTraining, Packing, packing_named
from tunesmith.estimate.shape import ModelShape, shape_of
from tunesmith.knowledge.hardware import Accelerator
from tunesmith.knowledge.macs import macs

RECORD: Mapping[str, Any] = json.loads((Path(__file__).parent / "mlx.json").read_text("utf-8"))


class Log(NamedTuple):
    """A log that somebody published; None for what it does not tell.

    Attributes:
        peak: "Peak mem", in GB.
        gpu: of the Mac.
        tokens: of a row, in the mean.
        seconds: of a step.
    """

    source: str
    model: str
    shape: ModelShape
    training: MlxTraining
    peak: float | None
    gpu: Accelerator | None
    tokens: float
    seconds: float | None


def logs() -> Iterator[Log]:
    for row in RECORD["logs"]:
        shape = shape_named(row["model"])
        assert shape, row["model"]
        rate = row.get("it_sec")
        yield Log(
            row["source"],
            row["model"],
            shape._replace(is_tied=row.get("is_tied", shape.is_tied)),
            _training(row["training"])._replace(packing=packing_named(row["model"])),
            row.get("peak_gb"),
            gpu(row["chip"]) if "chip" in row else None,
            row.get("tokens", 0),
            1 / rate if rate else None,
        )


def gpu(chip: str) -> Accelerator:
    found = next(each for each in macs() if each.name.startswith(f"{chip} "))
    assert found.accelerator
    return found.accelerator


class Step(NamedTuple):
    """A step that was measured, its peak in bytes."""

    shape: ModelShape
    training: MlxTraining
    peak: int
    changes: Mapping[str, Any]


def steps() -> Iterator[Step]:
    for row in RECORD["steps"]:
        given = dict(row["training"])
        packing = Packing(given.pop("bits", 16))
        training = _training(given)._replace(packing=packing)
        changes = {k: v for k, v in row["training"].items() if k not in ("batch", "length")}
        yield Step(shape_of(row["config"]), training, row["peak"], changes)


def _training(fields: Mapping[str, Any]) -> MlxTraining:
    given = dict(fields)
    if "targets" in given:
        given["targets"] = tuple(given["targets"])
    return MlxTraining(**given)
