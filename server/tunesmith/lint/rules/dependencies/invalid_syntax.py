"""Code that the Python which runs it cannot parse.

## What it does

Finds scripts with a header, or that a job runs, whose code is no valid Python, and syntax that is newer
than the Python in force: f-strings as they are since 3.12, `match`, `except*`, type parameters. It
speaks on the command line and before a job is submitted; the editor keeps the last good findings while
code is typed.

## Why it costs you

Python stops with SyntaxError before the first line runs, after the packages have been installed.

## Fix

None: correct the code, or take a newer Python by `requires-python` or `--python`.

## Source

https://docs.python.org/3/whatsnew/: PEP 634 (3.10), 654 (3.11), 695 and 701 (3.12).

## Since

Every release. Silent for templates, and where the Python cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from tunesmith.knowledge.installation import admits_python
from tunesmith.knowledge.versions import python
from tunesmith.lint.dependencies import is_run_by_uv
from tunesmith.lint.rule import ERROR, Bad, Finding, Good, rule
from tunesmith.project import Project
from tunesmith.sources.broken_script import BrokenScript
from tunesmith.sources.document import Kind
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_syntax import new_syntax
from tunesmith.text import regex

_TEMPLATE = regex(r"\{\{.*\}\}|\{%.*%\}|<%.*%>|<<<<<<<")


@rule(code="DEP007", severity=ERROR)
def check(source: BrokenScript | PythonScript, project: Project) -> Iterator[Finding]:
    if not is_run_by_uv(source, project):
        return
    if isinstance(source, BrokenScript):
        yield from _broken(source)
    elif source.document.kind is Kind.PYTHON:
        yield from _too_new(source, project)


def _broken(script: BrokenScript) -> Iterator[Finding]:
    fault = None if _TEMPLATE.search(script.document.text) else script.fault
    if fault:
        yield Finding(
            fault.span, f"This is no valid Python: {fault.reason}. The job ends with SyntaxError."
        )


def _too_new(script: PythonScript, project: Project) -> Iterator[Finding]:
    in_force = python(script, project)
    if not in_force.below("3.12"):
        return
    for found in new_syntax(script):
        if in_force.below(found.since) and not _may_be_newer(script, project, found.since):
            yield Finding(
                found.span,
                f"Python {in_force.version}, {in_force.reason}, has not {found.name}: that came "
                f"with {found.since}. Write it in the older way, or take a newer Python.",
            )
            return


def _may_be_newer(script: PythonScript, project: Project, release: str) -> bool:
    """Whether uv, which runs the script on this machine, may take a newer Python."""
    header = script.header
    is_free = header is not None and not project.runs_as_job(script.path)
    return is_free and admits_python(header.requires_python if header else None, Version(release))


def _script(python: str, code: str) -> str:
    return f'# /// script\n# requires-python = "{python}"\n# dependencies = []\n# ///\n{code}'


_JOIN = 'print(f"{"-".join(names)}")\n'
BAD = [
    Bad(_script(">=3.10", "x = = 1\n"), at="= 1"),
    Bad(_script("==3.11.*", "names = []\n" + _JOIN), at='f"{"-".join(names)}"'),
    Bad(
        _script("<3.12", "print(f'{chr(10)}', f'{\"\\n\".join([])}')\n"), at="f'{\"\\n\".join([])}'"
    ),
    Bad(
        "match 1:\n    case 1:\n        pass\n",
        at="match 1:",
        beside={"run.sh": "hf jobs uv run --timeout 2h --python 3.9 train.py\n"},
    ),
]
GOOD = [
    _script(">=3.10", _JOIN),
    _script("==3.11.*", "names = []\nprint(f\"{'-'.join(names)}\", f'''{\"a\"}''')\n"),
    _script("==3.11.*", "match 1:\n    case 1:\n        pass\n"),
    _script(">=3.10", "x = {{ cookiecutter.name }}\nprint(\n"),
    "import trl\nprint(\n",
    Good('import trl\n\nTEXT = """\n# /// script\n# ///\n"""\nprint(\n'),
]
