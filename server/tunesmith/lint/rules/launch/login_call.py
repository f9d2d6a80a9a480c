"""`login()` in a script that runs as a job.

## What it does

Finds calls of huggingface_hub's `login()`, `interpreter_login()` and `notebook_login()` in scripts
that run as a job, or train a model.

## Why it costs you

A job started with `--secrets HF_TOKEN` is logged in: every Hugging Face library reads the variable
by itself. `login()` adds a network request, writes the token to the machine's disk, and fails the
job where the Hub does not answer. Without a token it waits for somebody to log in, in a job that
nobody can see, until it gives up or the job's timeout ends it; the minutes are billed.

## Fix

Deletes the call, and the import if nothing else uses it. Safe where the token is the one of
`HF_TOKEN` or none is given. Elsewhere it is unsafe: the script then needs the token in `HF_TOKEN`.

## Source

`huggingface_hub/_login.py` and `huggingface_hub/utils/_auth.py` of 0.34 to 2.4.

## Since

huggingface_hub 0.34.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunesmith.lint.rule import INFORMATION, SAFE, UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.document import Kind
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_values import ABSENT

_LOGINS = tuple(f"huggingface_hub.{name}" for name in ("login", "interpreter_login", "notebook_login"))
_TRAINERS = re.compile(r"\b\w*Trainer\(")
_HF_TOKEN = re.compile(r"""(?:os\.)?(?:getenv|environ(?:\.get)?)\W{2,3}HF_TOKEN\W{2,3}""")


@rule(code="LCH003", severity=WARNING)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if script.document.kind is Kind.NOTEBOOK:
        return
    runs_as_job = project.runs_as_job(script.path)
    if not (runs_as_job or script.header or _TRAINERS.search(script.text)):
        return
    for call in script.calls(*_LOGINS):
        yield Finding(
            call.span,
            _message(call, runs_as_job),
            _delete(script, call),
            WARNING if runs_as_job else INFORMATION,
        )


def _message(call: Call, runs_as_job: bool) -> str:
    name = call.name.rpartition(".")[2]
    where = "This script runs as a job" if runs_as_job else "If this script runs as a job"
    if _has_token(call):
        return (
            f"{where}: {name}() is not needed and can fail. Start the job with `--secrets HF_TOKEN`; "
            "the libraries read the variable by themselves."
        )
    return (
        f"{where}: without a token, {name}() waits for a login that nobody can give. Start the job "
        "with `--secrets HF_TOKEN`; the libraries read the variable by themselves."
    )


def _has_token(call: Call) -> bool:
    return call.value("token", 0) not in (ABSENT, None)


def _delete(script: PythonScript, call: Call) -> Fix | None:
    statement = script.statement_of(call)
    token = call.argument("token", 0)
    if statement is None or (token and isinstance(token.value, str)):
        return None
    reads_hf_token = token is None or _HF_TOKEN.fullmatch(script.text_of(token.value_node))
    edits = [script.statement_removal(statement), *script.import_removal(call)]
    return Fix("Delete the login() call", edits, SAFE if reads_hf_token else UNSAFE)


_JOB = '# /// script\n# dependencies = ["trl"]\n# [tool.hf-jobs]\n# flavor = "l4x1"\n# ///\n'

BAD = [
    Bad(
        _JOB + "import os\n\nfrom huggingface_hub import login\n\n"
        'login(token=os.environ.get("HF_TOKEN"))\nprint(os.name)\n',
        at='login(token=os.environ.get("HF_TOKEN"))',
        fixed=_JOB + "import os\n\n\nprint(os.name)\n",
    ),
    Bad(
        "import huggingface_hub\n\nif True:\n    huggingface_hub.login()\n",
        at="huggingface_hub.login()",
        fixed="\nif True:\n    pass\n",
        beside={"run.sh": "hf jobs uv run --flavor l4x1 --secrets HF_TOKEN train.py\n"},
    ),
    Bad(
        "from huggingface_hub import HfApi, login\nfrom trl import SFTTrainer\n\n"
        "login(token=read_token())\napi = HfApi()\ntrainer = SFTTrainer(model=MODEL)\n",
        at="login(token=read_token())",
        fixed="from huggingface_hub import HfApi\nfrom trl import SFTTrainer\n\n"
        "api = HfApi()\ntrainer = SFTTrainer(model=MODEL)\n",
        severity=INFORMATION,
    ),
]
GOOD = [
    "from huggingface_hub import login\n\nlogin()\n",
    _JOB + "from account import login\n\nlogin()\n",
    _JOB + "from huggingface_hub import HfApi\n\nHfApi().whoami()\n",
    Good(
        "from huggingface_hub import login\nlogin()\n",
        beside={"run.sh": "# ❌ wrong\nhf jobs uv run train.py\n"},
    ),
]
