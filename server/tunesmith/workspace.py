"""From a folder to its `Project`: walks it, reads what can matter and keeps it up to date."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path, PurePosixPath

from tunesmith import stored
from tunesmith.environments import environment_beside, environment_of
from tunesmith.errors import internal_error
from tunesmith.files import UnreadableFileError, document_of, read_bytes, read_document
from tunesmith.folder_facts import Note, read_folder, says_something
from tunesmith.platform import project_path
from tunesmith.project import FolderFacts, Pin, Project, Settings
from tunesmith.sources.document import Document, Kind, kind_of
from tunesmith.sources.facts import FileFacts
from tunesmith.sources.understand import Understanding, understand
from tunesmith.text import regex
from tunesmith.walk import Folder, entries_of, is_anchored, is_excluded, is_left_out, walk

MAX_FILES = 10_000
"""Files that the index reads; the rest is left out with a note."""
MAX_TOTAL_BYTES = 256 * 1024 * 1024

_JOBS = regex(rb"\bjobs\b|(?:uv|run)_job\b")
_MLX = regex(
    rb"^(?:adapter_path|fine_tune_type|lora_layers|lora_parameters|mask_prompt)[ \t]*:",
    re.MULTILINE,
)
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _may_matter(data: bytes) -> bool:
    """Whether a file may start a job, or hold a header with `[tool.hf-jobs]`."""
    names_hf = b"hf" in data or b"huggingface" in data or b"uv_job" in data
    return bool(names_hf and _JOBS.search(data)) or data.startswith(_WIDE_MARKS)


class Workspace:
    """A folder's project, read from disk and from open editors.

    Args:
        root: the folder.
        settings: what holds unless a file says otherwise.
        hub_version: what holds whatever a file says.
        keep: keep what the files mean for `understanding`, at the cost of memory.
        interpreter: the one that the user selected for scripts of their own.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings | None = None,
        *,
        hub_version: str | None = None,
        keep: bool = False,
        interpreter: Path | None = None,
    ) -> None:
        settings = settings or Settings()
        if hub_version:
            settings = settings._replace(hub_version=hub_version)
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 - keeps symlinks
        self.project = Project(
            project_path(self.root),
            settings=settings,
            stored_model=stored.stored_model,
            stored_prices=stored.stored_prices,
            stored_data=stored.stored_data,
            stored_text=stored.stored_text,
            stored_names=stored.stored_names,
        )
        self._interpreter = interpreter
        self._look_around()
        self.files: Sequence[Path] = ()
        """The files of a kind that Tunesmith reads, nearest folder first."""
        self.notes: list[Note] = []
        self._hub_version = hub_version
        self._excluded: Sequence[str] = ()
        self._keep = keep
        self._last: Understanding | None = None
        self._understandings: dict[PurePosixPath, Understanding] = {}

    def scan(self, should_stop: Callable[[], bool] = lambda: False) -> Project:
        """Read the whole folder; the answer is `project` then, unless it was told to stop."""
        self.notes.clear()
        self._understandings.clear()
        self._look_around()
        found: list[Path] = []
        folders: dict[PurePosixPath, FolderFacts] = {}
        exclude = list(self.project.settings.exclude)
        for folder in walk(self.root, exclude, self.notes.append):
            if should_stop():
                return self.project
            facts = self._facts_of(folder.path, folder.names)
            if facts:
                folders[project_path(folder.path)] = facts
                self._exclude(folder.path, facts, exclude)
            found += self._own_files(folder, exclude)
        self._excluded = exclude
        self.files = found
        self.project = self.project._replace(folders=folders, files={})
        files = dict(self._index(found, should_stop))
        self.project = self.project._replace(files=files)
        self._read_launched(files.values())
        return self.project

    def covers(self, path: Path) -> bool:
        """Whether a scan reads a file there: it is not excluded, nor in an environment or build."""
        if not path.is_relative_to(self.root):
            return False
        places = [path, *(folder for folder in path.parents if folder.is_relative_to(self.root))]
        return not any(self._is_left_out(place) for place in places if place != self.root)

    def _is_left_out(self, place: Path) -> bool:
        return is_left_out(place) or is_excluded(place.relative_to(self.root), self._excluded)

    def refresh(self, path: Path) -> None:
        """Read a file again that changed on disk, was added or is gone."""
        self._look_around()
        if says_something(path.name):
            self._refresh_folder(path.parent)
        if kind_of(path):
            self.update(path, None)

    def update(self, path: Path, document: Document | None) -> None:
        """Take a document of an editor for a file; None takes the file again, if there is one."""
        name = project_path(path)
        try:
            document = document or read_document(path)
        except UnreadableFileError:
            self._understandings.pop(name, None)
            self.project = self.project.with_file(name, None)
            return
        facts = self._read(document)
        self.project = self.project.with_file(name, facts)
        self._read_launched([facts])

    def understanding(self, path: Path) -> Understanding:
        """What a file of the project means.

        Raises:
            UnreadableFileError: it cannot be read.
        """
        known = self._understandings.pop(project_path(path), None)
        if known is None:
            return self.understand(read_document(path))
        self._last = known
        return known

    def kept(self) -> Iterable[Understanding]:
        """What the files that may start jobs mean, where that is kept."""
        return self._understandings.values()

    def understand(self, document: Document) -> Understanding:
        """What a document of the project means; the last one is remembered."""
        if self._last is None or self._last.document is not document:
            is_launched = self.project.launches_of(document.path)
            self._last = understand(document, relevant=True if is_launched else None)
        return self._last

    def _refresh_folder(self, folder: Path) -> None:
        names = [entry.name for entry in entries_of(folder, self.notes.append)]
        facts = self._facts_of(folder, names)
        folders = dict(self.project.folders)
        folders.pop(project_path(folder), None)
        if facts:
            folders[project_path(folder)] = facts
        self.project = self.project._replace(folders=folders)

    def suppose(self, pins: Sequence[Pin]) -> None:
        """Let requirements take the place of all others of their packages."""
        self.project = self.project._replace(supposed=pins)

    def use_interpreter(self, interpreter: Path | None) -> None:
        """Take another interpreter as the one that the user selected."""
        self._interpreter = interpreter
        self._look_around()

    def _look_around(self) -> None:
        """Note what no file of the folder says: the day, and what the selected interpreter has."""
        selected = environment_of(self._interpreter) if self._interpreter else None
        self.project = self.project._replace(environment=selected, today=date.today())

    def _facts_of(self, folder: Path, names: Iterable[str]) -> FolderFacts | None:
        facts = read_folder(folder, names, self.notes.append)
        environment = environment_beside(folder)
        if environment:
            facts = (facts or FolderFacts())._replace(environment=environment)
        return self._forced(facts) if facts else None

    def _forced(self, facts: FolderFacts) -> FolderFacts:
        if not (facts.settings and self._hub_version):
            return facts
        return facts._replace(settings=facts.settings._replace(hub_version=self._hub_version))

    def _exclude(self, folder: Path, facts: FolderFacts, exclude: list[str]) -> None:
        """Note what a folder's settings leave out, as patterns below the root."""
        below = folder.relative_to(self.root).as_posix()
        for pattern in facts.settings.exclude if facts.settings else ():
            if below == ".":
                exclude.append(pattern)
            else:
                exclude.append(f"{below}/{pattern}")
                if not is_anchored(pattern):
                    exclude.append(f"{below}/*/{pattern}")

    def _own_files(self, folder: Folder, exclude: Sequence[str]) -> Iterator[Path]:
        for name in folder.names:
            path = folder.path / name
            if kind_of(path) and not is_excluded(path.relative_to(self.root), exclude):
                yield path

    def _index(
        self, paths: Sequence[Path], should_stop: Callable[[], bool]
    ) -> Iterator[tuple[PurePosixPath, FileFacts]]:
        """The facts of files; a Python file that mentions no job is known by its name alone."""
        total = 0
        for count, path in enumerate(paths):
            if should_stop():
                return
            if count >= MAX_FILES or total > MAX_TOTAL_BYTES:
                limit = f"{len(paths):,} files; commands are looked for in the first {count:,}"
                self.notes.append(Note(self.root, limit))
                return
            try:
                data = read_bytes(path)
            except UnreadableFileError:
                continue
            total += len(data)
            facts = self._guarded(path, partial(self._facts, path, data))
            if facts:
                yield project_path(path), facts

    def _facts(self, path: Path, data: bytes) -> FileFacts | None:
        is_mlx = kind_of(path) is Kind.YAML and _MLX.search(data)
        if _may_matter(data) or is_mlx:
            return self._read(document_of(path, data))
        return FileFacts() if kind_of(path) is Kind.PYTHON else None

    def _guarded(self, path: Path, read: Callable[[], FileFacts | None]) -> FileFacts | None:
        """The facts of a file; a bug of ours in one file must not hide the others."""
        try:
            return read()
        except UnreadableFileError:
            return None
        except Exception as error:
            self.notes.append(Note(path, f"not indexed: {internal_error(error)}"))
            return None

    def _read_file(self, path: Path) -> FileFacts:
        return self._read(read_document(path))

    def _read(self, document: Document) -> FileFacts:
        known = self.understand(document)
        if self._keep:
            self._understandings[document.path] = known
        return known.facts

    def _read_launched(self, changed: Iterable[FileFacts]) -> None:
        """Read the scripts that run in jobs, whatever they mention."""
        for path in [path for facts in changed for path in self.project.started_by(facts)]:
            if self.project.files[path].script is None and kind_of(path) is Kind.PYTHON:
                facts = self._guarded(Path(path), partial(self._read_file, Path(path)))
                if facts:
                    self.project = self.project.with_file(path, facts)
