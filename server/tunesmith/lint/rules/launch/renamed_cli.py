"""A command of `hf` under a name that it has no more, or never had.

## What it does

Finds `huggingface-cli` with any of its commands, and jobs that are started by
`python -m huggingface_hub jobs ...`.

## Why it costs you

`huggingface-cli` is deprecated since huggingface_hub 0.34. From 1.0 on it is not installed, or prints
that it no longer works and ends: nothing is downloaded, uploaded or logged in to. It never had jobs.
`python -m huggingface_hub` cannot be run in any release. A script that goes on after the error trains
without its data, or loses its result.

## Fix

Writes `hf`, and `hf auth login` for `huggingface-cli login`; or `python -m huggingface_hub.cli.hf`.
Safe: the rest of the command is the same. None is offered for options that `hf` does not have, as
`--resume-download`, and for commands that work in another way today. Information only where the
project or the text requires a huggingface_hub before 1.0, or a transformers before 5; silent before
0.34, in the middle of sentences, and where the text looks for `hf` first.

## Source

The programs and entry points of huggingface_hub from 0.14 to 2.4.

## Since

huggingface_hub 0.34, the first release with `hf`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.version import Version

from tunesmith.lint.required_releases import admits
from tunesmith.lint.rule import (
    ERROR,
    INFORMATION,
    SAFE,
    WARNING,
    Bad,
    Finding,
    Fix,
    Good,
    Severity,
    rule,
)
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.tool_commands import ToolCommand
from tunesmith.text import Edit, Span, regex

_MODULE = "huggingface_hub.cli.hf"
_OLD = regex(r"huggingface-cli(?:\.exe)?", re.IGNORECASE)
_SAME = {name: name for name in ("auth", "download", "upload", "env", "version")} | {
    name: f"auth {name}" for name in ("login", "logout", "whoami")
}
"""Commands that are the same today, by their old names."""
_OTHER = {
    "delete-cache": "cache rm",
    "job": "jobs",
    "jobs": "jobs",
    "lfs-enable-largefiles": "lfs-enable-largefiles",
    "repo": "repos",
    "repo-files": "repos delete-files",
    "scan-cache": "cache list",
    "tag": "repos tag",
    "upload-large-folder": "upload",
}
"""Commands that have another form today."""
_GONE = ("--local-dir-use-symlinks", "--resume-download", "--token-name")
_SEVERAL = ("--include", "--exclude", "--delete")
_LOOKS_FOR_HF = regex(
    r"""(?:command[ ]-v|which|type|hash|shutil\.which\(|Get-Command)[ ]*["']?hf\b"""
    r"""|\bhf[ ][^\n]*\|\|[^\n]*huggingface-cli"""
)
_SEARCHES = regex(r"\b(?:pkill|[pe]?grep)\b[^|;&]*$")
"""A command line that looks for the words in another one, or in a file."""
_REQUIRES_OLD = regex(
    r"(?:\bhuggingface[-_]hub(?:\[[^\]\n]*\])?[ ]*(?:==|~=|<=?)[ ]*(?:0\.|1\.0\b)"
    r"|\btransformers(?:\[[^\]\n]*\])?[ ]*(?:==|~=|<=?)[ ]*(?:[34]\.|5\b))"
)


@rule(code="LCH034", severity=ERROR, words=("huggingface-cli", "huggingface_hub"))
def check(command: LaunchCommand | ToolCommand, project: Project) -> Iterator[Finding]:
    if isinstance(command, ToolCommand):
        yield from _in_tool_command(command, project)
        return
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


def _in_tool_command(command: ToolCommand, project: Project) -> Iterator[Finding]:
    words = [word.text or "" for word in command.arguments[:2]]
    new = (_SAME | _OTHER).get(words[0]) if words else None
    starts_job = words[:1] == ["jobs"] and words[1:] in (["run"], ["uv"], ["scheduled"])
    severity = _severity(command, project)
    if command.tool != "huggingface-cli" or new is None or starts_job or severity is None:
        return
    if command.is_inline or _LOOKS_FOR_HF.search(command.document.text):
        return
    start = command.program[0].span.start
    line = command.document.text[:start].rpartition("\n")[2]
    if _SEARCHES.search(line):
        return
    what = "is deprecated since 0.34" if severity is INFORMATION else "no longer works since 1.0"
    yield Finding(
        command.program[0].span,
        f"huggingface-cli of huggingface_hub {what}. Write hf {new}.",
        _rewrite(command, words[0]) if words[0] in _SAME else None,
        severity,
    )


def _severity(command: ToolCommand, project: Project) -> Severity | None:
    """How much it costs with the huggingface_hub in force; None where `hf` does not exist yet."""
    stated = project.settings_for(command.path).hub_version
    if stated:
        hub = Version(stated)
        return None if hub < Version("0.34") else INFORMATION if hub < Version("1.0") else ERROR
    hub_pins = [
        pin.requirement.specifier for pin in project.pins_for(command.path, "huggingface-hub")
    ]
    if not admits(hub_pins, ("0.34.0", "0.36.2", "1.0.0", "2.4.0")):
        return None
    transformers = [
        pin.requirement.specifier for pin in project.pins_for(command.path, "transformers")
    ]
    is_old = not admits(hub_pins, ("1.0.0", "1.20.0", "2.4.0"))
    is_old = is_old or not admits(transformers, ("5.0.0", "5.15.0", "5.23.0"))
    return INFORMATION if is_old or _REQUIRES_OLD.search(command.document.text) else WARNING


def _rewrite(command: ToolCommand, old: str) -> Fix | None:
    """`hf` and the new name, where every option means what it did."""
    program, action = command.program[0], command.arguments[0]
    between = command.document.text[program.span.end : action.span.start]
    raw_program, raw_action = _raw(command, program.span), _raw(command, action.span)
    if not (_OLD.search(raw_program) and old in raw_action and program.is_movable):
        return None
    if command.option(*_GONE) or _has_several_values(command):
        return None
    names = _SAME[old].split()
    edited = between.join(raw_action.replace(old, name, 1) for name in names)
    edits = [Edit(program.span, _OLD.sub("hf", raw_program)), Edit(action.span, edited)]
    return Fix(f"Write hf {_SAME[old]}", edits[: len(names) if names == [old] else 2], SAFE)


def _has_several_values(command: ToolCommand) -> bool:
    """Whether an option has two values in a row, which `hf` would take for file names."""
    words = [word.known_text for word in command.arguments]
    starts = [index for index, word in enumerate(words) if word.partition("=")[0] in _SEVERAL]
    return any(not word.startswith("-") for i in starts for word in words[i + 2 : i + 3])


def _raw(command: ToolCommand, span: Span) -> str:
    return command.document.text[span.start : span.end]


_LOGIN = "huggingface-cli login --token $HF_TOKEN\n"
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
    Bad(
        _LOGIN,
        at="huggingface-cli",
        fixed="hf auth login --token $HF_TOKEN\n",
        file="run.sh",
        severity=WARNING,
    ),
    Bad(
        'import subprocess\nsubprocess.run(["huggingface-cli", "login"], check=True)\n',
        at='"huggingface-cli"',
        fixed='import subprocess\nsubprocess.run(["hf", "auth", "login"], check=True)\n',
        hub="2.4.0",
    ),
    Bad(
        "Log in first:\n\n```\nhuggingface-cli login\n```\n",
        at="huggingface-cli",
        fixed="Log in first:\n\n```\nhf auth login\n```\n",
        file="README.md",
        severity=WARNING,
    ),
    Bad(
        "pip install transformers==4.57.0\nhuggingface-cli download me/data --local-dir data\n",
        at="huggingface-cli",
        fixed="pip install transformers==4.57.0\nhf download me/data --local-dir data\n",
        file="run.sh",
        severity=INFORMATION,
    ),
    Bad(
        "huggingface-cli repo create data --type dataset\n",
        at="huggingface-cli",
        file="run.sh",
        severity=WARNING,
    ),
    Bad(
        "huggingface-cli download me/model --include *.json *.txt --resume-download\n",
        at="huggingface-cli",
        file="run.sh",
        severity=WARNING,
    ),
]
GOOD = [
    Good('pkill -f "huggingface-cli download m" 2>/dev/null\n', file="run.sh"),
    Good("hf jobs uv run --timeout 2h train.py\n", file="run.sh"),
    Good("uvx --from huggingface_hub hf jobs uv run --timeout 2h train.py\n", file="run.sh"),
    Good("python -m huggingface_hub.cli.hf jobs uv run --timeout 2h train.py\n", file="run.sh"),
    Good("# This no longer works:\nhuggingface-cli jobs uv run train.py\n", file="run.sh"),
    Good(_LOGIN, file="run.sh", hub="0.30.0"),
    Good(f"command -v hf && hf auth login || {_LOGIN}", file="run.sh"),
    Good("brew install huggingface-cli\npip install huggingface-cli\n", file="run.sh"),
    Good("The `huggingface-cli` is called `hf` now.\n", file="README.md"),
    Good("The token that `huggingface-cli login` stores is used.\n", file="README.md"),
    Good("`huggingface-cli login` is deprecated.\n\n```bash\nhf auth login\n```\n", file="R.md"),
]
