"""What holds in a folder: `[tool.tunesmith]`, the versions that its files require, its model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from tunesmith import declared_pins
from tunesmith.declared_pins import PROJECT_LOCKS, is_requirements, is_script_lock, stated
from tunesmith.files import read_text
from tunesmith.mentioned_pins import may_mention, mentioned_in, mentioned_requirements
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import FolderFacts, Pin, Settings
from tunesmith.sources.model_configuration import read_model_configuration
from tunesmith.sources.toml import read_toml

_MODEL = "config.json"
_MAX_MENTION = 512 * 1024


class Note(NamedTuple):
    """Something that a user should know about a file, and that is no finding."""

    path: Path
    message: str


Tell = Callable[[Note], None]


def says_something(name: str) -> bool:
    """Whether a file of that name can set or require anything."""
    return _decides(name) or may_mention(name) or name == _MODEL


def _decides(name: str) -> bool:
    """Whether installers read a file of that name by themselves."""
    is_named_so = name == "pyproject.toml" or name in PROJECT_LOCKS
    return is_named_so or is_requirements(name) or is_script_lock(name)


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
        if name in PROJECT_LOCKS:
            pins += declared_pins.of_lock(path)
        elif is_script_lock(name):
            locks[name.removesuffix(".lock")] = tuple(declared_pins.of_lock(path))
        elif name == "pyproject.toml":
            table = _read_pyproject(path, tell)
            pins += declared_pins.of_pyproject(table, path)
        else:
            pins += declared_pins.of_requirements(path, indexes)
    python = _table(table, "project").get("requires-python")
    facts = FolderFacts(
        _settings(table, folder / "pyproject.toml", tell),
        tuple(pins),
        tuple(_mentioned(folder, names)),
        locks,
        _table(_table(table, "tool"), "uv"),
        requires_python=python if isinstance(python, str) else None,
        indexes=tuple(indexes),
        model=read_model_configuration(read_text(folder / _MODEL)) if _MODEL in names else None,
    )
    return None if facts == FolderFacts() else facts


def _read_pyproject(path: Path, tell: Tell) -> Mapping[str, Any]:
    try:
        return read_toml(read_text(path))
    except ValueError as error:
        tell(Note(path, f"no valid TOML, so nothing in it is used: {error}"))
        return {}


def _settings(pyproject: Mapping[str, Any], path: Path, tell: Tell) -> Settings | None:
    table = _table(_table(pyproject, "tool"), "tunesmith")
    if not table:
        return None
    from tunesmith.folder_settings import read_settings  # few projects set anything

    settings, mistakes = read_settings(table)
    for mistake in mistakes:
        tell(Note(path, f"[tool.tunesmith] {mistake}"))
    return settings


def _mentioned(folder: Path, names: Sequence[str]) -> Iterator[Pin]:
    """What the files that no installer reads by itself tell to install, each once."""
    seen: set[str] = set()
    for name in mentioned_in(names):
        for text in mentioned_requirements(name, read_text(folder / name)[:_MAX_MENTION]):
            if text not in seen:
                seen.add(text)
                for pin in stated(text, folder / name):
                    yield pin._replace(is_hearsay=True)


def _table(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
