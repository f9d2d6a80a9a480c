"""A plan on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from tunesmith.agent.messages import Plan, PlanFinding, PlanSchedule
from tunesmith.output.result import shown_path
from tunesmith.reason import Reason, advised

_ENGINES = {"hf": "Hugging Face Jobs", "local": "this machine"}
_SEVERITIES = {"error": "error", "warning": "warning", "information": "info"}
_INDENT = 13


def plan_lines(plan: Plan) -> Iterator[str]:
    """What would be run, and what speaks against it."""
    yield f"{_shown(plan.script)} on {_ENGINES[plan.engine]}"
    for name, value in _fields(plan):
        if value:
            yield f"  {name:<{_INDENT - 2}}{value}"
    for finding in plan.findings:
        yield from finding_lines(finding)
    for index, warning in enumerate(plan.warnings):
        yield f"  {'' if index else 'note':<{_INDENT - 2}}{warning}"
    yield from (f"  {line}" for line in plan.diff.splitlines())
    if plan.command:
        yield f"  {'same as':<{_INDENT - 2}}{plan.command}"


def _fields(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "machine", plan.machine if plan.engine == "hf" else ""
    yield "memory", _memory(plan)
    if plan.hours:
        yield "time", f"{_between(plan.hours, '{:.1f}')} hours by estimate"
    if plan.dollars:
        each = " a run" if plan.schedule else ""
        yield "cost", f"{_between(plan.dollars, '{:.2f}')} dollars{each} by estimate"
    if plan.memory:
        yield "" if plan.hours else "time", plan.estimate and f"unknown: {_doubts(plan)}"
    if plan.schedule:
        yield "schedule", _often(plan.schedule)
        yield "at most", _most_dollars(plan.schedule)
    yield "timeout", _timeout(plan)
    yield "image", plan.image
    yield "python", plan.python
    yield "libraries", ", ".join(f"{each.name} {each.version or '?'}" for each in plan.versions)
    yield "arguments", " ".join(plan.arguments)
    yield "variables", ", ".join(f"{name}={value}" for name, value in plan.environment.items())
    yield (
        "secrets",
        ", ".join(
            each.name if each.is_set else f"{each.name} (not set here)" for each in plan.secrets
        ),
    )
    yield "namespace", plan.namespace or ""
    yield "results", plan.results or ("lost when the job ends" if plan.engine == "hf" else "")
    yield "metrics", plan.metrics or "nowhere"


def _memory(plan: Plan) -> str:
    if not plan.memory:
        return f"unknown: {_doubts(plan)}"
    return plan.memory if plan.fits == "unknown" else f"{plan.fits}: {plan.memory}"


def _doubts(plan: Plan) -> str:
    return advised(Reason(plan.estimate, plan.estimate_advice))


def _between(bounds: Sequence[float], form: str) -> str:
    low, high = (form.format(bound) for bound in bounds)
    return f"about {low}" if low == high else f"{low} to {high}"


def _often(schedule: PlanSchedule) -> str:
    runs = "1 run" if schedule.runs == 1 else f"{schedule.runs:,} runs"
    waits = "; suspended until it is resumed" if schedule.suspended else ""
    return f"{schedule.when}, at most {runs} a month{waits}"


def _most_dollars(schedule: PlanSchedule) -> str:
    if schedule.run_dollars is None or schedule.month_dollars is None:
        return "not known: the price of the machine is not"
    run, month = f"{schedule.run_dollars:,.2f}", f"{schedule.month_dollars:,.2f}"
    return f"{run} dollars a run and {month} a month, where each run lasts until its timeout"


def _timeout(plan: Plan) -> str:
    if plan.timeout_s is None:
        return ""
    minutes, seconds = divmod(plan.timeout_s, 60)
    hours, rest = divmod(minutes, 60)
    parts = ((hours, "h"), (rest, "m"), (seconds, "s"))
    shown = " ".join(f"{count}{unit}" for count, unit in parts if count)
    return f"{shown} ({plan.timeout_reason})" if plan.timeout_reason else shown


def finding_lines(finding: PlanFinding) -> Iterator[str]:
    """A finding with its place; that of the planned command is the command."""
    place = f"{_shown(finding.path)}:{finding.line}:{finding.column}: " if finding.path else ""
    severity = f"{_SEVERITIES[finding.severity]:<{_INDENT - 2}}"
    yield f"  {severity}{place}{finding.message} [{finding.rule}]"


def _shown(path: str) -> str:
    return str(shown_path(Path(PurePosixPath(path))))
