"""A document with ten times as many findings takes about ten times as long."""

from __future__ import annotations

from functools import partial

from builders import project, understood
from counting import calls
from tunesmith.lint import engine

SMALL, LARGE = 80, 800
HEADER = '# /// script\n# dependencies = ["trl==1.16.0"]\n# ///\nfrom trl import SFTConfig\n'
CALL = "c{} = SFTConfig(output_dir='o', max_seq_length=1, bogus_thing=2)\n"


def _check(count: int) -> None:
    text = HEADER + "".join(CALL.format(number) for number in range(count))
    found = engine.check(understood("train.py", text), project({}))
    assert sum(each.name == "removed-argument" for each in found) == count


def test_the_work_grows_with_the_number_of_findings_not_with_its_square():
    _check(SMALL)  # imports the rules and reads the tables
    small, large = (calls(partial(_check, count)) for count in (SMALL, LARGE))
    print(large / small)

    assert large < 1.5 * small * LARGE / SMALL
