"""`"$HF_TOKEN"` where nothing puts the token in.

## What it does

Finds a variable's name where its value must stand: `secrets={"HF_TOKEN": "$HF_TOKEN"}` in a call that
starts a job, and `HF_TOKEN=$HF_TOKEN` in an argument that no shell expands: within single quotes, or
in the argument list of a subprocess; and `HF_TOKEN=HF_TOKEN` anywhere.

## Why it costs you

The job gets the letters `$HF_TOKEN` for a token. It starts, loads what is public, and fails at the
first request that needs the token: at a gated model, or at the end, when the result is pushed.

## Fix

Reads the value: `get_token()` for the token of Hugging Face (of the variable, or of the login),
`os.environ["NAME"]` for others; on a command line the bare name, whose value `hf` takes from the
environment. Safe: it is what the placeholder says.

## Source

`run_job`, `run_uv_job` and `parse_env_map` of huggingface_hub 0.34 to 2.4, which send the value as it
is. Only the tool `hf_jobs(...)` of the Hub's MCP server replaces `"$HF_TOKEN"`; calls of it are right.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from tunesmith.knowledge.credentials import names_secret
from tunesmith.lint.assignments import Assignment, assignments, entries
from tunesmith.lint.placeholders import (
    environment_edits,
    is_variable,
    token_edits,
    variable_in,
)
from tunesmith.lint.rule import ERROR, SAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.document import Kind
from tunesmith.sources.job_calls import JOB_WORDS, job_calls
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.text import Edit, Span, regex

_SHELL_LATER = regex(r"shell\s*=\s*True|\.join\(|os\.system|list2cmdline")
"""What may hand the words of a list to a shell after all."""


@rule(code="LCH011", severity=ERROR, words=JOB_WORDS)
def check(
    source: PythonScript | PythonSnippet | LaunchCommand, project: Project
) -> Iterator[Finding]:
    if isinstance(source, LaunchCommand):
        yield from _in_command(source)
        return
    for call in job_calls(source):
        yield from _in_call(source, call)


def _in_call(script: PythonScript, call: Call) -> Iterator[Finding]:
    for argument in ("secrets", "env"):
        for name, entry in entries(call, argument).items():
            value = entry.value
            if not isinstance(value, str) or not is_variable(value, name):
                continue
            if argument == "secrets" or names_secret(name):
                variable = variable_in(value) or name
                span = script.span(entry.value_node)
                is_literal = script.text[span.start : span.end].lstrip("rRuUbB")[:1] in ("'", '"')
                yield Finding(
                    span,
                    f"{call.name}() sends the text {value!r}, not the value of {variable}: "
                    "the job cannot log in with it.",
                    _read(script, span, variable) if is_literal else None,
                )


def _in_command(command: LaunchCommand) -> Iterator[Finding]:
    if command.program == "hfjobs":
        return
    is_python = command.document.kind in (Kind.PYTHON, Kind.NOTEBOOK)
    if is_python and _may_reach_a_shell(command.document.text):
        return
    for assignment in assignments(command, "--secrets"):
        value = assignment.value
        stands_for = value and (variable_in(value) if value[0] == "$" else value == assignment.name)
        if stands_for:
            yield Finding(
                assignment.word.span,
                f"The job gets the text {value!r}, as nothing puts the value in here. Write "
                f"--secrets {assignment.name}: hf takes the value from the environment.",
                _bare(command, assignment),
            )


@lru_cache(maxsize=1)
def _may_reach_a_shell(text: str) -> bool:
    """Asked again for each of a document's commands."""
    return _SHELL_LATER.search(text) is not None


def _read(script: PythonScript, span: Span, variable: str) -> Fix:
    if variable == "HF_TOKEN":
        return Fix("Read the token with get_token()", token_edits(script, span), SAFE)
    return Fix(f"Read {variable}", environment_edits(script, span, variable), SAFE)


def _bare(command: LaunchCommand, assignment: Assignment) -> Fix | None:
    word, given = assignment.word, f"={assignment.value}"
    raw = command.raw(word.span)
    variable = variable_in(assignment.value or "") or assignment.value
    if variable != assignment.name or raw.count(given) != 1:
        return None
    edit = Edit(word.span, raw.replace(given, ""))
    return Fix(f"Write --secrets {assignment.name}", [edit], SAFE)


_CALL = "from huggingface_hub import %s\n\nrun_uv_job('train.py', secrets={%s})\n"
BAD = [
    Bad(
        _CALL % ("run_uv_job", '"HF_TOKEN": "$HF_TOKEN"'),
        at='"$HF_TOKEN"',
        fixed=_CALL % ("get_token, run_uv_job", '"HF_TOKEN": get_token()'),
    ),
    Bad(
        "import os\n" + _CALL % ("run_uv_job", "'WANDB_API_KEY': '${WANDB_API_KEY}'"),
        at="'${WANDB_API_KEY}'",
        fixed="import os\n"
        + _CALL % ("run_uv_job", "'WANDB_API_KEY': os.environ[\"WANDB_API_KEY\"]"),
    ),
    Bad(
        "from huggingface_hub import HfApi\n\napi = HfApi()\nsecrets = {}\n"
        'secrets["HF_TOKEN"] = "os.environ[\'HF_TOKEN\']"\n'
        'api.run_job(image="i", command=["python"], secrets=secrets)\n',
        at="\"os.environ['HF_TOKEN']\"",
        fixed="from huggingface_hub import get_token, HfApi\n\napi = HfApi()\nsecrets = {}\n"
        'secrets["HF_TOKEN"] = get_token()\n'
        'api.run_job(image="i", command=["python"], secrets=secrets)\n',
    ),
    Bad(
        "hf jobs uv run --secrets 'HF_TOKEN=$HF_TOKEN' train.py\n",
        at="'HF_TOKEN=$HF_TOKEN'",
        fixed="hf jobs uv run --secrets 'HF_TOKEN' train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run -s HF_TOKEN=HF_TOKEN train.py\n",
        at="HF_TOKEN=HF_TOKEN",
        fixed="hf jobs uv run -s HF_TOKEN train.py\n",
        file="run.sh",
    ),
    Bad(
        "import subprocess\n"
        'subprocess.run(["hf", "jobs", "uv", "run", "-s", "HF_TOKEN=$HF_TOKEN", "train.py"])\n',
        at='"HF_TOKEN=$HF_TOKEN"',
        fixed="import subprocess\n"
        'subprocess.run(["hf", "jobs", "uv", "run", "-s", "HF_TOKEN", "train.py"])\n',
        file="submit.py",
    ),
]
GOOD = [
    'hf_jobs("uv", {"script": "train.py", "secrets": {"HF_TOKEN": "$HF_TOKEN"}})\n',
    _CALL % ("run_uv_job", '"HF_TOKEN": token'),
    _CALL % ("run_uv_job", '"HF_TOKEN": "hf_xxx"'),
    _CALL % ("run_uv_job", '"PRICE": "$5 a month"'),
    Good("hf jobs uv run -e MODE=MODE --secrets HF_TOKEN train.py\n", file="run.sh"),
    Good('hf jobs uv run --secrets "HF_TOKEN=$HF_TOKEN" train.py\n', file="run.sh"),
    Good(
        "import os\n"
        'os.system(" ".join(["hf", "jobs", "uv", "run", "-s", "HF_TOKEN=$HF_TOKEN", "t.py"]))\n',
        file="submit.py",
    ),
]
