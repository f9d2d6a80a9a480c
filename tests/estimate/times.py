"""What a training guide says of time and cost, and published times of steps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from estimate.guide import A10G, A100, GEMMA, LENGTHS, LLAMA, OLD, QWEN, guides, recommended
from tunesmith.estimate.compute import Interval, step_seconds
from tunesmith.estimate.data import exactly
from tunesmith.estimate.duration import Duration, Workload, duration
from tunesmith.estimate.forecast import TOKENS
from tunesmith.estimate.shape import shape_of
from tunesmith.estimate.training import Adapter, Training
from tunesmith.knowledge.configurations import configuration
from tunesmith.knowledge.hardware import Accelerator, Machine, flavor

PUBLISHED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "throughputs.json").read_text("utf-8")
)
HOURS = {A10G: (2.0, 3.0), A100: (3.0, 4.0)}
"""The guide's "Cost Estimates": 1,000 examples, three epochs."""
DOLLARS_AN_HOUR = {A10G: 1.5, A100: 4.0}
EXAMPLES, EPOCHS, ACCUMULATION = 1000, 3.0, 8


class Point(NamedTuple):
    """A model at a length on the GPU that the guide takes for it."""

    model: str
    length: int
    machine: Machine
    gpu: Accelerator

    def lasts(self, tokens: Interval) -> Duration:
        """How long the guide's template takes for so long examples."""
        found = configuration(self.model)
        assert found
        workload = Workload(exactly(EXAMPLES), tokens, EPOCHS, ACCUMULATION)
        return duration(shape_of(found.fields), guides(OLD, self.length), self.gpu, workload)

    @property
    def guess(self) -> Interval:
        """Tokens of an example where nobody says how many they are."""
        return Interval(*(part * self.length for part in TOKENS))

    @property
    def hours(self) -> tuple[float, float]:
        return HOURS[self.machine.name]

    def tokens_for(self, hours: float) -> float:
        """How long examples are with which the likely time is that; infinite if no length is."""
        low, high = 1.0, float(self.length)
        if self.lasts(exactly(high)).hours.likely < hours:
            return float("inf")
        while high - low > 1:
            middle = (low + high) / 2
            is_short = self.lasts(exactly(middle)).hours.likely < hours
            low, high = (middle, high) if is_short else (low, middle)
        return high


def points() -> Iterator[Point]:
    """All that the guide's tables hold."""
    for length in LENGTHS:
        for model in (GEMMA, QWEN, LLAMA):
            machine = flavor(recommended(model, length))
            assert machine
            assert machine.accelerator
            yield Point(model, length, machine, machine.accelerator)


_TRAINING = Training(batch=1, length=2048, loss="plain", load_dtype="bfloat16")
_LORA = _TRAINING._replace(adapter=Adapter(64, "all-linear"))
METHODS = {
    "full": _TRAINING,
    "lora": _LORA,
    "qlora": _LORA._replace(quantization="nf4", compute_dtype="bfloat16"),
}


def seconds(row: dict[str, Any]) -> Interval:
    """The estimate of a published step."""
    training = METHODS[row["method"]]._replace(
        batch=row["batch"],
        length=row["length"],
        is_checkpointed=row["checkpointing"],
    )
    sheet = PUBLISHED["gpus"][row["gpu"]]
    gpu = Accelerator(
        row["gpu"],
        80,
        79.0,
        tuple(sheet["compute_capability"]),
        sheet["tflops"],
        sheet["bandwidth_gb_s"],
    )
    return step_seconds(shape_of(PUBLISHED["models"][row["model"]]), training, gpu)
