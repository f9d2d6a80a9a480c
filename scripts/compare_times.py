"""Holds the estimate of time and cost against published times and a guide, in docs/accuracy.md.

Usage: PYTHONPATH=server:tests:scripts python scripts/compare_times.py
"""

from __future__ import annotations

import math
import statistics
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from estimate.grpo_runs import PUBLISHED as WRITTEN
from estimate.grpo_runs import RUNS, step_seconds
from estimate.guide import A100
from estimate.times import DOLLARS_AN_HOUR, HOURS, PUBLISHED, Point, points, seconds
from record_accuracy import write_section
from tunesmith.estimate.compute import Interval

TITLE = "Time and cost"
INTRODUCTION = """\
Written by `scripts/compare_times.py`. No step was timed on a GPU of our own.

Published times of steps (tests/estimate/throughputs.json), off by so much:
"""
GRPO = """\
Published trainings with GRPO (tests/estimate/grpo_runs.json), where the model writes what it learns
from. Nobody knows how long its answers will be: the interval takes the longest of a batch to be 30
to 100 % of `max_completion_length`, 80 % likely, and what runs around the GPU to be slow or fast.
Time for rewards that run code or ask other models is not counted. How long a layer's kernels take
to launch was set by the first source; the others played no part.
"""
GUIDE = """\
A training guide says of 1,000 examples and three epochs: 2 to 3 hours on an A10G, 3 to 4 on an
A100, which it takes for Gemma 3 from 8k tokens on and for everything at 16k; 5 to 15 dollars. It
does not say how long its examples are. The estimate is that of its template (QLoRA of rank 64, one
row, checkpoints) with the TRL of its time; tokens are guessed as 0.1 to 1 of the longest length, as
where a data set is not known. The last columns tell how long examples are if the guide's hours are
right, and what those hours cost at its prices and at today's.
"""
DIFFERENCES = """\
So the guide's hours hold for examples of about {short} tokens on an A10G and {long} on an A100: by
its hours alone a user would take the A10G to be faster, where the same rows take an A100, with two
and a half times the arithmetic, less time. What the guide does not say counts most: hours grow with
the tokens of an example, not only with examples and epochs. "Scale linearly" holds but for the
start of a job, about {start:.0f} minutes. Its prices are older: an A100 was 4.00 dollars an hour,
and is {price:.2f}.
"""


def main() -> int:
    write_section(TITLE, "\n".join([INTRODUCTION, *_page()]) + "\n")
    return 0


def _page() -> Iterator[str]:
    yield "| source | steps | error at the median | at worst | within the interval |"
    yield "|---|---|---|---|---|"
    for name in PUBLISHED["sources"]:
        yield _published(name, [it for it in PUBLISHED["measurements"] if it["source"] == name])
    yield ""
    yield GRPO
    yield "| run | GPU | written by | longest answer | published, s a step | estimate | off by |"
    yield "|---|---|---|---|---|---|---|"
    yield from map(_written, RUNS)
    yield ""
    yield "Their sources:"
    yield ""
    yield from (f"- {name}: {source}" for name, source in WRITTEN["sources"].items())
    yield ""
    yield GUIDE
    yield (
        "| model | longest | GPU | guide, h | estimate, h | dollars | tokens for its hours "
        "| its hours at its prices | at today's |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    known = list(points())
    yield from map(_row, known)
    yield ""
    short, long = (_usual([it for it in known if it.hours == hours]) for hours in HOURS.values())
    start = known[0].lasts(known[0].guess).start.likely * 60
    price = next(it.machine.usd_per_hour for it in known if it.machine.name == A100)
    yield textwrap.fill(DIFFERENCES.format(short=short, long=long, price=price, start=start), 100)


def _usual(known: Sequence[Point]) -> str:
    """How long examples are by the guide's hours, the extremes left out."""
    lengths = sorted(it.tokens_for(hours) for it in known for hours in it.hours)
    finite = [each for each in lengths if math.isfinite(each)]
    return f"{_rounded(finite[1]):,} to {_rounded(finite[-2]):,}"


def _published(name: str, rows: list[dict[str, Any]]) -> str:
    found = [(seconds(row), row["seconds"]) for row in rows]
    errors = sorted(abs(each.likely / measured - 1) for each, measured in found)
    inside = sum(each.low <= measured <= each.high for each, measured in found)
    return (
        f"| {PUBLISHED['sources'][name]} | {len(rows)} | {statistics.median(errors):.0%} "
        f"| {errors[-1]:.0%} | {inside} |"
    )


def _written(run: dict[str, Any]) -> str:
    found, seconds, training = step_seconds(run), run["seconds"], run["training"]
    gpus = training.get("gpus", 1)
    steps = run.get("steps")
    hours = f", {steps} steps in {steps * seconds / 3600:.1f} h" if steps else ""
    factor = found.likely / seconds
    off = f"{factor:.1f} times" if factor >= 1 else f"1/{1 / factor:.1f}"
    return (
        f"| {run['source']}, {run['model']}{hours} | {gpus} x {run['gpu']} | {run['engine']} "
        f"| {training['completion']} | {seconds:.1f} "
        f"| {found.likely:.1f} ({found.low:.1f} to {found.high:.1f}) | {off} |"
    )


def _row(point: Point) -> str:
    found, (low, high) = point.lasts(point.guess), point.hours
    lengths = [point.tokens_for(hours) for hours in point.hours]
    told = " to ".join(f"{_rounded(each):,}" if math.isfinite(each) else "more" for each in lengths)
    then, now = DOLLARS_AN_HOUR[point.machine.name], point.machine.usd_per_hour
    return (
        f"| {point.model.partition('/')[2]} | {point.length:,} | {point.machine.name} "
        f"| {low:.0f} to {high:.0f} | {_shown(found.hours)} "
        f"| {_shown(found.dollars(point.machine))} | {told} "
        f"| {low * then:.1f} to {high * then:.1f} | {low * now:.1f} to {high * now:.1f} |"
    )


def _shown(interval: Interval) -> str:
    return f"{interval.likely:.1f} ({interval.low:.1f} to {interval.high:.1f})"


def _rounded(tokens: float) -> int:
    return int(round(tokens, -2))


if __name__ == "__main__":
    sys.exit(main())
