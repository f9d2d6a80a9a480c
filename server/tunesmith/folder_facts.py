"""What holds in a folder: `[tool.tunesmith]`, the versions that its files require, its model."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from packaging.version import InvalidVersion, Version

from tunesmith.mentioned_pins import (
    may_mention,
    mentioned_in,
    mentioned_requirements,
    own_sources,
    poetry_requirements,
)
from tunesmith.named_tuple import NamedTuple
from tunesmith.platform import project_path
from tunesmith.project import FolderFacts, Pin, Settings
from tunesmith.sources.model_configuration import read_model_configuration
from tunesmith.sources.requirements import read_requirement
from tunesmith.sources.toml import read_toml
from tunesmith.text import regex

MAX_BYTES = 8 * 1024 * 1024
"""Larger files are not read."""


class Note(NamedTuple):
    """Something that a user should know about a file, and that is no finding."""

    path: Path
    message: str


Tell = Callable[[Note], None]


def internal_error(error: Exception) -> str:
    """What to tell a user of an exception that should not have happened."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    place = f" at {Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
    return f"Tunesmith failed on it ({type(error).__name__}{place}: {error}); please report it"


def says_something(name: str) -> bool:
    """Whether a file of that name can set or require anything."""
    return _decides(name) or may_mention(name) or name == _MODEL


def _decides(name: str) -> bool:
    """Whether installers read a file of that name by themselves."""
    is_named_so = name == "pyproject.toml" or name in _PROJECT_LOCKS
    return is_named_so or _is_requirements(name) or _is_lock(name)


def read_folder(folder: Path, names: Iterable[str], tell: Tell) -> FolderFacts | None:
    """What the files of these names in a folder say; None if there is nothing.

    Args:
        folder: the folder.
        names: names of files in it, in any order.
        tell: told of every value that cannot be used.
    """
    table: Mapping[str, Any] = {}
    pins: list[Pin] = []
    locks: dict[str, tuple[Pin, ...]] = {}
    indexes: list[str] = []
    names = list(names)
    for name in sorted(filter(_decides, names)):
        path = folder / name
        if name in _PROJECT_LOCKS:
            pins += _locked(path)
        elif _is_lock(name):
            locks[name.removesuffix(".lock")] = tuple(_locked(path))
        elif name == "pyproject.toml":
            table = _read_pyproject(path, tell)
            pins += _declared(table, path)
        else:
            pins += _required(path, set(), indexes)
    settings = read_settings(table, folder / "pyproject.toml", tell)
    python = _table(table, "project").get("requires-python")
    facts = FolderFacts(
        settings,
        tuple(pins),
        tuple(_mentioned(folder, names)),
        locks,
        _table(_table(table, "tool"), "uv"),
        requires_python=python if isinstance(python, str) else None,
        indexes=tuple(indexes),
        model=read_model_configuration(_read_text(folder / _MODEL)) if _MODEL in names else None,
    )
    return None if facts == FolderFacts() else facts


def read_settings(pyproject: Mapping[str, Any], path: Path, tell: Tell) -> Settings | None:
    """`[tool.tunesmith]` of a pyproject.toml; wrong keys and values are told and left out."""
    table = _table(_table(pyproject, "tool"), "tunesmith")
    if not table:
        return None
    values: dict[str, Any] = {}
    for key, value in table.items():
        setting = _SETTINGS.get(key)
        if setting is None:
            likely = _likely(key, _SETTINGS)
            hint = f"do you mean {likely}?" if likely else f"known are {', '.join(_SETTINGS)}"
            tell(Note(path, f"[tool.tunesmith] has no setting {key}: {hint}"))
        elif setting.admits(value):
            values[setting.field] = setting.convert(value)
        else:
            message = f"[tool.tunesmith] {key} = {value!r}; expected {setting.expected}"
            tell(Note(path, message))
    for name in _unknown_rules(values.get("ignore", ())):
        tell(Note(path, f"[tool.tunesmith] ignore: {name}"))
    return Settings(**values)


def unknown_rule(name: str) -> str | None:
    """Why a name is no rule's, with the likely one; None where it is one's name or code."""
    from tunesmith.lint.engine import all_rules, rule_named

    if rule_named(name):
        return None
    likely = _likely(name, [rule.name for rule in all_rules()])
    hint = f"do you mean {likely!r}?" if likely else "`tunesmith rule --all` lists the rules"
    return f"no rule is called {name!r}; {hint}"


def is_version(value: object) -> bool:
    """Whether a value is a version such as "1.3.0"."""
    try:
        Version(cast("str", value))
    except (InvalidVersion, TypeError):
        return False
    return True


def _likely(name: str, known: Iterable[str]) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in cast("list[object]", value))


