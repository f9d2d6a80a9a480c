"""Reading what was measured on a GPU."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estimate.recorded import shape
from tunesmith.estimate.fit import Need, need
from tunesmith.estimate.memory import peak
from tunesmith.estimate.training import Training, training_of

RECORD = Path(__file__).parent / "measured.json"


@dataclass(frozen=True)
class Run:
    """A training step on a GPU.

    Attributes:
        model, training: what was trained.
        allocated: most bytes of tensors; 0 where memory ran out.
        used: bytes of the GPU that were not free at the end, CUDA's context and what the allocator
            keeps for later included; 0 where memory ran out.
        total: bytes of the GPU.
    """

    model: str
    training: Training
    allocated: int
    used: int
    total: int

    @property
    def estimated(self) -> int:
        """Bytes of tensors."""
        return peak(shape(self.model), self.training).total

    @property
    def error(self) -> float:
        return self.estimated / self.allocated - 1

    @property
    def need(self) -> Need:
        return need(shape(self.model), self.training)

    @property
    def was_promised_in_vain(self) -> bool:
        """Whether a GPU as large as the high end would have been said to do, and was not enough."""
        return self.need.high < (self.used or self.total)

    def __str__(self) -> str:
        it = self.training
        return f"{self.model} {it.method} {it.batch}x{it.length} {it.quantization or it.load_dtype}"


def runs(path: Path = RECORD) -> list[Run]:
    """What a file has recorded; nothing where there is none."""
    if not path.exists():
        return []
    recorded: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return [
        Run(
            row["model"],
            training_of(row["training"]),
            row.get("allocated", 0),
            row.get("used", 0),
            recorded["bytes"],
        )
        for row in recorded["steps"]
    ]
