"""Reading a table for the first time, against a process that imports libcst and ends."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

from _measure import Row, medians, report
from tunesmith.knowledge import changes, tables
from tunesmith.knowledge.releases import Releases
from tunesmith.knowledge.signature_table import signature_table

LIMIT = 0.12
"""15 ms where Python needs 125 ms to start and to import libcst."""
LARGE_BYTES = 40_000
ROUNDS = 15
BASE = "python -c 'import libcst'"


def main() -> int:
    paths = sorted(tables.PACKAGED.rglob("*.json"))
    names = [path.relative_to(tables.PACKAGED).with_suffix("").as_posix() for path in paths]
    large = [
        name for name, path in zip(names, paths, strict=True) if path.stat().st_size > LARGE_BYTES
    ]
    small = [name for name in names if name not in large]
    works = {name: partial(load, name) for name in large}
    works[f"the slowest of {len(small)} smaller ones"] = partial(load, slowest(small))
    works[BASE] = partial(
        subprocess.run,
        [sys.executable, "-c", "import libcst"],
        check=True,
        cwd=Path(__file__).parent,
    )
    times = medians(works, ROUNDS)
    against = times.pop(BASE)
    rows = [Row(what, took, against, LIMIT) for what, took in times.items()]
    return report("Reading a table for the first time", "import libcst", rows)


def load(name: str) -> None:
    """Read a table as if for the first time, up to what it is asked for."""
    for kept in (tables.table, changes.parsed, signature_table):
        kept.cache_clear()
    kind, _, package = name.rpartition("/")
    if kind == "signatures":
        found = signature_table(package)
        assert found
        found.signature(next(iter(found)), found.position(found.releases[-1]) or 0)
        return
    table = tables.table(name)
    if kind == "releases":
        _ = Releases(table)[-1]


def slowest(names: list[str]) -> str:
    times = medians({name: partial(load, name) for name in names}, 3)
    return max(times, key=lambda name: times[name])


if __name__ == "__main__":
    sys.exit(main())