class _Setting(NamedTuple):
    field: str
    expected: str
    admits: Callable[[object], bool]
    convert: Callable[[Any], object]


_SETTINGS = {
    "ignore": _Setting("ignore", 'rules such as ["login-call"]', _is_strings, frozenset),
    "hf-version": _Setting("hub_version", 'a version such as "1.3.0"', is_version, str),
    "exclude": _Setting("exclude", 'patterns such as ["vendor/*"]', _is_strings, tuple),
}


def _unknown_rules(names: Iterable[str]) -> Iterator[str]:
    yield from filter(None, map(unknown_rule, sorted(names)))


def _read_pyproject(path: Path, tell: Tell) -> Mapping[str, Any]:
    try:
        return read_toml(_read_text(path))
    except ValueError as error:
        tell(Note(path, f"no valid TOML, so nothing in it is used: {error}"))
        return {}


def _read_text(path: Path) -> str:
    """A file's text; empty where it cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe is to wait
            return ""
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
    except (OSError, ValueError):
        return ""
    return data.decode("utf-8-sig", "replace")


def _declared(pyproject: Mapping[str, Any], path: Path) -> Iterator[Pin]:
    """Dependencies of a project, of its extras and of its dependency groups."""
    project = _table(pyproject, "project")
    name = project.get("name")
    if isinstance(name, str):
        yield from _pin(own_sources(name), path)
    lists = [
        project.get("dependencies"),
        *_table(project, "optional-dependencies").values(),
        *_table(pyproject, "dependency-groups").values(),
    ]
    for entries in lists:
        for entry in cast("list[object]", entries) if isinstance(entries, list) else ():
            if isinstance(entry, str):
                yield from _pin(entry, path)
    for entry in poetry_requirements(_table(_table(pyproject, "tool"), "poetry")):
        yield from _pin(entry, path)


def _mentioned(folder: Path, names: Sequence[str]) -> Iterator[Pin]:
    """What the files that no installer reads by itself tell to install, each once."""
    seen: set[str] = set()
    for name in mentioned_in(names):
        for text in mentioned_requirements(name, _read_text(folder / name)[:_MAX_MENTION]):
            if text not in seen:
                seen.add(text)
                for pin in _pin(text, folder / name):
                    yield pin._replace(is_hearsay=True)


_MODEL = "config.json"
_MAX_MENTION = 512 * 1024
_PROJECT_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock")

_LOCKED = regex(
    r'^\[\[package\]\]\r?\nname = "([^"]+)"\r?\nversion = "([^"]+)"\r?\n'
    r'(?:source = \{ (?:git|url) = "([^"]+)")?',
    re.MULTILINE,
)


def _is_lock(name: str) -> bool:
    return name.endswith(".py.lock")


def _locked(path: Path) -> Iterator[Pin]:
    """The exact versions in a lock file, which all begin alike: parsing takes far longer."""
    for match in _LOCKED.finditer(_read_text(path)):
        address = match[3] and f"{match[1]} @ {match[3]}"
        yield from _pin(address or f"{match[1]}=={match[2]}", path)


_CONTINUATION = regex(r"\\\r?\n")
_COMMENT = regex(r"(?:^|\s)#.*")
_INDEX = regex(
    r"(?:-i|-f|--index-url|--extra-index-url|--find-links)(?:\s*=\s*|\s+)(\S+)", re.IGNORECASE
)
_INCLUDE = regex(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s*)(\S.*)")
_EDITABLE = regex(r"(?:-e|--editable)(?:\s*=\s*|\s+)", re.IGNORECASE)
_OPTIONS = regex(r"\s--?[a-z].*")


def _is_requirements(name: str) -> bool:
    return "requirements" in name and name.endswith(".txt")


def _required(path: Path, seen: set[Path], indexes: list[str]) -> Iterator[Pin]:
    """The requirements in a requirements file and in those that it includes.

    `indexes` is given the indexes and folders of wheels that they name.
    """
    if path in seen or len(seen) > 50:
        return
    seen.add(path)
    for raw in _CONTINUATION.sub(" ", _read_text(path)).splitlines():
        line = _COMMENT.sub("", raw).strip()
        include, index = _INCLUDE.match(line), _INDEX.match(line)
        if include:
            included = os.path.normpath(path.parent / include[1].strip("'\" "))
            yield from _required(Path(included), seen, indexes)
        elif index:
            indexes.append(index[1])
        elif line and (_EDITABLE.match(line) or not line.startswith("-")):
            yield from _pin(_OPTIONS.sub("", _EDITABLE.sub("", line)), path)


def _pin(text: str, path: Path) -> Iterator[Pin]:
    """The pin that a requirement states; none for what is no requirement."""
    requirement = read_requirement(text)
    if requirement:
        yield Pin(requirement, path.name, project_path(path), text=text)


def _table(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
