"""A document with ten times as many findings takes about ten times as long."""

from __future__ import annotations

import time

from builders import project, understood
from tunesmith.lint import engine

SMALL, LARGE = 80, 800
HEADER = '# /// script\n# dependencies = ["trl==1.16.0"]\n# ///\nfrom trl import SFTConfig\n'
CALL = "c{} = SFTConfig(output_dir='o', max_seq_length=1, bogus_thing=2)\n"


def _seconds(calls: int) -> float:
    text = HEADER + "".join(CALL.format(number) for number in range(calls))
    known = understood("train.py", text)
    start = time.process_time()
    found = engine.check(known, project({}))
    taken = time.process_time() - start
    assert sum(each.name == "removed-argument" for each in found) == calls
    return taken


def test_the_time_grows_with_the_number_of_findings_not_with_its_square():
    _seconds(SMALL)  # imports the rules and reads the tables
    small = min(_seconds(SMALL), _seconds(SMALL))

    assert _seconds(LARGE) < 3 * small * LARGE / SMALL
