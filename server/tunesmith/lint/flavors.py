"""The machines that a script's jobs run on, as commands, calls and its header say."""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.hardware import Machine
from tunesmith.knowledge.prices import priced_flavor
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript


def flavors_of(script: PythonScript, project: Project) -> list[Machine]:
    """The flavors that commands and calls start a script on; what is not told is left out."""
    names = _names(script, project)
    return [found for name in names if (found := priced_flavor(name, project))]


def _names(script: PythonScript, project: Project) -> Iterator[str]:
    table = script.header.jobs_table if script.header else None
    declared = (table or {}).get("flavor")
    commands = project.commands_launching(script.path)
    for command in commands:
        option = command.option("--flavor")
        if option and option.value:
            yield option.value
        elif option is None and isinstance(declared, str):
            yield declared
    calls = [launch for launch in project.launches_of(script.path) if launch.is_call]
    yield from (launch.flavor for launch in calls if launch.flavor)
    if not commands and not calls and isinstance(declared, str):
        yield declared
