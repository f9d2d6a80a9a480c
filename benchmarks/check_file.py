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
from tunesmith.project import Project, Settings
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.understand import understand

LIMITS = {True: 2.5, False: 1.6}
ROUNDS = {150: 60, 500: 30, 1800: 11}
KEYWORD_RULES = frozenset(
    f"{kind}-argument" for kind in ("deprecated", "ignored", "misplaced", "removed", "unknown")
) | {"invalid-choice"}
KEYWORD_LIMIT = 1.1


def main() -> int:
    rows = [measure(lines, has) for has in (True, False) for lines in ROUNDS]
    missed = report("Check of a file in one process", "libcst's parse", rows)
    rows = [measure_keywords(lines) for lines in ROUNDS]
    return missed | report("Rules of keywords", "the check without them", rows)


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


def measure_keywords(lines: int) -> Row:
    """What the rules add that look up each keyword of a call in the tables of its library."""
    text = training_script(lines, has_mistakes=False)
    works = {"all": partial(check, text), "others": partial(check, text, KEYWORD_RULES)}
    times = medians(works, ROUNDS[lines], time.process_time)
    what = f"{text.count(chr(10)):,} lines"
    return Row(what, times["all"], times["others"], KEYWORD_LIMIT)


def check(text: str, ignored: frozenset[str] = frozenset()) -> list[engine.Diagnostic]:
    document = Document(PurePosixPath("/project/train.py"), Kind.PYTHON, text)
    return list(engine.check(understand(document), Project(settings=Settings(ignored))))


if __name__ == "__main__":
    sys.exit(main())
