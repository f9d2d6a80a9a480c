"""The project index: which command launches which script, and back, and what is set where.

A `Project` is a value: rules read it and nobody writes it. `workspace.py` makes it of files, the
language server of files and open editors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources import launches
from tunesmith.sources.data_set import Origin, StoredData
from tunesmith.sources.facts import FileFacts, ScriptFacts
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.launches import Launch
from tunesmith.sources.requirements import Pin

if TYPE_CHECKING:
    from tunesmith.knowledge.scan.types import Scan
    from tunesmith.sources.mlx_configuration import MlxConfiguration

__all__ = [
    "Environment",
    "FolderFacts",
    "Pin",
    "Prices",
    "Project",
    "Settings",
    "StoredModel",
]


class Settings(NamedTuple):
    """What a user can set; from weakest to strongest: editor, pyproject.toml, script header.

    Attributes:
        ignore: names of rules that stay silent.
        hub_version: the huggingface_hub release that `hf` commands run with, if told.
        exclude: glob patterns of paths below the folder that are not read.
    """

    ignore: frozenset[str] = frozenset()
    hub_version: str | None = None
    exclude: Sequence[str] = ()


_DEFAULT = Settings()


def _no_scan(_: str) -> Scan | None:
    return None


class Environment(NamedTuple):
    """What is installed for an interpreter.

    Attributes:
        name: what users call it: ".venv".
        python: the interpreter's version, where it can be told without starting it.
        packages: the installed releases by normalised name.
        scan: reads what an installed package takes out of its source files; None where it cannot.
    """

    name: str
    python: Version | None = None
    packages: Mapping[str, Version] = MappingProxyType({})
    scan: Callable[[str], Scan | None] = _no_scan


class StoredModel(NamedTuple):
    """A model of which this machine has the `config.json`.

    Attributes:
        fields: its content.
        source: where it is from, as users call it.
    """

    fields: Mapping[str, Any]
    source: str


def _nothing_stored(_: str) -> StoredModel | None:
    return None


def _no_data(origin: Origin, folders: Sequence[PurePosixPath], root: PurePosixPath) -> StoredData:
    return StoredData(problem=f"{origin} is not read")


class Prices(NamedTuple):
    """What jobs cost, as the Hub said.

    Attributes:
        date: the day.
        usd_per_hour: by the name of the flavor.
    """

    date: date
    usd_per_hour: Mapping[str, float]


def _no_text(_: PurePosixPath) -> str | None:
    return None


def _no_names(_: PurePosixPath) -> Sequence[PurePosixPath]:
    return ()


def _no_prices() -> Prices | None:
    return None


class FolderFacts(NamedTuple):
    """What holds for the files in a folder and below.

    Attributes:
        settings: from its pyproject.toml; None where it says nothing.
        pins: from its requirements*.txt, pyproject.toml or the lock file of a project.
        mentioned: what its other files tell people to install, as a README does.
        locks: what `uv lock --script` wrote beside a script, by the script's name.
        uv: `[tool.uv]` of its pyproject.toml.
        requires_python: of its pyproject.toml, as written.
        indexes: indexes and folders of wheels that its requirements files name.
        environment: what is installed in a virtual environment beside.
        model: `config.json` of a model that lies in the folder; None where there is none.
    """

    settings: Settings | None = None
    pins: Sequence[Pin] = ()
    mentioned: Sequence[Pin] = ()
    locks: Mapping[str, Sequence[Pin]] = MappingProxyType({})
    uv: Mapping[str, Any] = MappingProxyType({})
    requires_python: str | None = None
    indexes: Sequence[str] = ()
    environment: Environment | None = None
    model: Mapping[str, Any] | None = None


class Project(NamedTuple):
    """All that is known beside the document under check. Paths are absolute and normalised.

    Attributes:
        environment: what is installed for the interpreter that the user selected.
        today: the day of the check; None where it does not matter.
        supposed: requirements that take the place of all others of their packages: "what if".
        stored_model: reads what this machine has of a model on the Hub, by its id.
        stored_prices: reads the prices of jobs that the Hub said last.
        stored_data: reads what this machine has of a data set, given where the script that names
            it may be run, and this project's root.
        stored_text: reads a file of the project that the index says nothing of: a configuration of
            a training, a module; None where there is none.
        stored_names: lists the files of a folder of the project.
    """

    root: PurePosixPath = PurePosixPath("/")
    files: Mapping[PurePosixPath, FileFacts] = MappingProxyType({})
    folders: Mapping[PurePosixPath, FolderFacts] = MappingProxyType({})
    settings: Settings = _DEFAULT
    environment: Environment | None = None
    today: date | None = None
    supposed: Sequence[Pin] = ()
    stored_model: Callable[[str], StoredModel | None] = _nothing_stored
    stored_prices: Callable[[], Prices | None] = _no_prices
    stored_data: Callable[[Origin, Sequence[PurePosixPath], PurePosixPath], StoredData] = _no_data
    stored_text: Callable[[PurePosixPath], str | None] = _no_text
    stored_names: Callable[[PurePosixPath], Sequence[PurePosixPath]] = _no_names

    def with_file(self, path: PurePosixPath, facts: FileFacts | None) -> Project:
        """This project after one file changed; None where it is gone."""
        files = {other: known for other, known in self.files.items() if other != path}
        if facts is not None:
            files[path] = facts
        return self._replace(files=files)

    def script_path(self, command: LaunchCommand) -> PurePosixPath | None:
        """The file of the project that a command launches.

        A relative script is looked for from the command's own folder up to the project's root. A
        script whose documentation says how to launch it means itself, also by a URL.
        """
        return self._found(command.script, command.path, command.argv.folder_hint)

    def _found(
        self, script: str | None, launcher: PurePosixPath, hint: str | None = None
    ) -> PurePosixPath | None:
        if not script:
            return None
        if "://" not in script:
            for folder in self._folders_of(launcher, hint):
                path = _normalise(folder / script)
                if path in self.files:
                    return path
        means_itself = PurePosixPath(script).name == launcher.name
        return launcher if means_itself and launcher in self.files else None

    def script(self, command: LaunchCommand) -> ScriptFacts | None:
        """What is known of the script that a command launches."""
        path = self.script_path(command)
        return self.files[path].script if path else None

    def script_named(self, script: str, launcher: PurePosixPath) -> ScriptFacts | None:
        """What is known of the script that a file names by a path or a URL."""
        path = self._found(script, launcher)
        return self.files[path].script if path else None

    def mlx_configuration(
        self, name: str, reader: PurePosixPath, hint: str | None
    ) -> MlxConfiguration | None:
        """What a file sets that an `mlx_lm.lora -c` command reads, if it is in the project.

        Args:
            name: its path as written.
            reader: the file with the command.
            hint: the folder that the command changes to first, if any.
        """
        path = self._found(name, reader, hint)
        return self.files[path].mlx if path else None

    def model_in(self, folder: str, script: PurePosixPath) -> Mapping[str, Any] | None:
        """`config.json` of the model in a folder that a script names; None where there is none."""
        if not folder or "://" in folder:
            return None
        places = (_normalise(each / folder) for each in self._folders_of(script, None))
        found = (facts.model for each in places if (facts := self.folders.get(each)))
        return next(filter(None, found), None)

    def files_beside(self, path: PurePosixPath) -> Iterator[PurePosixPath]:
        """The files in a file's folder and in those above it, up to the root, nearest first."""
        for folder in self._folders_of(path, None):
            yield from self.stored_names(folder)

    def names(
        self, name: str, reader: PurePosixPath, hint: str | None = None
    ) -> PurePosixPath | None:
        """The file of the index that another one names by a relative path."""
        return self._found(name, reader, hint)

    def text_near(
        self, name: str, reader: PurePosixPath, hint: str | None = None
    ) -> tuple[PurePosixPath, str] | None:
        """A file of the project that another one names by a relative path; reads it.

        Args:
            name: the path as written.
            reader: the file that names it.
            hint: the folder that a command changes to first, if any.
        """
        if not name or "://" in name:
            return None
        for folder in self._folders_of(reader, hint):
            path = _normalise(folder / name)
            if path.is_relative_to(self.root) and (text := self.stored_text(path)) is not None:
                return path, text
        return None

    def data_of(self, origin: Origin, script: PurePosixPath) -> StoredData:
        """What is known of a data set that a script names; reads files."""
        return self.stored_data(origin, self.run_folders(script), self.root)

    def run_folders(self, script: PurePosixPath) -> Sequence[PurePosixPath]:
        """Where a script may be run, the likeliest folder first."""
        return list(self._folders_of(script, None))

    def commands_launching(self, path: PurePosixPath) -> Sequence[LaunchCommand]:
        """The commands that launch a script, wherever they stand; counter-examples left out."""
        return self._commands.get(path, ())

    def launches_of(self, path: PurePosixPath) -> Sequence[Launch]:
        """The jobs that run a script, by commands and by calls of huggingface_hub."""
        return self._launches.get(path, ())

    def runs_as_job(self, path: PurePosixPath) -> bool:
        """Whether a script's header or a command of the project says that it runs as a job."""
        facts = self.files.get(path)
        declares_it = bool(facts and facts.script and facts.script.has_jobs_table)
        return declares_it or bool(self.commands_launching(path) or self.launches_of(path))

    def affected_by(self, path: PurePosixPath) -> frozenset[PurePosixPath]:
        """The other files whose findings may change when this one does."""
        facts = self.files.get(path, FileFacts())
        scripts = self.started_by(facts)
        starters = (launch.path for launch in self.launches_of(path))
        readers = self._readers_of(path) if facts.mlx else ()
        return frozenset({*scripts, *starters, *readers} - {path})

    def started_by(self, facts: FileFacts) -> Iterator[PurePosixPath]:
        """The scripts of the project that a file's commands and calls run in jobs."""
        for launch, hint in _starts(facts):
            path = self._found(launch.script, launch.path, hint)
            if path:
                yield path

    def _readers_of(self, configuration: PurePosixPath) -> Iterator[PurePosixPath]:
        for reader, facts in self.files.items():
            for name, hint in facts.configurations:
                if self._found(name, reader, hint) == configuration:
                    yield reader

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
        for facts in self.facts_above(path):
            pins = [pin for pin in facts.pins if pin.name == package]
            if pins:
                return pins
        return ()

    def environment_for(self, path: PurePosixPath) -> Environment | None:
        """What is installed where a script runs on this machine."""
        if self.environment:
            return self.environment
        return next((f.environment for f in self.facts_above(path) if f.environment), None)

    def facts_above(self, path: PurePosixPath) -> Iterator[FolderFacts]:
        """What is known of a file's folder and of those above it, nearest first."""
        for folder in path.parents:
            facts = self.folders.get(folder)
            if facts:
                yield facts
            if folder == self.root:
                return

    @cached_property
    def _commands(self) -> Mapping[PurePosixPath, Sequence[LaunchCommand]]:
        found: dict[PurePosixPath, list[LaunchCommand]] = {}
        for facts in self.files.values():
            for command in facts.commands:
                path = self.script_path(command)
                if path and not command.argv.is_counter_example:
                    found.setdefault(path, []).append(command)
        return found

    @cached_property
    def _launches(self) -> Mapping[PurePosixPath, Sequence[Launch]]:
        found: dict[PurePosixPath, list[Launch]] = {}
        for facts in self.files.values():
            for launch, hint in _starts(facts):
                path = self._found(launch.script, launch.path, hint)
                if path:
                    found.setdefault(path, []).append(launch)
        return found

    def _folders_of(self, launcher: PurePosixPath, hint: str | None) -> Iterator[PurePosixPath]:
        folder = launcher.parent
        if hint:
            yield folder / hint
            yield self.root / hint
        yield folder
        for parent in folder.parents:
            if not parent.is_relative_to(self.root):
                break
            yield parent


def _starts(facts: FileFacts) -> Iterator[tuple[Launch, str | None]]:
    """The jobs that a file starts, and the folder that the start changes to first."""
    for command in facts.commands:
        if not command.argv.is_counter_example:
            for launch in launches.of_command(command):
                yield launch, command.argv.folder_hint
    yield from ((launch, None) for launch in facts.calls)


def _normalise(path: PurePosixPath) -> PurePosixPath:
    """Resolve `.` and `..` by their names alone."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and len(parts) > 1:
            parts.pop()
        elif part != "..":
            parts.append(part)
    return PurePosixPath(*parts)
