"""A flavor of hardware that Hugging Face Jobs does not have.

## What it does

Finds names of hardware that are none behind `--flavor` of an `hf jobs` command, as `flavor=` of a call
that starts a job, and as `flavor` of a script's `[tool.hf-jobs]`: `a100`, `A10G-Large`, `h100`. Where
the release of `hf` in force has a list of its own, a flavor that is newer than this list counts too.

## Why it costs you

From huggingface_hub 1.0 to 1.16, `hf` refuses a flavor that it does not know. All other releases send
it as it is written, after the script has been uploaded, and the Hub refuses it: no job starts.

## Fix

Writes the flavor that is meant. Safe where only capitals, dashes or letters are wrong; unsafe where a
size is chosen, as of `a100`, since sizes have prices.

## Source

The flavors of the Hub's documentation of Jobs, on the date of the table; the lists of huggingface_hub
0.34 to 2.4. Once the table is old, what it does not know is information only.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.version import Version

from tunesmith.knowledge import hardware
from tunesmith.knowledge.hf_cli import grammar
from tunesmith.knowledge.versions import hub_of, stale_since
from tunesmith.lint.rule import (
    ERROR,
    INFORMATION,
    SAFE,
    UNSAFE,
    WARNING,
    Bad,
    Finding,
    Fix,
    Good,
    Severity,
    rule,
)
from tunesmith.project import Project
from tunesmith.sources.job_calls import JOB_WORDS, job_calls
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.text import Edit, Span, regex

_NAMES_HARDWARE = regex(r"(?=.*\d|cpu-)[a-z\d]+(?:[-_ ][a-z\d]+)*", re.IGNORECASE)
_COUNT = regex(r"x\d+$")
_SIZE = regex(r"[a-z]+\d+", re.IGNORECASE)
_SEE = " `hf jobs hardware` lists all flavors."


@rule(code="LCH032", severity=ERROR, words=JOB_WORDS)
def check(
    source: PythonScript | PythonSnippet | LaunchCommand | ScriptHeader, project: Project
) -> Iterator[Finding]:
    if isinstance(source, LaunchCommand):
        yield from _in_command(source, project)
    elif isinstance(source, ScriptHeader):
        yield from _in_header(source, project)
    else:
        for call in job_calls(source):
            yield from _in_call(source, call, project)


def _in_command(command: LaunchCommand, project: Project) -> Iterator[Finding]:
    option = command.option("--flavor")
    if option is None or option.value is None or command.program == "hfjobs":
        return
    script = project.script(command)
    if option.after_script and script and "--flavor" in script.options:
        return  # meant for the script: `swallowed-script-argument` speaks
    span = option.words[-1].span
    yield from _judged(option.value, span, command.raw(span), project)
    hub = hub_of(command, project).version
    if hub and hardware.flavor(option.value) and not _is_listed(option.value, command, hub):
        yield Finding(
            span,
            f"hf of huggingface_hub {hub} does not know the flavor {option.value} yet and refuses "
            "it. Take a newer huggingface_hub.",
        )


def _is_listed(flavor: str, command: LaunchCommand, hub: Version) -> bool:
    found = grammar(command.program, command.action, hub)
    spec = found.options.get("--flavor") if found else None
    return not (spec and spec.choices) or flavor in spec.choices


def _in_header(header: ScriptHeader, project: Project) -> Iterator[Finding]:
    value = (header.jobs_table or {}).get("flavor")
    span = header.value_span("tool", "hf-jobs", "flavor")
    if isinstance(value, str) and span:
        yield from _judged(value, span, f'"{value}"', project)


def _in_call(script: PythonScript, call: Call, project: Project) -> Iterator[Finding]:
    argument, value = call.argument("flavor"), call.value("flavor")
    if argument and isinstance(value, str):
        raw = script.text_of(argument.value_node)
        yield from _judged(value, argument.value_span, raw, project)


def _judged(name: str, span: Span, raw: str, project: Project) -> Iterator[Finding]:
    kin, likely = _of_kind(name), hardware.likely(name)
    if hardware.flavor(name) or not (likely or _NAMES_HARDWARE.fullmatch(name)):
        return  # a placeholder such as FLAVOR says nothing
    if likely and kin and _gpus(name) != _gpus(likely):
        likely = None  # another number of GPUs is another machine
    if gone := hardware.gone().get(name.lower()):
        message = f"The flavor {name} is gone: huggingface_hub lists it no more since {gone}."
    else:
        message = f"There is no flavor {name}: the job does not start."
    advice = f" Write {likely}." if likely else f" There are {', '.join(kin)}." if kin else _SEE
    fix = None
    if likely and raw.count(name) == 1:
        applicability = SAFE if _is_spelling(name, likely) else UNSAFE
        fix = Fix(f"Write {likely}", [Edit(span, raw.replace(name, likely))], applicability)
    severity = _severity(bool(likely or kin or gone), project)
    yield Finding(span, message + advice, fix, severity)


def _of_kind(name: str) -> list[str]:
    """The flavors with the GPU that a name begins with."""
    kind = _SIZE.match(name.lower())
    names = [flavor.name for flavor in hardware.flavors()]
    return [n for n in names if kind and re.fullmatch(rf"{kind[0]}(?!\d)g?.*", n)]


def _gpus(name: str) -> str:
    count = _COUNT.search(name)
    return count[0] if count else "x1"


def _is_spelling(name: str, likely: str) -> bool:
    """Whether nothing is chosen: the numbers are the same, and so is nearly every letter."""
    is_same_size = re.findall(r"\d+", name) == re.findall(r"\d+", likely)
    return is_same_size and abs(len(name) - len(likely)) <= 2


def _severity(is_clear: bool, project: Project) -> Severity:
    """A name that is like no other may be that of new hardware."""
    if stale_since(project):
        return INFORMATION
    return ERROR if is_clear else WARNING


_CALL = (
    "from huggingface_hub import run_uv_job\n\nrun_uv_job('train.py', flavor=%s, timeout='2h')\n"
)
_HEADER = '# /// script\n# dependencies = []\n# [tool.hf-jobs]\n# flavor = "%s"\n# ///\n'
BAD = [
    Bad(
        "hf jobs uv run --flavor a100 train.py\n",
        at="a100",
        fixed="hf jobs uv run --flavor a100-large train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run --flavor=A10G_Large train.py\n",
        at="--flavor=A10G_Large",
        fixed="hf jobs uv run --flavor=a10g-large train.py\n",
        file="run.sh",
    ),
    Bad("hf jobs uv run --flavor a100x2 train.py\n", at="a100x2", file="run.sh"),
    Bad("hf jobs uv run --flavor h100 train.py\n", at="h100", file="run.sh"),
    Bad("hf jobs uv run --flavor b300x8 train.py\n", at="b300x8", file="run.sh", severity=WARNING),
    Bad(
        "uvx --from huggingface_hub==1.3.0 hf jobs uv run --flavor rtx-pro-6000 train.py\n",
        at="rtx-pro-6000",
        file="run.sh",
    ),
    Bad(_CALL % '"a10g"', at='"a10g"', fixed=_CALL % '"a10g-small"', file="submit.py"),
    Bad(_HEADER % "a10g-larg", at='"a10g-larg"', fixed=_HEADER % "a10g-large"),
]
GOOD = [
    Good("hf jobs uv run --flavor rtx-pro-6000x2 train.py\n", file="run.sh"),
    Good("hf jobs uv run --flavor $FLAVOR train.py\n", file="run.sh"),
    Good("hf jobs uv run --flavor FLAVOR train.py\n", file="run.sh"),
    Good("hf jobs uv run --flavor your-flavor train.py\n", file="run.sh"),
    Good("hf jobs uv run --timeout 2h train.py -- --flavor a100\n", file="run.sh"),
    Good("sky launch --flavor a100 train.yaml\n", file="run.sh"),
    _CALL % "flavor",
    _HEADER % "l4x1",
    "# /// script\n# dependencies = []\n# [tool.other]\n# flavor = 'a100'\n# ///\n",
]
