"""The releases that installers read in a folder: requirements files, pyproject.toml, lock files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from tunesmith.files import read_text
from tunesmith.mentioned_pins import own_sources, poetry_requirements
from tunesmith.platform import project_path
from tunesmith.sources.requirements import Pin, read_requirement
from tunesmith.text import regex

PROJECT_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock")


def is_script_lock(name: str) -> bool:
    """Whether `uv lock --script` writes a file of that name."""
    return name.endswith(".py.lock")


def is_requirements(name: str) -> bool:
    """Whether a file of that name is one for `pip install -r`."""
    return "requirements" in name and name.endswith(".txt")


def of_pyproject(pyproject: Mapping[str, Any], path: Path) -> Iterator[Pin]:
    """Dependencies of a project, of its extras and of its dependency groups."""
    project = _table(pyproject, "project")
    name = project.get("name")
    if isinstance(name, str):
        yield from stated(own_sources(name), path)
    lists = [
        project.get("dependencies"),
        *_table(project, "optional-dependencies").values(),
        *_table(pyproject, "dependency-groups").values(),
    ]
    for entries in lists:
        for entry in cast("list[object]", entries) if isinstance(entries, list) else ():
            if isinstance(entry, str):
                yield from stated(entry, path)
    for entry in poetry_requirements(_table(_table(pyproject, "tool"), "poetry")):
        yield from stated(entry, path)


_LOCKED = regex(
    r'^\[\[package\]\]\r?\nname = "([^"]+)"\r?\nversion = "([^"]+)"\r?\n'
    r'(?:source = \{ (?:git|url) = "([^"]+)")?',
    re.MULTILINE,
)


def of_lock(path: Path) -> Iterator[Pin]:
    """The exact versions in a lock file, which all begin alike: parsing takes far longer."""
    for match in _LOCKED.finditer(read_text(path)):
        address = match[3] and f"{match[1]} @ {match[3]}"
        yield from stated(address or f"{match[1]}=={match[2]}", path)


_CONTINUATION = regex(r"\\\r?\n")
_COMMENT = regex(r"(?:^|\s)#.*")
_INDEX = regex(
    r"(?:-i|-f|--index-url|--extra-index-url|--find-links)(?:\s*=\s*|\s+)(\S+)", re.IGNORECASE
)
_INCLUDE = regex(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s*)(\S.*)")
_EDITABLE = regex(r"(?:-e|--editable)(?:\s*=\s*|\s+)", re.IGNORECASE)
_OPTIONS = regex(r"\s--?[a-z].*")
_MOST_INCLUDED = 50


def of_requirements(path: Path, indexes: list[str]) -> Iterator[Pin]:
    """The requirements in a requirements file and in those that it includes.

    Args:
        path: the file.
        indexes: is given the indexes and folders of wheels that they name.
    """
    yield from _of_requirements(path, indexes, set())


def _of_requirements(path: Path, indexes: list[str], seen: set[Path]) -> Iterator[Pin]:
    if path in seen or len(seen) > _MOST_INCLUDED:
        return
    seen.add(path)
    for raw in _CONTINUATION.sub(" ", read_text(path)).splitlines():
        line = _COMMENT.sub("", raw).strip()
        include, index = _INCLUDE.match(line), _INDEX.match(line)
        if include:
            included = os.path.normpath(path.parent / include[1].strip("'\" "))
            yield from _of_requirements(Path(included), indexes, seen)
        elif index:
            indexes.append(index[1])
        elif line and (_EDITABLE.match(line) or not line.startswith("-")):
            yield from stated(_OPTIONS.sub("", _EDITABLE.sub("", line)), path)


def stated(text: str, path: Path) -> Iterator[Pin]:
    """The pin that a requirement states; none for what is no requirement."""
    requirement = read_requirement(text)
    if requirement:
        yield Pin(requirement, path.name, project_path(path), text=text)


def _table(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
