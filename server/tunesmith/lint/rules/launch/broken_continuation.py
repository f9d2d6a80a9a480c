"""A command that ends before its last line.

## What it does

Finds `hf jobs` commands over several lines of which a line is not continued: the backslash at its end
is missing, or followed by blanks or a comment, or a comment or an empty line stands between the lines.
In PowerShell, which knows no such backslash, it finds the backslash itself.

## Why it costs you

The shell runs the command up to there, and then tries to run the rest as a command of its own
(`--timeout: command not found`). The job starts without the options of the other lines: on `cpu-basic`,
without the token, for 30 minutes, or without its script.

## Fix

Makes the lines one command: adds the missing backslash, deletes the blanks behind it or the empty
line, or moves the comment above the command. Safe: no option and no comment is lost. None is offered
where the command does not begin its line, so that the comment has no place.

## Source

The grammar of POSIX shells: a backslash continues a line only as its very last character, and a
comment ends at the line's end, whatever it ends with.

## Since

Every release. Looks at shell scripts, PowerShell, Markdown, notebooks and YAML; within Python strings
other rules for backslashes hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunesmith.lint.rule import ERROR, SAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.lost_lines import Break, LostLines, is_powershell, lost_lines
from tunesmith.text import Edit, Span

_REASONS = {
    Break.MISSING: "the line above ends without a backslash",
    Break.BLANKS: "something follows the backslash at the end of the line above",
    Break.COMMENT: "the comment above ends the command",
    Break.EMPTY: "the empty line above ends the command",
    Break.BACKSLASH: "PowerShell continues a line by a backtick, not by a backslash",
}


@rule(code="LCH017", severity=ERROR)
def check(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    lost = lost_lines(command)
    if lost is None:
        return
    reason = _REASONS[lost.kind]
    if lost.kind is Break.MISSING and is_powershell(command):
        reason = reason.replace("backslash", "backtick")
    yield Finding(
        lost.first,
        f"This is no part of the command: {reason}. The job starts without it.",
        _join(command, lost),
    )


def _join(command: LaunchCommand, lost: LostLines) -> Fix | None:
    text = command.document.text
    gap = Span(lost.end, lost.next_line)
    line_end = "\r\n" if "\r\n" in command.raw(gap) else "\n"
    sign = "`" if is_powershell(command) else "\\"
    edits = [Edit(gap, f" {sign}{line_end}")]
    if lost.comments:
        start = text.rfind("\n", 0, command.span.start) + 1
        indent = text[start : command.span.start]
        if indent.strip():
            return None
        edits.insert(0, Edit(Span(start, start), _above(command, lost.comments, indent, line_end)))
    return Fix("Make it one command", edits, SAFE)


def _above(command: LaunchCommand, comments: Sequence[Span], indent: str, line_end: str) -> str:
    lines = (command.raw(comment).rstrip(" \t\\") for comment in comments)
    return "".join(f"{indent}{line}{line_end}" for line in lines)


BAD = [
    Bad(
        "hf jobs uv run train.py\n  --flavor l4x1 \\\n  --timeout 2h\n",
        at="--flavor l4x1",
        fixed="hf jobs uv run train.py \\\n  --flavor l4x1 \\\n  --timeout 2h\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run --flavor l4x1 \\ \n  --timeout 2h \\\n  train.py\n",
        at="--timeout 2h",
        fixed="hf jobs uv run --flavor l4x1 \\\n  --timeout 2h \\\n  train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run \\\n  --flavor l4x1 \\\n  # at most two hours \\\n  --timeout 2h train.py\n",
        at="--timeout 2h train.py",
        fixed="# at most two hours\nhf jobs uv run \\\n  --flavor l4x1 \\\n  --timeout 2h train.py\n",
        file="run.sh",
    ),
    Bad(
        "```bash\nhf jobs uv run --timeout 2h \\  # enough\n  train.py\n```\n",
        at="train.py",
        fixed="```bash\n# enough\nhf jobs uv run --timeout 2h \\\n  train.py\n```\n",
        file="README.md",
    ),
    Bad(
        "echo; hf jobs uv run --flavor l4x1  # a GPU \\\n  --timeout 2h train.py\n",
        at="--timeout 2h train.py",
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run \\\n\n  --timeout 2h train.py\n",
        at="--timeout 2h train.py",
        fixed="hf jobs uv run \\\n  --timeout 2h train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run --flavor l4x1 \\\n  --timeout 2h `\n  train.py\n",
        at="--timeout 2h",
        fixed="hf jobs uv run --flavor l4x1 `\n  --timeout 2h `\n  train.py\n",
        file="run.ps1",
    ),
    Bad(
        "```powershell\nhf jobs uv run train.py\n  --timeout 2h\n```\n",
        at="--timeout 2h",
        fixed="```powershell\nhf jobs uv run train.py `\n  --timeout 2h\n```\n",
        file="README.md",
    ),
]
GOOD = [
    Good("hf jobs uv run \\\n  --flavor l4x1 \\\n  train.py\n", file="run.sh"),
    Good("hf jobs uv run train.py \\\n\nhf jobs ps\n", file="run.sh"),
    Good("hf jobs uv run train.py  # short\n# --flavor l4x1\nhf jobs ps\n", file="run.sh"),
    Good("hf jobs uv run train.py \\\n  ...\n  --push_to_hub\n", file="run.sh"),
    Good("```cmd\nhf jobs uv run train.py ^\n  --timeout 2h\n```\n", file="README.md"),
    Good("# hf jobs uv run \\\n#   --flavor l4x1 train.py\n", file="run.sh"),
    Good("hf jobs uv run \\\n  --timeout 2h train.py \\\n  # --flavor l4x1\n", file="run.sh"),
    Good("Run `hf jobs uv run train.py`\n--flavor sets the machine.\n", file="README.md"),
    Good("- run: >\n    hf jobs uv run train.py\n    --flavor l4x1\n", file="ci.yaml"),
    Good("hf jobs uv run `\n  --flavor l4x1 `\n  train.py\n", file="run.ps1"),
]
