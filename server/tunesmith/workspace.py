"""From a folder to its `Project`: walks it, reads what can matter and keeps it up to date."""

# ruff: noqa: PTH110, PTH112, PTH113 - pathlib raises for links of themselves and overlong names

from __future__ import annotations

import codecs
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

from tunesmith.environments import environment_beside, environment_of
from tunesmith.files import UnreadableFileError, document_of, read_bytes, read_document
from tunesmith.folder_facts import Note, internal_error, read_folder, says_something
from tunesmith.named_tuple import NamedTuple
from tunesmith.platform import project_path
from tunesmith.project import FolderFacts, Pin, Prices, Project, Settings, StoredModel
from tunesmith.sources.data_set import Origin, StoredData
from tunesmith.sources.document import Document, Kind, kind_of
from tunesmith.sources.facts import FileFacts
from tunesmith.sources.understand import Understanding, understand
from tunesmith.text import regex

MAX_ENTRIES = 100_000
"""Directory entries that a walk looks at; what lies deeper is left out with a note."""
MAX_FILES = 10_000
"""Files that the index reads; the rest is left out with a note."""
MAX_STORED_BYTES = 512 * 1024
"""Larger files are no configuration and no module of a training."""
MAX_NAMES = 500
"""Entries of a folder in which an estimate looks for starts of a script."""
MAX_TOTAL_BYTES = 256 * 1024 * 1024

_SKIPPED = {
    ".cache", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache",
    ".ruff_cache", ".svn", ".tox", ".venv", "__pycache__", "__pypackages__", "build", "dist",
    "node_modules", "site-packages", "venv",
}  # fmt: skip
_ENVIRONMENT_MARKS = {"pyvenv.cfg", "conda-meta"}
_JOBS = regex(rb"\bjobs\b|(?:uv|run)_job\b")
_MLX = regex(rb"^(?:adapter_path|fine_tune_type|lora_parameters|mask_prompt)[ \t]*:", re.MULTILINE)
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def find_root(path: Path) -> Path:
    """The folder of the project that a file or a folder belongs to.

    The nearest one with .git, else with pyproject.toml, else the working directory if the path
    lies below it (and it is no home or root directory), else the path's own folder.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - keeps symlinks
    folders = [path, *path.parents] if os.path.isdir(path) else list(path.parents)
    for mark in (".git", "pyproject.toml"):
        for folder in folders:
            if os.path.exists(folder / mark):
                return folder
    here = Path.cwd()
    is_everything = here == Path.home() or here == here.parent
    return here if here in folders and not is_everything else folders[0]


class Folder(NamedTuple):
    """A folder as a walk finds it: the names of its files that can matter."""

    path: Path
    names: Sequence[str]


def walk(root: Path, exclude: Sequence[str], tell: Callable[[Note], None]) -> Iterator[Folder]:
    """The folders from a root down, nearest first, without environments, caches and builds.

    Args:
        root: where to begin, itself never left out.
        exclude: patterns of paths below the root; folders that match are left out. It may grow
            while the walk goes on.
        tell: told of folders that cannot be read, and of the limit when it is met.
    """
    folders = deque([root])
    seen = 0
    while folders:
        folder = folders.popleft()
        entries = _entries(folder, tell)
        seen += len(entries)
        if folder != root and _ENVIRONMENT_MARKS & {entry.name for entry in entries}:
            continue
        yield Folder(folder, [entry.name for entry in entries if _can_matter(entry)])
        if seen > MAX_ENTRIES:
            limit = f"more than {MAX_ENTRIES:,} files and folders; what lies deeper is not read"
            tell(Note(root, limit))
            return
        below = [Path(entry.path) for entry in entries if _is_walked(entry)]
        folders += [path for path in below if not _is_excluded(path.relative_to(root), exclude)]


def _entries(folder: Path, tell: Callable[[Note], None]) -> Sequence[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        tell(Note(folder, f"cannot be read: {error.strerror or error}"))
        return ()


def _can_matter(entry: os.DirEntry[str]) -> bool:
    is_named_so = kind_of(PurePosixPath(entry.name)) is not None or says_something(entry.name)
    return is_named_so and os.path.isfile(entry)


def _is_walked(entry: os.DirEntry[str]) -> bool:
    return entry.name not in _SKIPPED and entry.is_dir(follow_symlinks=False)


def _may_matter(data: bytes) -> bool:
    """Whether a file may start a job, or hold a header with `[tool.hf-jobs]`."""
    names_hf = b"hf" in data or b"huggingface" in data or b"uv_job" in data
    return bool(names_hf and _JOBS.search(data)) or data.startswith(_WIDE_MARKS)


def _is_excluded(relative: Path, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches: the name at any depth, or the path if it has a slash inside."""
    name, path = relative.name, relative.as_posix()
    return any(
        fnmatchcase(path if _is_anchored(pattern) else name, _bare(pattern)) for pattern in patterns
    )


def _is_anchored(pattern: str) -> bool:
    return "/" in pattern.rstrip("/")


def _bare(pattern: str) -> str:
    """A pattern that matches the folder itself, as `vendor/**` means to."""
    return pattern.removeprefix("./").removesuffix("/**").removesuffix("/*").rstrip("/")


def _stored_model(model_id: str) -> StoredModel | None:
    from tunesmith.hub_cache import stored_model  # few files need it

    return stored_model(model_id)


def _stored_prices() -> Prices | None:
    from tunesmith.hub_cache import stored_prices

    return stored_prices()


def _stored_data(
    origin: Origin, folders: Sequence[PurePosixPath], root: PurePosixPath
) -> StoredData:
    from tunesmith.data.store import stored_data  # no check needs it

    return stored_data(origin, folders, root)


def _stored_text(path: PurePosixPath) -> str | None:
    try:
        data = read_bytes(Path(path))
    except UnreadableFileError:
        return None
    return data.decode("utf-8", "replace") if len(data) <= MAX_STORED_BYTES else None


def _stored_names(folder: PurePosixPath) -> Sequence[PurePosixPath]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(each.name for each in islice(entries, MAX_NAMES) if each.is_file())
    except OSError:
        return ()
    return [folder / name for name in names]


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
            stored_model=_stored_model,
            stored_prices=_stored_prices,
            stored_data=_stored_data,
            stored_text=_stored_text,
            stored_names=_stored_names,
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
        return (
            place.name in _SKIPPED
            or _is_excluded(place.relative_to(self.root), self._excluded)
            or any(os.path.exists(place / mark) for mark in _ENVIRONMENT_MARKS)
        )

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
        names = [entry.name for entry in _entries(folder, self.notes.append)]
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
                if not _is_anchored(pattern):
                    exclude.append(f"{below}/*/{pattern}")

    def _own_files(self, folder: Folder, exclude: Sequence[str]) -> Iterator[Path]:
        for name in folder.names:
            path = folder.path / name
            if kind_of(path) and not _is_excluded(path.relative_to(self.root), exclude):
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
