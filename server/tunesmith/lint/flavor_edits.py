"""Where the machine of a script's jobs is said, and the edits that name another one there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tunesmith.lint.command_edits import changed_option, insert_option
from tunesmith.project import Project
from tunesmith.sources.document import Document
from tunesmith.sources.header_edits import flavor_edits
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import Edit


@dataclass(frozen=True, slots=True)
class FlavorPlace:
    """A place that says, or could say, which machine a script's jobs run on.

    Attributes:
        name: as users call it; unlike all other places of the script.
        document: where it stands.
        is_told: whether it names a machine already.
        edits: of the document, so that it names the machine asked for.
    """

    name: str
    document: Document
    is_told: bool
    edits: Sequence[Edit]


def flavor_places(script: PythonScript, project: Project, flavor: str) -> Sequence[FlavorPlace]:
    """The places where a machine can be named: those that decide, or else all that could.

    A command's `--flavor` beats the header of its script.
    """
    found = [*_commands(script, project, flavor), *_header(script, flavor)]
    told = [place for place in found if place.is_told]
    commands = [place for place in told if place.document.path != script.path]
    return commands or told or found


def _commands(script: PythonScript, project: Project, flavor: str) -> Iterator[FlavorPlace]:
    for command in project.commands_launching(script.path):
        option = command.option("--flavor")
        change = changed_option if option else insert_option
        edit = change(command, "--flavor", flavor)
        if edit:
            line = command.document.lines.position(command.span.start).line + 1
            name = f"the command in {command.path.name}, line {line}"
            yield FlavorPlace(name, command.document, option is not None, [edit])


def _header(script: PythonScript, flavor: str) -> Iterator[FlavorPlace]:
    header = script.header
    edits = flavor_edits(header, flavor, script.text) if header else ()
    if header and edits:
        is_told = "flavor" in (header.jobs_table or {})
        yield FlavorPlace("the header of the script", script.document, is_told, edits)
