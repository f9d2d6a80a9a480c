"""Keywords that a library object refuses in the releases that a script will get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunesmith.knowledge.histories import History, histories, packages_behind
from tunesmith.knowledge.likely import Likely, likely
from tunesmith.knowledge.signatures import signature
from tunesmith.knowledge.versions import InForce, library, stale_since
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript


@dataclass(frozen=True, slots=True)
class Refusal:
    """A keyword that raises TypeError.

    Attributes:
        name: canonical name of the object.
        parameter: the keyword.
        removed: its history, where releases before the one in force took it.
        likely: what was meant instead.
        rests_on: the releases that decide it, the object's own package first.
    """

    name: str
    parameter: str
    removed: History | None
    likely: Likely | None
    rests_on: Sequence[InForce]


def refusal(name: str, parameter: str, script: PythonScript, project: Project) -> Refusal | None:
    """Why an object will not take a keyword; None where it does, or where that is not sure.

    A keyword that no release had is no refusal where the tables are old and "the newest release"
    is in force: it may be newer than they are.
    """
    in_force = {package: library(package, script, project) for package in packages_behind(name)}
    versions = {package: each.version for package, each in in_force.items()}
    scanned = {package: each.scan for package, each in in_force.items() if each.scan}
    found = signature(name, versions, scanned)
    if found is None or not found.refuses(parameter):
        return None
    removed = next(
        (
            history
            for history in histories(name, parameter)
            if (version := versions[history.package]) and history.removed_by(version)
        ),
        None,
    )
    may_be_newer = stale_since(project) and any(each.is_assumed for each in in_force.values())
    if removed is None and may_be_newer:
        return None
    meant = likely(name, parameter, versions, scanned)
    return Refusal(name, parameter, removed, meant, list(in_force.values()))
