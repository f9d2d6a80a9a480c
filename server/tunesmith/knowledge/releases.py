"""The releases of the libraries that training scripts stand on, and what each of them requires.

`data/releases/<package>.json` is made by `scripts/update_tables.py` from the package index; how it
reads stands in `scripts/tables/releases.py`. Only requirements of tracked packages are in it.
"""

from __future__ import annotations

import datetime
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Any, overload

from packaging.version import Version

from tunesmith.knowledge.changes import Changes, parsed
from tunesmith.knowledge.tables import table
from tunesmith.named_tuple import NamedTuple


class Release(NamedTuple):
    """One release of a package.

    Attributes:
        version: its version; may be a pre-release.
        uploaded: when its first file came to the index, in UTC.
        requires_python: a specifier; None where every Python will do.
        requires: its requirements of tracked packages, with extras and markers, as the newest
            release orders them. Releases that require the same share one tuple.
        yanked: withdrawn by its authors: installed only where it is asked for by "==".
        wheels: the tags of its wheels for Linux on x86-64, as "cp310-cp310-manylinux_2_28_x86_64",
            where it has neither a source archive nor a wheel for every Python 3; else None.
    """

    version: Version
    uploaded: datetime.datetime
    requires_python: str | None = None
    requires: Sequence[str] = ()
    yanked: bool = False
    wheels: Sequence[str] | None = None


def is_tracked(package: str) -> bool:
    """Whether the tables know a package, by its normalised name."""
    return package in _tracked()


@cache
def releases(package: str) -> Sequence[Version]:
    """The final, not yanked releases of a package in ascending order; none if it is not tracked."""
    about = _table(package)
    if about is None:
        return ()
    yanked = set(about["yanked"])
    versions = (parsed(release) for release in about["releases"] if release not in yanked)
    return tuple(version for version in versions if not version.is_prerelease)


class Releases(Sequence[Release]):
    """The releases that a table holds, in ascending order; each is read when it is asked for."""

    def __init__(self, about: Mapping[str, Any]) -> None:
        self._about = about
        self._names = list(about["releases"])
        self._yanked = frozenset(about["yanked"])

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, place: int) -> Release: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Release]: ...
    def __getitem__(self, place: int | slice) -> Release | Sequence[Release]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        name = self._names[place]
        return Release(
            parsed(name),
            datetime.datetime.fromisoformat(self._about["releases"][name] + "+00:00"),
            self._pythons[place],
            self._requirements[place],
            name in self._yanked,
            self._wheels[place],
        )

    def version(self, place: int) -> Version:
        """The version of the release at a place."""
        return parsed(self._names[place])

    def find(self, version: Version) -> Release | None:
        """The release of a version; None where there is none."""
        place = bisect_left(range(len(self)), version, key=self.version)
        return self[place] if place < len(self) and self.version(place) == version else None

    def is_early(self, place: int) -> bool:
        """Whether the release at a place is a pre-release."""
        is_plain = self._names[place].replace(".", "").isdecimal()
        return not is_plain and self.version(place).is_prerelease

    @cached_property
    def _pythons(self) -> Sequence[str | None]:
        return _spread(self._about["requires_python"], self._names)

    @cached_property
    def _wheels(self) -> Sequence[Sequence[str] | None]:
        return _spread(self._about["wheels"], self._names)

    @cached_property
    def _requirements(self) -> Sequence[Sequence[str]]:
        return _requirements(self._about["requires"], self._names)


@cache
def all_releases(package: str) -> Releases | tuple[()]:
    """Every release of a package in ascending order; none if it is not tracked."""
    about = _table(package)
    return () if about is None else Releases(about)


def release(package: str, version: Version) -> Release | None:
    """One release of a package; None where the table does not have it."""
    found = all_releases(package)
    return found.find(version) if found else None


def _requirements(changes: Mapping[str, Changes], names: Sequence[str]) -> Sequence[Sequence[str]]:
    """What each release requires."""
    starts: dict[str, dict[str, str | None]] = {}
    for key, values in changes.items():
        for name, specifier in values:
            text = None if specifier is None else _written(key, specifier)
            starts.setdefault(name, {})[key] = text
    required: dict[str, str | None] = dict.fromkeys(changes)
    found: list[Sequence[str]] = []
    now: Sequence[str] = ()
    for name in names:
        if name in starts:
            required.update(starts[name])
            now = tuple(filter(None, required.values()))
        found.append(now)
    return found


def _written(key: str, specifier: str) -> str:
    name, mark, marker = key.partition("; ")
    return f"{name}{specifier}{mark}{marker}"


def _spread(changes: Changes, names: Sequence[str]) -> Sequence[Any]:
    """The value in each release."""
    starts = dict(changes)
    value: Any = None
    found: list[Any] = []
    for name in names:
        value = starts.get(name, value)
        found.append(value)
    return found


@cache
def _tracked() -> frozenset[str]:
    return frozenset(table("tables")["packages"])


def _table(package: str) -> Any:
    return table(f"releases/{package}") if is_tracked(package) else None
