"""The project index: which command launches which script, and back, and what is set where.

A `Project` is a value: rules read it and nobody writes it. `workspace.py` makes it of files, the
language server of files and open editors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePosixPath

from packaging.requirements import Requirement

from tunesmith.sources.facts import FileFacts, ScriptFacts
from tunesmith.sources.launch_command import LaunchCommand


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can set; from weakest to strongest: editor, pyproject.toml, script header.

    Attributes:
        ignore: names of rules that stay silent.
        hub_version: the huggingface_hub release that `hf` commands run with, if told.
        exclude: glob patterns of paths below the folder that are not read.
    """

    ignore: frozenset[str] = frozenset()
    hub_version: str | None = None
    exclude: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """A requirement on a package, and the file that states it."""

    requirement: Requirement
    origin: str


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """What holds for the files in a folder and below.

    Attributes:
        settings: from its pyproject.toml; None where it says nothing.
        pins: from its requirements*.txt, pyproject.toml or uv.lock.
    """

    settings: Settings | None = None
    pins: Sequence[Pin] = ()


@dataclass(frozen=True)
class Project:
    """All that is known beside the document under check. Paths are absolute and normalised."""

    root: PurePosixPath = field(default=PurePosixPath("/"))
    files: Mapping[PurePosixPath, FileFacts] = field(
        default_factory=dict[PurePosixPath, FileFacts], repr=False
    )
    folders: Mapping[PurePosixPath, FolderFacts] = field(
        default_factory=dict[PurePosixPath, FolderFacts], repr=False
    )
    settings: Settings = Settings()

    def with_file(self, path: PurePosixPath, facts: FileFacts | None) -> Project:
        """This project after one file changed; None where it is gone."""
        files = {other: known for other, known in self.files.items() if other != path}
        if facts is not None:
            files[path] = facts
        return replace(self, files=files)

    def script_path(self, command: LaunchCommand) -> PurePosixPath | None:
        """The file of the project that a command launches.

        A relative script is looked for from the command's own folder up to the project's root. A
        script whose documentation says how to launch it means itself, also by a URL.
        """
        script = command.script
        if not script:
            return None
        if "://" not in script:
            for folder in self._folders_of(command):
                path = _normalise(folder / script)
                if path in self.files:
                    return path
        means_itself = PurePosixPath(script).name == command.path.name
        return command.path if means_itself and command.path in self.files else None

    def script(self, command: LaunchCommand) -> ScriptFacts | None:
        """What is known of the script that a command launches."""
        path = self.script_path(command)
        return self.files[path].script if path else None

    def commands_launching(self, path: PurePosixPath) -> Sequence[LaunchCommand]:
        """The commands that launch a script, wherever they stand; counter-examples left out."""
        return self._launches.get(path, ())

    def runs_as_job(self, path: PurePosixPath) -> bool:
        """Whether a script's header or a command of the project says that it runs as a job."""
        facts = self.files.get(path)
        declares_it = bool(facts and facts.script and facts.script.has_jobs_table)
        return declares_it or bool(self.commands_launching(path))

    def affected_by(self, path: PurePosixPath) -> frozenset[PurePosixPath]:
        """The other files whose findings may change when this one does."""
        facts = self.files.get(path, FileFacts())
        scripts = (self.script_path(command) for command in facts.commands)
        commands = (command.path for command in self.commands_launching(path))
        return frozenset({*filter(None, scripts), *commands} - {path})

    def settings_for(self, path: PurePosixPath) -> Settings:
        """The settings in force for a file: its nearest folder's over the editor's."""
        for folder in path.parents:
            facts = self.folders.get(folder)
            if facts and facts.settings:
                own = facts.settings
                return Settings(
                    ignore=own.ignore | self.settings.ignore,
                    hub_version=own.hub_version or self.settings.hub_version,
                    exclude=(*own.exclude, *self.settings.exclude),
                )
        return self.settings

    def pins_for(self, path: PurePosixPath, package: str) -> Sequence[Pin]:
        """What the nearest folder that names a package requires of it; `package` is normalised."""
        for folder in path.parents:
            facts = self.folders.get(folder)
            pins = [pin for pin in facts.pins if pin.requirement.name == package] if facts else []
            if pins:
                return pins
            if folder == self.root:
                break
        return ()

    @cached_property
    def _launches(self) -> Mapping[PurePosixPath, Sequence[LaunchCommand]]:
        launches: dict[PurePosixPath, list[LaunchCommand]] = {}
        for facts in self.files.values():
            for command in facts.commands:
                path = self.script_path(command)
                if path and not command.argv.is_counter_example:
                    launches.setdefault(path, []).append(command)
        return launches

    def _folders_of(self, command: LaunchCommand) -> Iterator[PurePosixPath]:
        folder = command.path.parent
        if command.argv.folder_hint:
            yield folder / command.argv.folder_hint
            yield self.root / command.argv.folder_hint
        yield folder
        for parent in folder.parents:
            if not parent.is_relative_to(self.root):
                break
            yield parent


def _normalise(path: PurePosixPath) -> PurePosixPath:
    """Resolve `.` and `..` by their names alone."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and len(parts) > 1:
            parts.pop()
        elif part != "..":
            parts.append(part)
    return PurePosixPath(*parts)
