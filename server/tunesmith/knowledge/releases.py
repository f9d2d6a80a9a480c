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
            release orders them.
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
        self._read: dict[int, Release] = {}

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, place: int) -> Release: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Release]: ...
    def __getitem__(self, place: int | slice) -> Release | Sequence[Release]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if place not in self._read:
            self._read[place] = self._release(place)
        return self._read[place]

    def version(self, place: int) -> Version:
        """The version of the release at a place."""
        return parsed(self._names[place])

    def uploaded(self, place: int) -> datetime.datetime:
        """When the first file of the release at a place came to the index, in UTC."""
        moment = self._about["releases"][self._names[place]]
        return datetime.datetime.fromisoformat(moment + "+00:00")

    def find(self, version: Version) -> Release | None:
        """The release of a version; None where there is none."""
        place = bisect_left(range(len(self)), version, key=self.version)
        return self[place] if place < len(self) and self.version(place) == version else None

    def early(self) -> Sequence[int]:
        """The places of the pre-releases."""
        names = enumerate(self._names)
        odd = [place for place, name in names if not name.replace(".", "").isdecimal()]
        return [place for place in odd if self.version(place).is_prerelease]

    def _release(self, place: int) -> Release:
        name = self._names[place]
        return Release(
            parsed(name),
            self.uploaded(place),
            self._at(place, self._about["requires_python"]),
            self._requires(place),
            name in self._yanked,
            self._at(place, self._about["wheels"]),
        )

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self._names)}

    def _requires(self, place: int) -> Sequence[str]:
        values = ((key, self._at(place, one)) for key, one in self._about["requires"].items())
        return tuple(_written(key, value) for key, value in values if value is not None)

    def _at(self, place: int, changes: Changes) -> Any:
        """The value of the release at a place."""
        found: Any = None
        for name, value in changes:
            if self._places[name] > place:
                break
            found = value
        return found


@cache
def all_releases(package: str) -> Releases | tuple[()]:
    """Every release of a package in ascending order; none if it is not tracked."""
    about = _table(package)
    return () if about is None else Releases(about)


def release(package: str, version: Version) -> Release | None:
    """One release of a package; None where the table does not have it."""
    found = all_releases(package)
    return found.find(version) if found else None


def _written(key: str, specifier: str) -> str:
    name, mark, marker = key.partition("; ")
    return f"{name}{specifier}{mark}{marker}"


@cache
def _tracked() -> frozenset[str]:
    return frozenset(table("tables")["packages"])


def _table(package: str) -> Any:
    return table(f"releases/{package}") if is_tracked(package) else None
