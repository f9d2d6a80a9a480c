"""Reading what the oracle has recorded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tunesmith.estimate.shape import ModelShape, shape_of
from tunesmith.estimate.training import Training, training_of
from tunesmith.knowledge.configurations import configuration

RECORD = Path(__file__).parent / "oracle.json"


@dataclass(frozen=True)
class Step:
    model: str
    training: Training
    peak: int
    breakdown: dict[str, int]
    resident: int

    @property
    def shape(self) -> ModelShape:
        return shape(self.model)

    def __str__(self) -> str:
        it = self.training
        return f"{self.model} {it.batch}x{it.length} {it.loss} {it.quantization or it.load_dtype}"


def whole(model: str) -> ModelShape:
    """A model as it is loaded."""
    known = configuration(model)
    assert known, f"the table of configurations lacks {model}"
    return shape_of(known.fields)


def shape(model: str) -> ModelShape:
    """The language model alone, which is what the oracle measures."""
    return whole(model)._replace(vision=0, vision_linears=0)


def versions() -> dict[str, str]:
    return json.loads(RECORD.read_text("utf-8"))["versions"]


def steps() -> list[Step]:
    recorded = json.loads(RECORD.read_text("utf-8"))["steps"]
    return [
        Step(
            row["model"],
            training_of(row["training"]),
            row["peak"],
            row["breakdown"],
            row["resident"],
        )
        for row in recorded
    ]
