"""What is surely not installed where a script runs, and how to add it.

Only where all that is installed is told: by a script's header, and by the `--with` of the commands
that start it. What a URL, a Git repository or an unknown distribution may bring is never missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from tunesmith.knowledge.distributions import brought_by
from tunesmith.knowledge.installation import Installation, installations
from tunesmith.knowledge.releases import is_tracked
from tunesmith.knowledge.solution import applies, solve
from tunesmith.lint.rule import SAFE, Applicability, Fix
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.header_edits import requirement_insertion
from tunesmith.sources.python_index import dotted_name
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.requirements import read_requirement
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.sources.self_installs import installs_by_itself

if TYPE_CHECKING:
    from tunesmith.sources.broken_script import BrokenScript


class Installed(NamedTuple):
    """What may be installed in one of the ways to run a script.

    Attributes:
        names: normalised names of distributions.
        is_open: extras may bring distributions that no table has.
    """

    names: frozenset[str]
    is_open: bool = False

    def may_have(self, distribution: str) -> bool:
        return distribution in self.names or (self.is_open and not is_tracked(distribution))


class Environments(NamedTuple):
    """What may be installed in each of the ways to run a script; none where it cannot be told."""

    ways: Sequence[Installed] = ()

    def lack(self, distributions: Collection[str]) -> bool:
        """Whether none of some distributions is installed, however the script is run."""
        return (
            bool(self.ways)
            and bool(distributions)
            and not any(way.may_have(each) for way in self.ways for each in distributions)
        )


def environments(script: PythonScript, project: Project) -> Environments:
    """What may be installed for a script that says by itself, or whose starts say, all of it."""
    header = script.header
    if installs_by_itself(script):
        return Environments()
    if header and not _is_usable(header, script):
        return Environments()
    if header is None and not _starts_say_all(script, project):
        return Environments()
    found = [_installed(each) for each in installations(script, project)]
    return Environments([each for each in found if each]) if all(found) else Environments()


def _is_usable(header: ScriptHeader, script: PythonScript) -> bool:
    is_read = all(read_requirement(entry.text) for entry in header.dependencies)
    return is_read and not header.errors and is_header_of(header, script)


def _starts_say_all(script: PythonScript, project: Project) -> bool:
    """Whether every start of a script without a header adds packages to an image without any."""
    starts = project.launches_of(script.path)
    return bool(starts) and all(start.additions and not start.image for start in starts)


def _installed(installation: Installation) -> Installed | None:
    """What may be installed; None where that may be anything."""
    if installation.unknown or not installation.is_whole:
        return None
    solution = solve(installation)
    if solution.clash:
        return None
    stated = (*installation.pins, *installation.additions)
    pins = [pin for pin in stated if applies(pin, installation)]
    solved = solution.versions.keys() if solution.is_known else frozenset[str]()
    if any(pin.requirement.extras and pin.name not in solved for pin in pins):
        return None
    names = brought_by({*solved, *(pin.name for pin in pins)}, solved)
    is_open = any(pin.requirement.extras for pin in pins)
    return None if names is None else Installed(names, is_open)


def is_run_by_uv(script: PythonScript | BrokenScript, project: Project) -> bool:
    """Whether a header of its own, or a start, says that uv or a job runs a script."""
    has_header = script.header is not None and is_header_of(script.header, script)
    return has_header or project.runs_as_job(script.path)


def is_header_of(header: ScriptHeader, script: PythonScript | BrokenScript) -> bool:
    """Whether a header is the script's own, and none that a string of it holds."""
    before = script.document.text[: header.span.start]
    return all(before.count(quotes) % 2 == 0 for quotes in ('"""', "'''"))


def imported_modules(script: PythonScript) -> Iterator[tuple[str, cst.Import | cst.ImportFrom]]:
    """The top-level modules that a script imports by absolute names, each with its statement."""
    for node, _ in script.index.imports:
        if isinstance(node, cst.Import):
            names: list[cst.BaseExpression] = [alias.name for alias in node.names]
        else:
            names = [node.module] if node.module and not node.relative else []
        for name in names:
            yield dotted_name(name).partition(".")[0], node


def is_beside(module: str, script: PythonScript, project: Project) -> bool:
    """Whether a file or a folder of that name lies where a script imports from first."""
    folder = script.path.parent / module
    return any(
        path == folder.with_suffix(".py") or folder in path.parents for path in project.files
    )


def place(script: PythonScript) -> str:
    """What says which packages a script gets."""
    return "the header" if script.header else "the `--with` of its start"


def addition(
    distribution: str,
    script: PythonScript,
    project: Project,
    applicability: Applicability = SAFE,
) -> Fix | None:
    """Name a distribution in the header, if the others can be installed beside it."""
    header = script.header
    edits = requirement_insertion(header, distribution, script.text) if header else ()
    if not edits:
        return None
    clashes = any(solve(each, distribution).clash for each in installations(script, project))
    title = f"Add {distribution} to the dependencies"
    return None if clashes else Fix(title, edits, applicability)
