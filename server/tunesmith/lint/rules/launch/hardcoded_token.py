"""A token that is written out.

## What it does

Finds text that has the shape of a real token of Hugging Face, Weights & Biases, OpenAI, Anthropic,
GitHub and others: in strings of a script, in its header, and in the line of an `hf jobs` command or
of another tool, as `huggingface-cli login --token`.

## Why it costs you

Everybody who reads the file, the repository or the job's page can use the token. Hugging Face and
GitHub look for tokens in what is published and revoke them, so that a job which runs today fails
tomorrow.

## Fix

Reads the value from the environment: `os.environ["HF_TOKEN"]` in Python; on a command line
`--secrets NAME`. Unsafe: the variable must be set. Revoke the token in any case, as the file's history
keeps it.

## Source

The owners' documented formats. Placeholders such as `hf_xxxxxxxx` and `hf_your_token` are left alone.
Where a call of `login()` holds the token, `login-call` speaks of the call, and this rule of the token.

## Since

Every release.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunesmith.knowledge.credentials import (
    ANY_CREDENTIAL,
    WANDB,
    Credential,
    credential_of,
    is_wandb_key,
    may_hold_credential,
)
from tunesmith.lint.placeholders import environment_edits
from tunesmith.lint.rule import UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.document import Kind
from tunesmith.sources.launch_command import LaunchCommand, enclosing_span
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.text import Edit, Span, regex

if TYPE_CHECKING:
    from tunesmith.sources.tool_commands import ToolCommand

_WANDB_KEY = regex(r"""WANDB_API_KEY\W{1,6}[0-9a-f]{40}(?![\w-])""")
_ASSIGNED = regex(r"(?:--secrets|-s)[ =][\"']?(\w+)=$")


@rule(code="LCH014", severity=WARNING)
def check(
    source: PythonScript | PythonSnippet | LaunchCommand | ToolCommand | ScriptHeader,
    project: Project,
) -> Iterator[Finding]:
    if isinstance(source, PythonScript):
        yield from _in_strings(source)
    elif isinstance(source, ScriptHeader):
        text = source.toml.text
        for match in ANY_CREDENTIAL.finditer(text) if may_hold_credential(text) else ():
            kind = credential_of(match[0])
            if kind:
                yield _finding(source.toml.span(*match.span()), kind)
    elif source.document.kind is not Kind.PYTHON:
        yield from _in_line(source)


def _in_strings(script: PythonScript) -> Iterator[Finding]:
    if may_hold_credential(script.text):
        for literal in script.strings_matching(ANY_CREDENTIAL):
            value = literal.value
            for match in ANY_CREDENTIAL.finditer(value.text):
                kind = credential_of(match[0])
                if kind:
                    is_whole = match[0] == value.text
                    fix = _read(script, literal.span, kind) if is_whole else None
                    yield _finding(value.span(*match.span()), kind, fix)
    for span in _wandb_keys(script) if "wandb" in script.text.lower() else ():
        is_quoted = script.text[span.start - 1] in ("'", '"')
        literal = Span(span.start - 1, span.end + 1)
        yield _finding(span, WANDB, _read(script, literal, WANDB) if is_quoted else None)


def _wandb_keys(script: PythonScript) -> Iterator[Span]:
    """Keys that only their place tells from a commit's hash."""
    yield from _named_wandb_keys(script.text, Span(0, len(script.text)))
    for call in script.calls("wandb.login"):
        argument = call.argument("key", 1)
        if argument and isinstance(argument.value, str) and is_wandb_key(argument.value):
            start, end = argument.value_span
            if script.text[start + 1 : end - 1] == argument.value:
                yield Span(start + 1, end - 1)


def _named_wandb_keys(text: str, within: Span) -> Iterator[Span]:
    for match in _WANDB_KEY.finditer(text, *within):
        if is_wandb_key(match[0][-40:]):
            yield Span(match.end() - 40, match.end())


