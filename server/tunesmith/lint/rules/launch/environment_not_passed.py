"""A variable that is set for `hf` and not for the job.

## What it does

Finds `NAME=value` in front of an `hf jobs` command that does not give the variable to the job.

## Why it costs you

The shell sets the variable for `hf` on your machine. The job runs on another machine and never sees
it: it trains with the default, and nothing says so.

## Fix

Gives the variable with `-e NAME=value`, or a token with `--secrets NAME`. Unsafe: the variable may
be meant for something that `hf` itself starts.

## Source

`parse_env_map` of huggingface_hub 0.34 to 2.4: only `--env`, `--env-file`, `--secrets` and
`--secrets-file` reach the job. Variables that `hf`, uv or Python read themselves (`HF_TOKEN`,
`HF_ENDPOINT`, `PYTHONPATH`, proxies …) are left alone, and commands that take options or secrets from
elsewhere.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from tunesmith.knowledge.credentials import names_secret
from tunesmith.lint.assignments import passed_names
from tunesmith.lint.rule import UNSAFE, WARNING, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.text import Edit, Span, regex

_ASSIGNMENT = regex(
    r"""(?P<set>(?P<name>[A-Z_][A-Z0-9_]*)=(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^\s"'`;|&()<>\\]+))"""
    r"""(?:[ \t]|\\\r?\n)+"""
)
_BEFORE = regex(
    r"""(?:^|[;&|(`"'!#:>%@]|(?<!\S)\$[ ]|\b(?:then|do|else)[ ])[ \t]*(?:env[ \t]+)?$"""
)
_RUNNER = regex(r"(?:(?:uvx|uv|pipx|time)[ \t]+(?:[^\s;|&]+[ \t]+){0,8})?")
_REACH = 40
_CONTINUED = regex(r"\\\r?\n$")
_FOR_HF = regex(
    r"HF_.*|HUGGING.*|UV_.*|PIP_.*|PYTHON\w*|PATH|HOME|VIRTUAL_ENV|NO_COLOR|FORCE_COLOR|TERM|COLUMNS"
    r"|LINES|LANG|LC_\w+|TZ|PAGER|EDITOR|\w*_?PROXY|SSL_\w+|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|XDG_\w+"
    r"|TMPDIR|MSYS\w*|DO_NOT_TRACK|DISABLE_TELEMETRY|DEBUG|LD_\w+"
)
"""What `hf` itself, uv and Python read."""


@rule(code="LCH018", severity=WARNING)
def check(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    assigned = list(_assigned_before(command))
    if not assigned or command.program == "hfjobs" or _takes_from_elsewhere(command):
        return
    passed = _passed(command, project)
    for name, span in assigned:
        is_used = re.search(rf"\$\{{?{name}\b", command.raw(command.span))
        if name not in passed and not is_used and not _FOR_HF.fullmatch(name):
            secret = names_secret(name)
            advice = f"--secrets {name}" if secret else f"-e {name}=..."
            yield Finding(
                span,
                f"{name} is set for hf on this machine, not for the job, which never sees it. Give "
                f"it with {advice}.",
                _pass_on(command, name, span, is_secret=secret),
            )


def _assigned_before(command: LaunchCommand) -> Iterator[tuple[str, Span]]:
    """The variables that are set for the command alone: the assignments directly in front of it."""
    text, end = command.document.text, command.span.start
    start = text.rfind("\n", 0, end) + 1
    while _CONTINUED.search(text[max(0, start - 3) : start]):
        start = text.rfind("\n", 0, start - 1) + 1
    found: list[re.Match[str]] = []
    for match in _ASSIGNMENT.finditer(text, start, end):
        follows = found and found[-1].end() == match.start()
        if follows or _BEFORE.search(_just_before(text, start, match.start())):
            found = [*found, match] if follows else [match]
    if found and _RUNNER.fullmatch(text, found[-1].end(), end):
        yield from ((match["name"], Span(*match.span("set"))) for match in found)


def _just_before(text: str, start: int, end: int) -> str:
    """The last characters of a line's beginning; not the line's start unless it is that."""
    return text[start:end] if end - start < _REACH else "x" + text[end - _REACH : end]


def _takes_from_elsewhere(command: LaunchCommand) -> bool:
    has_file = command.option("--env-file") or command.option("--secrets-file")
    return bool(has_file or command.open_words) or passed_names(command) is None


def _passed(command: LaunchCommand, project: Project) -> set[str]:
    given = set(passed_names(command) or ())
    script = project.script(command)
    secrets = (script.jobs_table or {}).get("secrets") if script else None
    return given | (set(cast("list[str]", secrets)) if isinstance(secrets, list) else set())


def _pass_on(command: LaunchCommand, name: str, span: Span, *, is_secret: bool) -> Fix | None:
    run = command.argv.words[len(command.action)]
    if not run.is_movable or run.span.start < span.end:
        return None
    place = Span(run.span.end, run.span.end)
    if is_secret:
        return Fix(f"Give it with --secrets {name}", [Edit(place, f" --secrets {name}")], UNSAFE)
    blank = _ASSIGNMENT.match(command.document.text, span.start)
    removal = Edit(Span(span.start, blank.end() if blank else span.end), "")
    added = Edit(place, f" -e {command.raw(span)}")
    return Fix("Give it with -e", [removal, added], UNSAFE)


BAD = [
    Bad(
        "train:\n\t@LR=1 hf jobs uv run --flavor l4x1 train.py\n",
        at="LR=1",
        fixed="train:\n\t@hf jobs uv run -e LR=1 --flavor l4x1 train.py\n",
        file="Makefile",
    ),
    Bad(
        "LR=1e-4 hf jobs uv run --flavor l4x1 train.py\n",
        at="LR=1e-4",
        fixed="hf jobs uv run -e LR=1e-4 --flavor l4x1 train.py\n",
        file="run.sh",
    ),
    Bad(
        "cd jobs && MODEL='Qwen/Qwen3-0.6B' \\\n  uvx hf jobs uv run --flavor l4x1 train.py\n",
        at="MODEL='Qwen/Qwen3-0.6B'",
        fixed="cd jobs && uvx hf jobs uv run -e MODEL='Qwen/Qwen3-0.6B' --flavor l4x1 train.py\n",
        file="run.sh",
    ),
    Bad(
        "HF_TOKEN=$T WANDB_API_KEY=$KEY hf jobs uv run --timeout 2h train.py\n",
        at="WANDB_API_KEY=$KEY",
        fixed="HF_TOKEN=$T WANDB_API_KEY=$KEY hf jobs uv run --secrets WANDB_API_KEY "
        "--timeout 2h train.py\n",
        file="run.sh",
    ),
    Bad(
        '"""Start it:\n\n    SEED=1 hf jobs uv run --timeout 2h train.py\n"""\n',
        at="SEED=1",
        fixed='"""Start it:\n\n    hf jobs uv run -e SEED=1 --timeout 2h train.py\n"""\n',
    ),
]
GOOD = [
    Good("LR=1e-4\nhf jobs uv run -e LR=$LR train.py\n", file="run.sh"),
    Good("LR=1e-4 hf jobs uv run -e LR train.py\n", file="run.sh"),
    Good("HF_TOKEN=$T HF_ENDPOINT=https://example.com hf jobs uv run train.py\n", file="run.sh"),
    Good("export LR=1e-4; hf jobs uv run train.py\n", file="run.sh"),
    Good("LR=1e-4 python train.py && hf jobs uv run train.py\n", file="run.sh"),
    Good("LR=1e-4 hf jobs uv run $FLAGS train.py\n", file="run.sh"),
    Good("FLAVOR=l4x1; hf jobs uv run --flavor $FLAVOR train.py\n", file="run.sh"),
    Good(
        "WANDB_API_KEY=$K hf jobs uv run train.py\n",
        file="run.sh",
        beside={
            "train.py": "# /// script\n# dependencies = []\n# [tool.hf-jobs]\n"
            '# secrets = ["WANDB_API_KEY"]\n# ///\n'
        },
    ),
]
