"""`tunesmith doctor`: whether the account can do what a script asks for."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from tunesmith.agent.messages import DoctorLine
from tunesmith.errors import UserError
from tunesmith.one_script import read_script
from tunesmith.output.failure import fail
from tunesmith.output.text_format import printable


def show_doctor(script: str | None, namespace: str | None, *, as_json: bool) -> int:
    """Print a line for each check; returns the exit status.

    0: nothing is missing, as far as can be told; 1: something is; 2: it could not be looked at.
    """
    from tunesmith.jobs.account import Account
    from tunesmith.jobs.doctor import examine

    available = [name for name, value in os.environ.items() if value]
    try:
        one = read_script(script) if script is not None else None
        found = examine(one, Account.of_environment(), namespace, available)
    except UserError as error:
        return fail(script or "tunesmith", error)
    if as_json:
        print(json.dumps({"lines": [asdict(each) for each in found.lines]}, indent=2))
    else:
        for line in _lines(found.lines):
            print(printable(line))
    return int(any(each.state == "missing" for each in found.lines))


def _lines(found: Sequence[DoctorLine]) -> Iterator[str]:
    """A line each, and below it the next step; what is unknown for one reason has it once."""
    width = max((len(each.name) for each in found), default=0)
    said = {""}
    for each in found:
        yield f"{each.state:<7}  {each.name:<{width}}  {each.message}"
        if each.next_step not in said or (each.next_step and each.state == "missing"):
            yield f"{'':<7}  {'':<{width}}  -> {each.next_step}"
        said.add(each.next_step)
