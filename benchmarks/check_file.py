"""The whole check of a file, against libcst's parse of the same text in the same process."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import PurePosixPath

import libcst as cst

from _measure import Row, medians, report
from _scripts import training_script
from tunesmith.lint import engine
from tunesmith.project import Project
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.understand import understand

LIMITS = {True: 2.5, False: 1.6}
ROUNDS = {150: 60, 500: 30, 1800: 11}


def main() -> int:
    rows = [measure(lines, has) for has in (True, False) for lines in ROUNDS]
    return report("Check of a file in one process", "libcst's parse", rows)


def measure(lines: int, has_mistakes: bool) -> Row:
    text = training_script(lines, has_mistakes=has_mistakes)
    found = len(check(text))
    if bool(found) is not has_mistakes:
        raise SystemExit(f"{lines} lines: {found} findings; this would measure something else")
    works = {"check": partial(check, text), "parse": partial(cst.parse_module, text)}
    # Processor time: what else the machine does changes neither of the two.
    times = medians(works, ROUNDS[lines], time.process_time)
    kind = f"{found} findings" if found else "no finding"
    what = f"{text.count(chr(10)):,} lines, {kind}"
    return Row(what, times["check"], times["parse"], LIMITS[has_mistakes])


def check(text: str) -> list[engine.Diagnostic]:
    document = Document(PurePosixPath("/project/train.py"), Kind.PYTHON, text)
    return list(engine.check(understand(document), Project()))


if __name__ == "__main__":
    sys.exit(main())
