"""Medians of interleaved runs, held against targets, and their record in docs/benchmarks.md."""

from __future__ import annotations

import datetime
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "docs" / "benchmarks.md"

_TITLE = """\
# Benchmarks

Written by `npm run bench -- --record`. Every figure is the median of runs, or the percentile named;
the runs take turns with those that they are compared with, on one machine. Of whole processes it is
the least processor time.
"""


@dataclass(frozen=True)
class Row:
    """One comparison; times in seconds.

    Attributes:
        limit: the largest ratio that is good enough; None where there is no target.
    """

    what: str
    took: float
    against: float
    limit: float | None

    @property
    def ratio(self) -> float:
        return self.took / self.against

    @property
    def is_met(self) -> bool:
        return self.limit is None or self.ratio <= self.limit


def times_in_turn(
    works: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """The times of each work in seconds; the works take turns, after one round to warm up."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            start = clock()
            work()
            if turn:
                times[name].append(clock() - start)
    return times


def medians(
    works: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """The median time of each work in seconds."""
    times = times_in_turn(works, rounds, clock)
    return {name: statistics.median(taken) for name, taken in times.items()}


def least_of_processes(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The least processor time that the processes of each work took, in seconds.

    Other programs only ever add to it, so that the least says most on a machine that is shared.
    """
    times = {name: float("inf") for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            start = _spent_by_children()
            work()
            took = _spent_by_children() - start
            if turn:
                times[name] = min(times[name], took)
    return times


def _spent_by_children() -> float:
    import resource  # Windows has none

    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def report(title: str, against: str, rows: Sequence[Row]) -> int:
    """Print the rows, record them where `--record` asks for it; 1 where a target is missed."""
    table = [f"| {title} | time | {against} | ratio | target |", "|---|--:|--:|--:|--:|"]
    table += map(_line, rows)
    print("\n".join(table))
    if "--record" in sys.argv[1:]:
        _record(title, table)
    return 0 if all(row.is_met for row in rows) else 1


def _line(row: Row) -> str:
    target = "-" if row.limit is None else f"≤ {row.limit:g}{'' if row.is_met else ' **missed**'}"
    took, against = row.took * 1000, row.against * 1000
    return f"| {row.what} | {took:.1f} ms | {against:.1f} ms | {row.ratio:.2f} | {target} |"


def _record(title: str, table: Sequence[str]) -> None:
    """Put a table in the place of the one with that title."""
    text = RECORD.read_text("utf-8") if RECORD.exists() else _TITLE
    python = f"{platform.python_implementation()} {platform.python_version()}"
    today = datetime.datetime.now(datetime.timezone.utc).date()
    machine = f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, {python}, {today}"
    section = "\n".join((f"## {title}", "", machine, "", *table, ""))
    old = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    rest = [match[0].strip() for match in _SECTION.finditer(old.sub("", text))]
    sections = sorted([*rest, section.strip()])
    RECORD.write_text("\n\n".join((_TITLE.strip(), *sections)) + "\n", "utf-8")


_SECTION = re.compile(r"^## .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
