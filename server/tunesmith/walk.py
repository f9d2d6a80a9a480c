"""Walks the folders of a project, without environments, caches and builds."""

# ruff: noqa: PTH110, PTH112, PTH113 - pathlib raises for links of themselves and overlong names

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from tunesmith.folder_facts import Note, says_something
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.document import kind_of

MAX_ENTRIES = 100_000
"""Directory entries that a walk looks at; what lies deeper is left out with a note."""
_SKIPPED = {
    ".cache", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache",
    ".ruff_cache", ".svn", ".tox", ".venv", "__pycache__", "__pypackages__", "build", "dist",
    "node_modules", "site-packages", "venv",
}  # fmt: skip
_ENVIRONMENT_MARKS = {"pyvenv.cfg", "conda-meta"}


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
        entries = entries_of(folder, tell)
        seen += len(entries)
        if folder != root and _ENVIRONMENT_MARKS & {entry.name for entry in entries}:
            continue
        yield Folder(folder, [entry.name for entry in entries if _can_matter(entry)])
        if seen > MAX_ENTRIES:
            limit = f"more than {MAX_ENTRIES:,} files and folders; what lies deeper is not read"
            tell(Note(root, limit))
            return
        below = [Path(entry.path) for entry in entries if _is_walked(entry)]
        folders += [path for path in below if not is_excluded(path.relative_to(root), exclude)]


def entries_of(folder: Path, tell: Callable[[Note], None]) -> Sequence[os.DirEntry[str]]:
    """What is in a folder, by name; nothing, and a note, where it cannot be read."""
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


def is_left_out(folder: Path) -> bool:
    """Whether a walk leaves a folder out by itself: an environment, a cache, a build."""
    marks = (os.path.exists(folder / mark) for mark in _ENVIRONMENT_MARKS)
    return folder.name in _SKIPPED or any(marks)


def is_excluded(relative: Path, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches: the name at any depth, or the path if it has a slash inside."""
    name, path = relative.name, relative.as_posix()
    return any(
        fnmatchcase(path if is_anchored(pattern) else name, _bare(pattern)) for pattern in patterns
    )


def is_anchored(pattern: str) -> bool:
    """Whether a pattern means one path, and no name at any depth."""
    return "/" in pattern.rstrip("/")


def _bare(pattern: str) -> str:
    """A pattern that matches the folder itself, as `vendor/**` means to."""
    return pattern.removeprefix("./").removesuffix("/**").removesuffix("/*").rstrip("/")
