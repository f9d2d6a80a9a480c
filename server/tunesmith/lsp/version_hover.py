"""What a hover over a script's header says: which releases its requirements give, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tunesmith.knowledge import tables, versions
from tunesmith.knowledge.overview import Overview, overview
from tunesmith.knowledge.releases import is_tracked
from tunesmith.knowledge.versions import InForce
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.script_header import HeaderRequirement, ScriptHeader
from tunesmith.text import Span


class VersionPlace(NamedTuple):
    """What of a header is pointed at: one requirement, or all of them where it is None."""

    span: Span
    requirement: HeaderRequirement | None


def version_place(header: ScriptHeader, offset: int) -> VersionPlace | None:
    """The requirement at an offset, or the header's first line or `dependencies` key."""
    here = Span(offset, offset)
    for entry in header.dependencies:
        if entry.span.contains(here):
            return VersionPlace(entry.span, entry)
    first_line = Span(header.span.start, header.span.start + len("# /// script"))
    for span in (first_line, header.key_span("dependencies")):
        if span and span.contains(here):
            return VersionPlace(span, None)
    return None


def explain_versions(script: PythonScript, project: Project, place: VersionPlace) -> str | None:
    """The text of the hover, in Markdown; None where the tables have nothing to say."""
    if place.requirement is None:
        return _all(overview(script, project))
    name = place.requirement.name
    if name is None or not is_tracked(name):
        return None
    lines = [f"{_shown(versions.library(name, script, project))}."]
    for clash in versions.clashes(script, project):
        lines += ["Cannot be installed together:", _listed(map(str, clash))]
    return "\n\n".join([*lines, _date(project)])


def _all(found: Overview) -> str:
    lines = [_listed(map(_shown, (*found.packages, found.python)))]
    for clash in found.clashes:
        lines += ["Cannot be installed together:", _listed(map(str, clash))]
    return "\n\n".join(lines)


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _shown(each: InForce) -> str:
    if each.version is None:
        return f"**{each.package}** in an unknown version, {each.reason}"
    return f"**{each.package} {each.version}**, {each.reason}"


def _date(project: Project) -> str:
    date = tables.date().isoformat()
    if versions.stale_since(project):
        return f"The tables are of {date}: `tunesmith update` fetches newer ones."
    return f"By the tables of {date}."