def _in_line(command: LaunchCommand | ToolCommand) -> Iterator[Finding]:
    """What stands in the command and before it on its line, as `HF_TOKEN=hf_... hf jobs`."""
    text, span = command.document.text, enclosing_span(command.argv.words)
    is_job = isinstance(command, LaunchCommand)
    start = text.rfind("\n", 0, span.start) + 1
    for match in ANY_CREDENTIAL.finditer(text, start, span.end):
        kind = credential_of(match[0])
        if kind:
            token = Span(*match.span())
            yield _finding(token, kind, _bare(text, start, token), is_job=is_job)
    for key in _named_wandb_keys(text, Span(start, span.end)):
        yield _finding(key, WANDB, is_job=is_job)


def _finding(
    span: Span, kind: Credential, fix: Fix | None = None, *, is_job: bool = True
) -> Finding:
    name = kind.variable
    place = (
        f"give the job a new one with --secrets {name}"
        if is_job
        else f"read a new one from ${name}"
    )
    return Finding(
        span,
        f"A token of {kind.owner} is written out here: everybody who reads the file can use it. "
        f"Revoke it, and {place}.",
        fix,
    )


def _read(script: PythonScript, span: Span, kind: Credential) -> Fix | None:
    line = script.text[script.text.rfind("\n", 0, span.start) + 1 : span.start]
    if script.text[span.start] not in ("'", '"') or "environ[" in line:
        return None
    return Fix(f"Read {kind.variable}", environment_edits(script, span, kind.variable), UNSAFE)


def _bare(text: str, start: int, token: Span) -> Fix | None:
    assigned = _ASSIGNED.search(text, start, token.start)
    if assigned is None:
        return None
    return Fix(
        f"Write --secrets {assigned[1]}", [Edit(Span(token.start - 1, token.end), "")], UNSAFE
    )


_TOKEN = "hf_" + "QkTzWvLmNpRsXyBcGhJdFuEaOiKtZwVlMn"
_OLD_KEY = "7f3e9b2c5d8a1046" + "bf28c7d91e35a60f4c82d7b9"
BAD = [
    Bad(
        f'import os\n\nfrom huggingface_hub import HfApi\n\napi = HfApi(token="{_TOKEN}")\n',
        at=_TOKEN,
        fixed="import os\n\nfrom huggingface_hub import HfApi\n\n"
        'api = HfApi(token=os.environ["HF_TOKEN"])\n',
    ),
    Bad(f'import datasets\n\nURL = f"https://user:{_TOKEN}@huggingface.co/x"\n', at=_TOKEN),
    Bad(
        f'import peft\nimport wandb\n\nwandb.login(key="{_OLD_KEY}")\n',
        at=_OLD_KEY,
        fixed="import peft\nimport wandb\nfrom os import environ\n\n"
        'wandb.login(key=environ["WANDB_API_KEY"])\n',
    ),
    Bad(
        f'import os\nimport trl\n\nos.environ["WANDB_API_KEY"] = "{_OLD_KEY}"\n',
        at=_OLD_KEY,
    ),
    Bad(
        f"hf jobs uv run --secrets HF_TOKEN={_TOKEN} train.py\n",
        at=_TOKEN,
        fixed="hf jobs uv run --secrets HF_TOKEN train.py\n",
        file="run.sh",
    ),
    Bad(f'huggingface-cli login --token "{_TOKEN}"\n', at=_TOKEN, file="run.sh"),
    Bad(f"HF_TOKEN={_TOKEN} hf jobs uv run train.py\n", at=_TOKEN, file="run.sh"),
    Bad(
        "# /// script\n# dependencies = []\n# [tool.hf-jobs.env]\n"
        f'# HF_TOKEN = "{_TOKEN}"\n# ///\n',
        at=_TOKEN,
    ),
]
GOOD = [
    Good('huggingface-cli login --token "$HF_TOKEN"\n', file="run.sh"),
    'import datasets\n\nTOKEN = "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"\n',
    'import datasets\n\nTOKEN = "hf_YourTokenGoesHereAndNowhereElseOk"\n',
    'import datasets\n\nPATH = "hf_hub_download_of_a_file_with_a_long_name"\n',
    f'import datasets\n\nREVISION = "{_OLD_KEY}"\n',
    Good(
        "hf jobs uv run --secrets HF_TOKEN=hf_abcdefghijklmnopqrstuvwxyz12345678 t.py\n",
        file="r.sh",
    ),
]
