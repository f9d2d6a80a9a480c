"""The peak of a training step in closed form, against a loop of 10,000 additions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from _measure import Row, medians, report
from tunesmith.estimate.memory import peak
from tunesmith.estimate.shape import shape_of
from tunesmith.estimate.training import Adapter, Training
from tunesmith.knowledge.configurations import configuration

LIMIT = 3.0
"""A millisecond where the loop takes a third of one."""
ROUNDS = 200
MODELS = ("google/gemma-3-27b-it", "Qwen/Qwen3-0.6B")


def loop() -> None:
    total = 0
    for each in range(10_000):
        total += each


def main() -> int:
    adapter = Adapter(16, "all-linear", has_dropout=True)
    training = Training(batch=1, length=2048, load_dtype="bfloat16", adapter=adapter)
    works: dict[str, Callable[[], object]] = {"loop": loop}
    for name in MODELS:
        known = configuration(name)
        assert known
        works[name] = partial(peak, shape_of(known.fields), training)
    times = medians(works, ROUNDS)
    rows = [Row(name, times[name], times["loop"], LIMIT) for name in MODELS]
    return report("The peak of a training step", "10,000 additions", rows)


if __name__ == "__main__":
    sys.exit(main())
