"""From an edit to its diagnostics in a real server without debounce, against libcst's parse."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from itertools import count
from pathlib import Path

import libcst as cst

from _measure import ROOT, Row, medians, report
from _scripts import training_script

sys.path.insert(0, str(ROOT / "tests"))
from lsp.client import Client, edit

ROUNDS = {150: 60, 500: 30}
LIMIT = 2.5


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tunesmith-bench-") as name:
        client = Client()
        try:
            client.initialize(Path(name), debounce=0)
            client.wait_until_ready()
            rows = [measure(client, Path(name), lines) for lines in ROUNDS]
        finally:
            client.close()
    return report("Edit to diagnostics in the language server", "libcst's parse", rows)


def measure(client: Client, folder: Path, lines: int) -> Row:
    text = training_script(lines, has_mistakes=True)
    uri = (folder / f"train_{lines}.py").as_uri()
    client.open(uri, text)
    client.diagnostics(uri, 1)
    versions = count(2)
    works = {
        "edit": lambda: type_a_line(client, uri, next(versions)),
        "parse": partial(cst.parse_module, text),
    }
    times = medians(works, ROUNDS[lines])
    return Row(f"{text.count(chr(10))} lines", times["edit"], times["parse"], LIMIT)


def type_a_line(client: Client, uri: str, version: int) -> None:
    """Insert a comment below the header, where all findings move, and wait for them."""
    client.change(uri, version, edit((5, 0), (5, 0), "# typed\n"))
    if len(client.diagnostics(uri, version)) != 2:
        raise SystemExit(f"version {version} has not the two findings that were expected")


if __name__ == "__main__":
    sys.exit(main())
