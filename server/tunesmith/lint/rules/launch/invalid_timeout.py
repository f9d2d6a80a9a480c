"""A timeout that huggingface_hub cannot read.

## What it does

Finds values such as `6hours`, `30min`, `2H` and `1h30m` behind `--timeout` of an `hf jobs` command,
as `timeout=` of a call that starts a job, and as `timeout` of a script's `[tool.hf-jobs]`.

## Why it costs you

A timeout is a number with `s`, `m`, `h` or `d`, such as `6h` or `1.5h`, or a whole number of seconds.
Everything else ends in a ValueError; `hf` raises it only after the script has been uploaded, and no
job starts. A job that a program starts is simply missing.

## Fix

Writes the same time as huggingface_hub reads it: `6h`, `30m`, `90m` for `1h30m`. Safe. None is
offered where the text does not say a time.

## Source

`_create_job_spec` of huggingface_hub, alike in all releases from 0.34 to 2.4.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.rule import ERROR, SAFE, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.job_calls import JOB_WORDS, job_calls
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.sources.timeouts import SECONDS_OF_UNIT, is_readable
from tunesmith.text import Edit, Span, regex

_WORDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86400),
}
_PART = regex(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)[\s,]*")
_MOST_SHOWN = 30


@rule(code="LCH012", severity=ERROR, words=JOB_WORDS)
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
    option = command.option("--timeout")
    if option is None or option.value is None or command.program == "hfjobs":
        return
    is_option = option.value.startswith("--")  # `missing-argument` speaks of it
    if not is_option and not is_readable(option.value):
        word = option.words[-1]
        yield _finding(word.span, option.value, command.raw(word.span))


def _in_header(header: ScriptHeader) -> Iterator[Finding]:
    value = (header.jobs_table or {}).get("timeout")
    span = header.value_span("tool", "hf-jobs", "timeout")
    if isinstance(value, str) and span and not is_readable(value):
        yield _finding(span, value, f'"{value}"')


def _in_call(script: PythonScript, call: Call) -> Iterator[Finding]:
    argument, value = call.argument("timeout"), call.value("timeout")
    if argument and isinstance(value, str) and not is_readable(value):
        yield _finding(argument.value_span, value, script.text_of(argument.value_node))


def _finding(span: Span, value: str, raw: str) -> Finding:
    likely = _likely(value)
    advice = f"Write {likely}." if likely else "Write a number with s, m, h or d, such as 2h."
    shown = value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]}..."
    fix = None
    if likely and raw.count(value) == 1:
        fix = Fix(f"Write {likely}", [Edit(span, raw.replace(value, likely))], SAFE)
    return Finding(
        span,
        f"huggingface_hub cannot read the timeout {shown!r}: no job starts. {advice}",
        fix,
    )


def _likely(value: str) -> str | None:
    """The same time in huggingface_hub's own writing."""
    parts = [(m[1], m[2].lower()) for m in _PART.finditer(value)]
    if not parts or _PART.sub("", value) or any(unit not in _WORDS for _, unit in parts):
        return None
    if len(parts) == 1 and _WORDS[parts[0][1]] in SECONDS_OF_UNIT.values():
        number, word = parts[0]
        return f"{number}{next(u for u, s in SECONDS_OF_UNIT.items() if s == _WORDS[word])}"
    seconds = round(sum(float(number) * _WORDS[word] for number, word in parts))
    unit = next(u for u, size in reversed(SECONDS_OF_UNIT.items()) if seconds % size == 0)
    return f"{seconds // SECONDS_OF_UNIT[unit]}{unit}"


_CALL = "from huggingface_hub import run_uv_job\n\nrun_uv_job('train.py', timeout=%s)\n"
BAD = [
    Bad(
        "hf jobs uv run --flavor l4x1 --timeout 6hours train.py\n",
        at="6hours",
        fixed="hf jobs uv run --flavor l4x1 --timeout 6h train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs run --timeout=1h30m python:3.12 python train.py\n",
        at="--timeout=1h30m",
        fixed="hf jobs run --timeout=90m python:3.12 python train.py\n",
        file="run.sh",
    ),
    Bad(
        'hf jobs uv run --timeout "90 minutes" train.py\n',
        at='"90 minutes"',
        fixed='hf jobs uv run --timeout "90m" train.py\n',
        file="run.sh",
    ),
    Bad("hf jobs uv run --timeout 02:30:00 train.py\n", at="02:30:00", file="run.sh"),
    Bad(_CALL % '"2H"', at='"2H"', fixed=_CALL % '"2h"'),
    Bad(
        '# /// script\n# dependencies = []\n# [tool.hf-jobs]\n# timeout = "30min"\n# ///\n',
        at='"30min"',
        fixed='# /// script\n# dependencies = []\n# [tool.hf-jobs]\n# timeout = "30m"\n# ///\n',
    ),
]
GOOD = [
    Good("hf jobs uv run --timeout 1.5h train.py\n", file="run.sh"),
    Good("hf jobs uv run --timeout 7200 train.py\n", file="run.sh"),
    Good("hf jobs uv run --timeout $HOURS train.py\n", file="run.sh"),
    Good("hf jobs uv run --timeout ${HOURS}hours train.py\n", file="run.sh"),
    Good("hf jobs uv run train.py -- --timeout 6hours\n", file="run.sh"),
    _CALL % "2 * 3600",
    _CALL % '"7200"',
    "from huggingface_hub import run_uv_job\n\nwait(run_uv_job('t.py'), timeout='6 hours')\n",
    "# /// script\n# dependencies = []\n# [tool.hf-jobs]\n# timeout = 7200\n# ///\n",
]
