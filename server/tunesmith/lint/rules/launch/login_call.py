"""`login()` in a script that runs as a job.

## What it does

Finds calls of huggingface_hub's `login()`, `interpreter_login()` and `notebook_login()` in scripts
that run as a job (warning), and in other training scripts (information). Notebooks are left alone.

## Why it costs you

A job started with `--secrets HF_TOKEN` is logged in: every Hugging Face library reads the variable
by itself, and prefers it to what `login()` stores. With a token, `login()` adds a request that ends
the job when the Hub does not answer, limits the rate, or gets an empty token. Without a token it
asks for one: up to huggingface_hub 1.19 it ends the job with EOFError (up to 0.36 even where
`HF_TOKEN` is set); since 1.20 it waits up to 15 billed minutes for somebody to enter a code.

## Fix

Deletes the call, and the import if nothing else uses it. Safe in a job where the token is the one of
`HF_TOKEN`, or none is given. Unsafe where the script may not run as a job, under a condition, or
where the token comes from elsewhere: `HF_TOKEN` must then be set. None is offered for a token that
is written into the script.

## Source

Run without a terminal with huggingface_hub 0.36, 1.0, 1.19, 1.20 and 2.4; `_login.py` and
`utils/_auth.py` of 67 releases.

## Since

huggingface_hub 0.19, the first release that reads `HF_TOKEN`.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tunesmith.knowledge.versions import InForce, library
from tunesmith.lint.rule import INFORMATION, SAFE, UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.document import Kind
from tunesmith.sources.python_edits import Statement
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Edit, regex

_LOGINS = tuple(
    f"huggingface_hub.{name}" for name in ("login", "interpreter_login", "notebook_login")
)
_TRAINER = regex(r"\b\w*Trainer\(")
_HF_TOKEN = regex(
    r"""(?:os\.)?(?:getenv\(|environ(?:\.get\(|\[))\s*["']HF_TOKEN["']\s*[)\]]|get_token\(\)"""
)


@rule(code="LCH003", severity=WARNING, words=("login",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if script.document.kind is Kind.NOTEBOOK:
        return
    runs_as_job = project.runs_as_job(script.path)
    if not (runs_as_job or script.header or _TRAINER.search(script.text)):
        return
    hub = library("huggingface-hub", script, project)
    where = "This script runs as a job:" if runs_as_job else "If this script runs as a job,"
    for call in script.calls(*_LOGINS):
        yield Finding(
            call.span,
            f"{where} {_consequence(call, hub)}. Start it with `--secrets HF_TOKEN`: the libraries "
            "read the variable by themselves.",
            _delete(script, call, is_safe=runs_as_job),
            WARNING if runs_as_job else INFORMATION,
        )


def _consequence(call: Call, hub: InForce) -> str:
    name = (call.name or "").rpartition(".")[2]
    if call.value("token", 0) not in (ABSENT, None):
        return f"{name}() is not needed, and ends the job when the Hub does not answer"
    if hub.at_least("1.20"):
        return f"{name}() without a token waits up to 15 billed minutes for somebody to log in"
    return f"{name}() without a token asks for one, and ends the job with EOFError"


def _delete(script: PythonScript, call: Call, *, is_safe: bool) -> Fix | None:
    statement = script.statement_of(call)
    token = call.argument("token", 0)
    if statement is None or (token and isinstance(token.value, str)):
        return None
    uses_hf_token = token is None or _HF_TOKEN.fullmatch(script.text_of(token.value_node))
    is_safe = (
        is_safe
        and bool(uses_hf_token)
        and call.value("add_to_git_credential") in (ABSENT, False)
        and _is_unconditional(script, statement)
    )
    edits = [script.statement_removal(statement), *_import_removals(script, call, statement)]
    return Fix("Delete the login() call", edits, SAFE if is_safe else UNSAFE)


def _import_removals(script: PythonScript, call: Call, statement: Statement) -> Iterator[Edit]:
    """An import in the call's own block stays, so that the block does not become empty."""
    line = script.block_of(statement)
    block = script.block_of(line) if isinstance(line, cst.SimpleStatementLine) else line
    start, end = (0, 0) if isinstance(block, cst.Module) else script.span(block)
    for edit in script.import_removal(call):
        if edit.span.end <= start or end <= edit.span.start:
            yield edit


def _is_unconditional(script: PythonScript, statement: Statement) -> bool:
    """Whether it stands directly in the module or in a function, not under an `if` or a `try`."""
    line = script.block_of(statement)
    if not isinstance(line, cst.SimpleStatementLine):
        return False
    block = script.block_of(line)
    return isinstance(block, cst.Module) or isinstance(
        script.enclosing_statement(block), cst.FunctionDef
    )


_JOB = '# /// script\n# dependencies = ["trl"]\n# [tool.hf-jobs]\n# flavor = "l4x1"\n# ///\n'

BAD = [
    Bad(
        _JOB + "import os\n\nfrom huggingface_hub import login\n\n"
        'login(token=os.environ.get("HF_TOKEN"))\nprint(os.name)\n',
        at='login(token=os.environ.get("HF_TOKEN"))',
        fixed=_JOB + "import os\n\nprint(os.name)\n",
    ),
    Bad(
        "import huggingface_hub\n\nif True:\n    huggingface_hub.login()\n",
        at="huggingface_hub.login()",
        fixed="if True:\n    pass\n",
        beside={"run.sh": "hf jobs uv run --flavor l4x1 --secrets HF_TOKEN train.py\n"},
    ),
    Bad(
        _JOB + "import os\n\nif os.name:\n    from huggingface_hub import login\n    login()\n",
        at="login()",
        fixed=_JOB + "import os\n\nif os.name:\n    from huggingface_hub import login\n",
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
