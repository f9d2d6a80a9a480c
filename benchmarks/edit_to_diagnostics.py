"""From an edit to its diagnostics in a real server without debounce, against libcst's parse."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import libcst as cst

from _measure import ROOT, Row, report, times_in_turn
from _scripts import training_script

sys.path.insert(0, str(ROOT / "tests"))
from lsp.client import Client, edit

ROUNDS = {150: 60, 500: 30}
LIMIT = 2.5
LIMIT_95 = 3.0
"""Of the 95th percentiles, which vary more on a machine that is shared."""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tunesmith-bench-") as name:
        client = Client()
        try:
            client.initialize(Path(name), debounce=0)
            client.wait_until_ready()
            rows = [row for lines in ROUNDS for row in measure(client, Path(name), lines)]
        finally:
            client.close()
    return report("Edit to diagnostics in the language server", "libcst's parse", rows)


def measure(client: Client, folder: Path, lines: int) -> Iterator[Row]:
    """The usual edit, and the slowest but one of 20: what someone who types waits for."""
    text = training_script(lines, has_mistakes=True)
    uri = (folder / f"train_{lines}.py").as_uri()
    client.open(uri, text)
    client.diagnostics(uri, 1)
    versions = count(2)
    works = {
        "edit": lambda: edit_a_line(client, uri, next(versions)),
        "parse": partial(cst.parse_module, text),
    }
    times = times_in_turn(works, ROUNDS[lines])
    edits, parses = times["edit"], times["parse"]
    what = f"{text.count(chr(10))} lines"
    yield Row(what, statistics.median(edits), statistics.median(parses), LIMIT)
    yield Row(f"{what}, 95th percentile", percentile_95(edits), percentile_95(parses), LIMIT_95)


def percentile_95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def edit_a_line(client: Client, uri: str, version: int) -> None:
    """Insert a comment below the header, or delete it: all findings move. Wait for them."""
    typed, deleted = edit((5, 0), (5, 0), "# typed\n"), edit((5, 0), (6, 0), "")
    client.change(uri, version, deleted if version % 2 else typed)
    if len(client.diagnostics(uri, version)) != 2:
        raise SystemExit(f"version {version} has not the two findings that were expected")


if __name__ == "__main__":
    sys.exit(main())
