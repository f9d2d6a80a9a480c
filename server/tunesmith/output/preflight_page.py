"""`tunesmith preflight`: what is wrong with a script and its start, what it needs and costs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from tunesmith.errors import UserError
from tunesmith.lint import engine
from tunesmith.lint.rule import Severity
from tunesmith.one_script import OneScript, read_script
from tunesmith.output.estimate_page import (
    Question,
    estimate_fields,
    estimate_lines,
    largest_forecast,
)
from tunesmith.output.failure import fail
from tunesmith.output.json_format import finding_fields
from tunesmith.output.result import Result, shown_path
from tunesmith.output.text_format import TextFormat, printable, summary
from tunesmith.text import Span


def show_preflight(name: str, question: Question, *, as_json: bool) -> int:
    """Print findings and estimate; returns the exit status.

    0: nothing speaks against it; 1: a finding is a warning or worse, or the machine is too small;
    2: the script cannot be read.
    """
    try:
        one = read_script(name, question.supposed())
    except UserError as error:
        return fail(name, error)
    results = list(_results(one))
    try:
        estimate, why_not = largest_forecast(one, question), ""
    except UserError as error:
        estimate, why_not = None, str(error)
    if as_json:
        fields = {
            "findings": [finding_fields(r, f) for r in results for f in r.findings],
            "estimate": estimate_fields(name, estimate) if estimate else None,
            "no_estimate": why_not or None,
        }
        print(json.dumps(fields, indent=2))
    else:
        text = TextFormat()
        lines = [line for result in results for line in text.render(result)]
        lines.append(summary(results, fixed=0))
        about = estimate_lines(one, estimate) if estimate else [f"  estimate unknown: {why_not}"]
        lines += map(printable, about)
        print("\n".join(lines))
    worst = max((f.severity for r in results for f in r.findings), default=Severity.INFORMATION)
    is_too_small = estimate is not None and estimate.fit.verdict == "no"
    return int(worst >= Severity.WARNING or is_too_small)


def _results(one: OneScript) -> Iterator[Result]:
    """The findings of the script, and those of other files where they start it."""
    path = one.script.path
    starts: dict[PurePosixPath, list[Span]] = {}
    for start in (*one.project.launches_of(path), *one.project.commands_launching(path)):
        starts.setdefault(start.path, []).append(start.span)
    yield from _result(one, path, None)
    for other, spans in starts.items():
        if other != path:
            yield from _result(one, other, spans)


def _result(one: OneScript, path: PurePosixPath, spans: Sequence[Span] | None) -> Iterator[Result]:
    known = one.workspace.understanding(Path(path))
    found = engine.check(known, one.project)
    if spans is not None:
        found = [each for each in found if any(span.contains(each.span) for span in spans)]
    if found:
        yield Result(shown_path(Path(path)), known.document, found)
