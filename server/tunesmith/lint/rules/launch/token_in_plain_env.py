"""A token among a job's plain variables.

## What it does

Finds variables such as `HF_TOKEN` or `WANDB_API_KEY` behind `--env` of an `hf jobs` command, in
`env=` of a call that starts a job, and in `env` of a script's `[tool.hf-jobs]`.

## Why it costs you

Plain variables are stored with the job and shown on its page and by `hf jobs inspect`: everybody who
may see the job reads the token, and can use it. Secrets are stored encrypted, and the job gets them
as variables of the same name.

## Fix

Writes `--secrets` for `--env`, or `secrets=` for an `env=` that has nothing else. Safe: the job gets
the same variable with the same value.

## Source

`_create_job_spec` and `JobInfo` of huggingface_hub 0.34 to 2.4; the Hub's documentation of Jobs.
Silent for values that are no token, as `OPENAI_API_KEY=EMPTY` for a server of one's own. A real token
written out is reported by `hardcoded-token`, and `"$HF_TOKEN"` in a call by `secret-placeholder`.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from tunesmith.knowledge.credentials import credential_of, is_no_secret, names_secret
from tunesmith.lint.assignments import Assignment, assignments, entries
from tunesmith.lint.placeholders import is_variable
from tunesmith.lint.rule import SAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.job_calls import JOB_WORDS, job_calls
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.sources.python_values import DictValue, Value
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Edit


@rule(code="LCH015", severity=WARNING, words=JOB_WORDS)
def check(
    source: PythonScript | PythonSnippet | LaunchCommand | ScriptHeader, project: Project
) -> Iterator[Finding]:
    if isinstance(source, LaunchCommand):
        yield from _in_command(source)
    elif isinstance(source, ScriptHeader):
        yield from _in_header(source)
    else:
        for call in job_calls(source):
            yield from _in_call(source, call)


def _in_command(command: LaunchCommand) -> Iterator[Finding]:
    if command.program == "hfjobs":
        return
    for assignment in assignments(command, "--env"):
        if _is_token(assignment.name, assignment.value):
            yield Finding(
                assignment.option.span,
                f"{assignment.name} is shown in plain text on the job's page. Give it with "
                "--secrets.",
                _as_secret(command, assignment),
            )


def _in_call(script: PythonScript, call: Call) -> Iterator[Finding]:
    env = entries(call, "env")
    for name, entry in env.items():
        is_placeholder = isinstance(entry.value, str) and is_variable(entry.value, name)
        if _is_token(name, entry.value) and not is_placeholder:
            yield Finding(
                script.span(entry.key_node),
                f"{name} is shown in plain text on the job's page. Give it with secrets=.",
                _as_secrets(script, call) if len(env) == 1 else None,
            )


def _in_header(header: ScriptHeader) -> Iterator[Finding]:
    env: Any = (header.jobs_table or {}).get("env")
    for name, value in cast("dict[str, Any]", env).items() if isinstance(env, dict) else ():
        if _is_token(name, value):
            place = header.key_span("tool", "hf-jobs", "env", name)
            place = place or header.key_span("tool", "hf-jobs", "env") or header.span
            yield Finding(
                place,
                f"{name} is shown in plain text on the job's page. Write "
                f'`secrets = ["{name}"]`: hf takes the value from the environment that starts '
                "the job.",
            )


def _is_token(name: str, value: Value) -> bool:
    """Whether a variable holds a secret that no other rule reports."""
    if not names_secret(name):
        return False
    return not isinstance(value, str) or not (is_no_secret(value) or credential_of(value))


def _as_secret(command: LaunchCommand, assignment: Assignment) -> Fix | None:
    flag = assignment.option.flag
    raw = command.raw(flag.span)
    for plain, secret in (("--env", "--secrets"), ("-e", "-s")):
        is_joined = plain == "-e" and not assignment.option.words[1:]
        if raw.strip("\"'").startswith(plain) and flag.is_movable and not is_joined:
            edit = Edit(flag.span, raw.replace(plain, secret, 1))
            return Fix(f"Write {secret}", [edit], SAFE)
    return None


def _as_secrets(script: PythonScript, call: Call) -> Fix | None:
    argument = call.argument("env")
    if argument is None or argument.name_span is None or argument.comes_from_expansion:
        return None
    env = call.value("env")
    is_whole = isinstance(env, DictValue) and not env.is_open
    is_display = script.text_of(argument.value_node).startswith(("{", "dict("))
    if call.value("secrets") is not ABSENT or not (is_whole and is_display):
        return None
    return Fix("Give it with secrets=", [Edit(argument.name_span, "secrets")], SAFE)


_CALL = "from huggingface_hub import run_uv_job\n\nrun_uv_job('train.py', %s)\n"
BAD = [
    Bad(
        "hf jobs run -e WANDB_TOKEN=$WANDB_TOKEN python:3.12 python train.py\n",
        at="-e WANDB_TOKEN=$WANDB_TOKEN",
        fixed="hf jobs run -s WANDB_TOKEN=$WANDB_TOKEN python:3.12 python train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run -e HF_TOKEN=$HF_TOKEN train.py\n",
        at="-e HF_TOKEN=$HF_TOKEN",
        fixed="hf jobs uv run -s HF_TOKEN=$HF_TOKEN train.py\n",
        file="run.sh",
    ),
    Bad(
        'hf jobs run --env="WANDB_API_KEY=${KEY}" python:3.12 python train.py\n',
        at='--env="WANDB_API_KEY=${KEY}"',
        fixed='hf jobs run --secrets="WANDB_API_KEY=${KEY}" python:3.12 python train.py\n',
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run --env HF_TOKEN train.py\n",
        at="--env HF_TOKEN",
        fixed="hf jobs uv run --secrets HF_TOKEN train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run -de HF_TOKEN=$HF_TOKEN train.py\n",
        at="-de HF_TOKEN=$HF_TOKEN",
        file="run.sh",
    ),
    Bad(
        _CALL % 'env={"HF_TOKEN": token}',
        at='"HF_TOKEN"',
        fixed=_CALL % 'secrets={"HF_TOKEN": token}',
    ),
    Bad(
        "from huggingface_hub import HfApi\n\napi = HfApi()\n"
        'api.run_job(image="i", command=[], env={"SEED": "1", "HF_TOKEN": token})\n',
        at='"HF_TOKEN"',
    ),
    Bad(
        '# /// script\n# dependencies = []\n# [tool.hf-jobs.env]\n# OPENAI_API_KEY = "$KEY"\n# ///\n',
        at="OPENAI_API_KEY",
    ),
]
GOOD = [
    Good("hf jobs uv run --secrets HF_TOKEN -e SEED=1 train.py\n", file="run.sh"),
    Good("hf jobs uv run -e OPENAI_API_KEY=EMPTY -e MAX_TOKENS=512 train.py\n", file="run.sh"),
    Good("hf jobs uv run train.py -- -e HF_TOKEN=$HF_TOKEN\n", file="run.sh"),
    Good("docker run -e HF_TOKEN=$HF_TOKEN image\n", file="run.sh"),
    _CALL % 'env={"EOS_TOKEN": eos}, secrets={"HF_TOKEN": token}',
    'run_job(image="i", env={"HF_TOKEN": token})\n',
]
