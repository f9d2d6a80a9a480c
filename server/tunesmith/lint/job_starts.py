"""The starts of a script as jobs, each with the machine and the timeout that it gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tunesmith.lint.command_edits import changed_option
from tunesmith.lint.rule import UNSAFE, Fix
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.document import Document
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.launches import Launch
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.sources.timeouts import seconds_of
from tunesmith.text import Edit

_MOST = 5


class StartEdit(NamedTuple):
    """An edit of a document; None stands for the script."""

    edit: Edit
    document: Document | None = None

    def fix(self, title: str, own: Document) -> Fix:
        """A fix of a finding in a document of one's own."""
        is_own = self.document is None or self.document.path == own.path
        return Fix(title, [self.edit], UNSAFE, None if is_own else self.document)


class JobStart(NamedTuple):
    """One start of a script.

    Attributes:
        flavor: the machine; None where that is not told.
        timeout: as written; None where none is given, or it is not told.
        launch: what starts it; None where only the script's header says how.
        command: likewise, as written; None where a call of huggingface_hub does.
        header: the script's, where it decides something for this start.
    """

    flavor: str | None
    timeout: str | int | float | None
    launch: Launch | None = None
    command: LaunchCommand | None = None
    header: ScriptHeader | None = None

    @property
    def seconds(self) -> int | None:
        """The timeout; None where there is none that `hf` can read."""
        return seconds_of(str(self.timeout))

    @property
    def name(self) -> str:
        """As the subject of a sentence."""
        if self.command:
            document, start = self.command.document, self.command.span.start
            line = document.lines.position(start).line + 1
            return f"the command in {document.path.name}, line {line}"
        return f"the call in {self.launch.path.name}" if self.launch else "the header"

    def edit(self, key: str, value: str) -> StartEdit | None:
        """Give it another flavor or timeout, where it is told now; None where that cannot be."""
        if self.command and self.command.option(f"--{key}"):
            edit = changed_option(self.command, f"--{key}", value)
            return StartEdit(edit, self.command.document) if edit else None
        span = self.header.value_span("tool", "hf-jobs", key) if self.header else None
        return StartEdit(Edit(span, f'"{value}"')) if span else None


def start_of(command: LaunchCommand) -> JobStart:
    """The start that a command is by itself, whatever it runs."""
    flavor, timeout = command.option("--flavor"), command.option("--timeout")
    return JobStart(
        flavor.value if flavor else None, timeout.value if timeout else None, None, command
    )


def is_open(command: LaunchCommand) -> bool:
    """Whether a command may say something else than what is read, or starts nothing."""
    is_told = not (command.open_words or command.unknown_options)
    return not is_told or command.option("--dry-run") is not None


def job_starts(script: PythonScript, project: Project) -> list[JobStart]:
    """The starts of a script that name a machine, those that are alike once."""
    found: dict[object, JobStart] = {}
    for start in _starts(script, project):
        launch = start.launch
        passed = launch and (
            [word.text for word in launch.arguments or ()],
            [word.text for word in launch.launcher],
            launch.variables,
            launch.installs,
        )
        if start.flavor:
            found.setdefault((start.flavor, start.timeout, repr(passed)), start)
    return list(found.values())[:_MOST]


def _starts(script: PythonScript, project: Project) -> Iterator[JobStart]:
    header = script.header
    table: Mapping[str, Any] = (header.jobs_table if header else None) or {}
    launches = project.launches_of(script.path)
    for launch in launches:
        command = _command(launch, project)
        if command and is_open(command):
            continue
        if command is None or not command.runs_uv_script:
            yield JobStart(launch.flavor, launch.timeout, launch, command)
            continue
        values = {
            key: option.value if (option := command.option(f"--{key}")) else table.get(key)
            for key in ("flavor", "timeout")
        }
        yield JobStart(_text(values["flavor"]), values["timeout"], launch, command, header)
    if not launches:
        yield JobStart(_text(table.get("flavor")), table.get("timeout"), header=header)


def _command(launch: Launch, project: Project) -> LaunchCommand | None:
    if launch.is_call:
        return None
    commands = project.files[launch.path].commands
    return next((each for each in commands if each.span == launch.span), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
