"""A call that ignores what the script's header says about the job.

## What it does

Finds `run_uv_job()` and `create_scheduled_uv_job()` with a script whose `[tool.hf-jobs]` table sets
what the call leaves open: the machine, the timeout, secrets, variables, volumes, the image.

## Why it costs you

Only the command `hf jobs uv run` reads the table. The call starts the same script on `cpu-basic`,
without its secrets, for 30 minutes.

## Fix

Gives the call the table's values that are plain texts. Unsafe: a machine costs money. None is offered
where secrets, variables or volumes are among them.

## Source

`HfApi.run_uv_job` of huggingface_hub 1.32 to 2.4, whose documentation says so; read in 2.4.

## Since

huggingface_hub 1.32, the first release that reads the table at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tunesmith.lint.rule import UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.job_calls import JOB_WORDS, job_calls, starts_uv_job
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.unknown import ABSENT

_MATTERS = (
    "flavor",
    "timeout",
    "image",
    "python",
    "secrets",
    "env",
    "volumes",
    "namespace",
    "network_group",
)
"""Names and labels only say what a job is called."""


@rule(code="LCH019", severity=WARNING, words=JOB_WORDS)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    for call in job_calls(script):
        launched = call.value("script", 0)
        if not starts_uv_job(call) or not isinstance(launched, str):
            continue
        facts = project.script_named(launched, script.path)
        table = (facts.jobs_table if facts else None) or {}
        missing = [key for key in _MATTERS if key in table and call.value(key) is ABSENT]
        if missing:
            yield Finding(
                call.callee_span,
                f"{call.name}() ignores [tool.hf-jobs] of {launched}: its "
                f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not used. Give "
                "the call what the job needs, or start it with `hf jobs uv run`.",
                _give(script, call, table, missing),
            )


def _give(
    script: PythonScript, call: Call, table: Mapping[str, Any], missing: list[str]
) -> Fix | None:
    values = {key: table[key] for key in missing}
    if not all(isinstance(value, (str, int)) for value in values.values()):
        return None
    keywords = ", ".join(f"{key}={_literal(value)}" for key, value in values.items())
    return Fix(
        "Give the call the table's values", [script.keyword_insertion(call, keywords)], UNSAFE
    )


def _literal(value: str | int) -> str:
    is_plain = isinstance(value, str) and not {'"', "\\"} & set(value) and value.isprintable()
    return f'"{value}"' if is_plain else repr(value)


def _job(table: str) -> dict[str, str]:
    header = f'# /// script\n# dependencies = ["trl"]\n# [tool.hf-jobs]\n{table}# ///\n'
    return {"train.py": header + "import trl\n"}


_CALL = "import huggingface_hub\n\nhuggingface_hub.HfApi().run_uv_job(%s)\n"
BAD = [
    Bad(
        _CALL % '"train.py"',
        at="huggingface_hub.HfApi().run_uv_job",
        fixed=_CALL % '"train.py", flavor="l4x1", timeout=7200',
        file="submit.py",
        beside=_job('# flavor = "l4x1"\n# timeout = 7200\n'),
    ),
    Bad(
        _CALL % '"train.py", flavor="l4x1", timeout="2h"',
        at="huggingface_hub.HfApi().run_uv_job",
        file="submit.py",
        beside=_job('# flavor = "l4x1"\n# secrets = ["HF_TOKEN"]\n'),
    ),
]
GOOD = [
    Good(
        _CALL % '"train.py", flavor="a100-large"', file="s.py", beside=_job('# flavor = "l4x1"\n')
    ),
    Good(_CALL % '"train.py"', file="s.py", beside=_job('# labels = { a = "b" }\n')),
    Good(_CALL % '"train.py", **options', file="s.py", beside=_job('# flavor = "l4x1"\n')),
    Good(_CALL % '"other.py"', file="s.py", beside=_job('# flavor = "l4x1"\n')),
    Good("hf jobs uv run train.py\n", file="run.sh", beside=_job('# flavor = "l4x1"\n')),
]
