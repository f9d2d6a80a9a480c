"""A secret that is empty.

## What it does

Finds `--secrets NAME=` with nothing behind the `=`, and `""` as a value of `secrets=` in a call that
starts a job.

## Why it costs you

The job gets an empty text for the secret, also where the variable is set on your machine. An empty
`HF_TOKEN` is worse than none: some requests fail with `Illegal header value b'Bearer '`, others are
sent without a login, and the job fails at the first gated model or at the push.

## Fix

Writes the bare name, whose value `hf` takes from the environment, and for `HF_TOKEN` from the login
as well. Unsafe: it sends a value that the command did not ask for.

## Source

`load_dotenv` and `parse_env_map` of huggingface_hub 0.34 to 2.4. A shell's `NAME=$NAME` is left
alone: only your shell knows whether it is empty.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.assignments import Assignment, assignments, entries
from tunesmith.lint.rule import ERROR, UNSAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.job_calls import JOB_WORDS, job_calls
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.text import Edit


@rule(code="LCH016", severity=ERROR, words=JOB_WORDS)
def check(
    source: PythonScript | PythonSnippet | LaunchCommand, project: Project
) -> Iterator[Finding]:
    if isinstance(source, LaunchCommand):
        yield from _in_command(source)
        return
    for call in job_calls(source):
        for name, entry in entries(call, "secrets").items():
            if entry.value == "":
                yield Finding(
                    source.span(entry.value_node),
                    f"The job gets an empty {name}. Give its value, or leave it out.",
                )


def _in_command(command: LaunchCommand) -> Iterator[Finding]:
    if command.program == "hfjobs":
        return
    for assignment in assignments(command, "--secrets"):
        value = assignment.value
        if value is not None and not value.strip("\"' "):
            yield Finding(
                assignment.option.span,
                f"The job gets an empty {assignment.name}. Write --secrets {assignment.name}: "
                "hf takes the value from the environment.",
                _bare(command, assignment),
            )


def _bare(command: LaunchCommand, assignment: Assignment) -> Fix | None:
    word = assignment.word
    raw = command.raw(word.span)
    before, equals, behind = raw.rpartition(f"{assignment.name}=")
    if not equals or behind.strip("\"'"):
        return None
    quote = before[-1:] if before[-1:] in ("'", '"') and behind.endswith(before[-1:]) else ""
    edit = Edit(word.span, before + assignment.name + quote)
    return Fix(f"Write --secrets {assignment.name}", [edit], UNSAFE)


_CALL = "from huggingface_hub import run_uv_job\n\nrun_uv_job('train.py', secrets={%s})\n"
BAD = [
    Bad(
        "hf jobs uv run --secrets HF_TOKEN= --flavor l4x1 train.py\n",
        at="--secrets HF_TOKEN=",
        fixed="hf jobs uv run --secrets HF_TOKEN --flavor l4x1 train.py\n",
        file="run.sh",
    ),
    Bad(
        'hf jobs uv run -s "HF_TOKEN=" train.py\n',
        at='-s "HF_TOKEN="',
        fixed='hf jobs uv run -s "HF_TOKEN" train.py\n',
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run --secrets=HF_TOKEN='' train.py\n",
        at="--secrets=HF_TOKEN=''",
        fixed="hf jobs uv run --secrets=HF_TOKEN train.py\n",
        file="run.sh",
    ),
    Bad(_CALL % "'HF_TOKEN': ''", at="''"),
]
GOOD = [
    Good("hf jobs uv run --secrets HF_TOKEN=$HF_TOKEN train.py\n", file="run.sh"),
    Good("hf jobs uv run -e DEBUG= --secrets HF_TOKEN train.py\n", file="run.sh"),
    Good("hf jobs uv run train.py -- --secrets HF_TOKEN=\n", file="run.sh"),
    _CALL % "'HF_TOKEN': token or ''",
]
