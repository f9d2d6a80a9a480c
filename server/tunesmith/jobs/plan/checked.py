"""What the rules find in a script and in the one start of it that is planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from tunesmith.agent.messages import EngineName, PlanFinding
from tunesmith.lint import engine
from tunesmith.lint.engine import Diagnostic, rule_named
from tunesmith.lint.rule import Severity
from tunesmith.project import Project
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.facts import FileFacts
from tunesmith.sources.understand import Understanding, understand

_NAME = ".tunesmith-plan.sh"
_OF_JOBS = frozenset({"launch", "machine", "outputs"})
"""Groups of rules about what a job far away takes and leaves behind."""


class PlannedStart(NamedTuple):
    """A project in which the planned command is the only start of the script.

    Attributes:
        command: the planned command as a document; None where the script runs on this machine.
    """

    project: Project
    command: Understanding | None


def with_start_alone(project: Project, script: PurePosixPath, command: str | None) -> PlannedStart:
    """The project without any start of a script but one, so that rules judge that one.

    Args:
        project: as the folder is.
        script: the script's path.
        command: the start; None for one on this machine.
    """
    files = {
        path: facts._replace(commands=(), calls=()) if _may_start(facts, project, script) else facts
        for path, facts in project.files.items()
    }
    if command is None:
        return PlannedStart(project._replace(files=files), None)
    path = script.with_name(_NAME)
    planned = understand(Document(path, Kind.SHELL, f"{command}\n"))
    files[path] = FileFacts(commands=planned.commands)
    return PlannedStart(project._replace(files=files), planned)


def _may_start(facts: FileFacts, project: Project, script: PurePosixPath) -> bool:
    return script in project.started_by(facts)


def findings(
    understanding: Understanding, start: PlannedStart, engine_name: EngineName
) -> Sequence[PlanFinding]:
    """What speaks against a start, the worst first; errors block it."""
    found = list(_findings(understanding, start, engine_name))
    return sorted(found, key=lambda each: (_ORDER.index(each.severity), each.line))


_ORDER = ("error", "warning", "information")


def _findings(
    understanding: Understanding, start: PlannedStart, engine_name: EngineName
) -> Iterator[PlanFinding]:
    commands = [command.span for command in understanding.commands]
    for each in engine.check(understanding, start.project):
        in_command = any(span.contains(each.span) for span in commands)
        if not in_command and (engine_name == "hf" or _group(each) not in _OF_JOBS):
            yield _row(each, understanding.document, str(understanding.document.path))
    if start.command:
        for each in engine.check(start.command, start.project):
            yield _row(each, start.command.document, "")


def _group(found: Diagnostic) -> str:
    known = rule_named(found.name)
    return known.group if known else ""


def _row(found: Diagnostic, document: Document, path: str) -> PlanFinding:
    position = document.lines.position(found.span.start)
    return PlanFinding(
        rule=found.name,
        severity=_NAMES[found.severity],
        message=_said_of_start(found.message),
        path=path,
        line=position.line + 1,
        column=position.column + 1,
        blocks=found.severity is Severity.ERROR,
    )


def _said_of_start(message: str) -> str:
    """A message that names the planned command, which is in no file of the user's."""
    of_start = message.replace(f"the command in {_NAME}, line 1", "this start")
    return of_start.replace(_NAME, "the planned command")


_NAMES: Mapping[Severity, Literal["error", "warning", "information"]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "information",
}
