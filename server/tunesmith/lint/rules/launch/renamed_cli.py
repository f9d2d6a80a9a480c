"""`hf jobs` under a name that never had it.

## What it does

Finds commands that start a job by `huggingface-cli jobs ...` or `python -m huggingface_hub jobs ...`.

## Why it costs you

Jobs came together with `hf`; `huggingface-cli` never had them. Up to huggingface_hub 0.36 it ends with
`invalid choice: 'jobs'`, later it is not installed, or says that it no longer works.
`python -m huggingface_hub` cannot be run in any release. No job starts.

## Fix

Writes `hf`, or `python -m huggingface_hub.cli.hf`. Safe: the rest of the command is the same.

## Source

The programs of huggingface_hub, run in releases from 0.34 to 2.4.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunesmith.lint.rule import ERROR, SAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.text import Edit

_MODULE = "huggingface_hub.cli.hf"
_OLD = re.compile(r"huggingface-cli(?:\.exe)?", re.IGNORECASE)


@rule(code="LCH034", severity=ERROR)
def check(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    program = command.argv.words[0]
    raw = command.raw(program.span)
    if command.program == "huggingface-cli":
        message = "huggingface-cli has no jobs in any release: nothing starts. Write hf."
        found = _OLD.search(raw)
        edited, title = (_OLD.sub("hf", raw) if found else None), "Write hf"
    elif command.program == "huggingface_hub" and program.text != _MODULE:
        message = f"python -m {program.text} does not run in any release. Write {_MODULE}."
        edited = raw.replace(program.text or "", _MODULE) if raw.count(program.text or "") else None
        title = f"Write {_MODULE}"
    else:
        return
    fix = Fix(title, [Edit(program.span, edited)], SAFE) if edited else None
    yield Finding(program.span, message, fix)


BAD = [
    Bad(
        "huggingface-cli jobs uv run --flavor l4x1 --timeout 2h train.py\n",
        at="huggingface-cli",
        fixed="hf jobs uv run --flavor l4x1 --timeout 2h train.py\n",
        file="run.sh",
    ),
    Bad(
        "python -m huggingface_hub jobs uv run --timeout 2h train.py\n",
        at="huggingface_hub",
        fixed="python -m huggingface_hub.cli.hf jobs uv run --timeout 2h train.py\n",
        file="run.sh",
    ),
    Bad(
        'run(["huggingface-cli", "jobs", "run", "--timeout", "2h", "python:3.12", "python"])\n',
        at='"huggingface-cli"',
        fixed='run(["hf", "jobs", "run", "--timeout", "2h", "python:3.12", "python"])\n',
        file="submit.py",
    ),
]
GOOD = [
    Good("hf jobs uv run --timeout 2h train.py\n", file="run.sh"),
    Good("uvx --from huggingface_hub hf jobs uv run --timeout 2h train.py\n", file="run.sh"),
    Good("python -m huggingface_hub.cli.hf jobs uv run --timeout 2h train.py\n", file="run.sh"),
    Good("# This no longer works:\nhuggingface-cli jobs uv run train.py\n", file="run.sh"),
]
