"""The table of a package's releases: made of the index's list and of each release's metadata.

    {"date": "2026-11-22",
     "from": "2023-01-01",                                 the first upload (or version) it holds
     "tracked": "1f0c…",                                   see `tracked_mark`
     "releases": {"0.7.0": "2023-08-30T12:53:01", ...},    ascending; uploaded, in UTC
     "yanked": ["1.2.0"],
     "requires_python": [["0.7.0", ">=3.8"]],
     "wheels": [["0.7.0", ["cp310-cp310-manylinux_2_28_x86_64"]]],
     "requires": {"accelerate": [["0.7.0", ">=0.20"]], "vllm; extra == \"vllm\"": [...]}}

The last three are changes (`knowledge/changes.py`). `wheels` are those for Linux on x86-64 of the
releases that have neither a source archive nor a wheel for every Python. `requires` names tracked
packages only; its keys are requirements without their specifiers, "" admits every version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tables.tracked import PACKAGES
from tunesmith.knowledge import changes

if TYPE_CHECKING:
    from tables.index import File

Requires = Mapping[str, str]
"""A requirement without its specifier -> its specifier."""


@dataclass(frozen=True, slots=True)
class Row:
    """One release."""

    uploaded: str
    is_yanked: bool = False
    requires_python: str | None = None
    wheels: Sequence[str] | None = None
    requires: Requires = field(default_factory=dict[str, str])


Rows = Mapping[str, Row]
"""Releases, ascending -> what is known of each."""


def compress(rows: Rows, date: str, beginning: str) -> dict[str, Any]:
    """The table of some releases."""
    keys = _in_newest_order(row.requires for row in rows.values())
    return {
        "date": date,
        "from": beginning,
        "tracked": tracked_mark(),
        "releases": {release: row.uploaded for release, row in rows.items()},
        "yanked": [release for release, row in rows.items() if row.is_yanked],
        "requires_python": _encoded(rows, lambda row: row.requires_python),
        "wheels": _encoded(rows, lambda row: row.wheels),
        "requires": {
            key: _encoded(rows, lambda row, key=key: row.requires.get(key)) for key in keys
        },
    }


def expand(table: Mapping[str, Any]) -> dict[str, Row]:
    """The releases of a table; `compress` turned round."""
    releases = list(table["releases"])
    pythons = dict(changes.decode(table["requires_python"], releases))
    wheels = dict(changes.decode(table["wheels"], releases))
    requires: dict[str, dict[str, str]] = {release: {} for release in releases}
    for key, values in table["requires"].items():
        for release, specifier in changes.decode(values, releases):
            requires[release][key] = specifier
    return {
        release: Row(
            uploaded,
            release in table["yanked"],
            pythons.get(release),
            wheels.get(release),
            requires[release],
        )
        for release, uploaded in table["releases"].items()
    }


def _encoded(rows: Rows, value: Callable[[Row], Any]) -> list[Any]:
    found = changes.encode({release: value(row) for release, row in rows.items()}, rows)
    return [list(change) for change in found]


def _in_newest_order(requires: Iterable[Requires]) -> list[str]:
    """Every key once: those of a newer release first, as its metadata lists them."""
    keys: dict[str, None] = {}
    for ordered in reversed(list(requires)):
        keys |= dict.fromkeys(ordered)
    return list(keys)


def listed(files: Iterable[File], beginning: str) -> dict[str, list[File]]:
    """The releases that a table starting there holds, ascending, each with its files."""
    found: dict[Version, list[File]] = {}
    for file in files:
        found.setdefault(file.version, []).append(file)
    is_day = beginning.count("-") == 2
    return {
        str(version): found[version]
        for version in sorted(found)
        if (
            min(file.uploaded for file in found[version]) >= beginning
            if is_day
            else version >= Version(beginning)
        )
    }


def row_of(files: Sequence[File], requires: Requires) -> Row:
    """What the index says of a release."""
    return Row(
        uploaded=min(file.uploaded for file in files),
        is_yanked=all(file.is_yanked for file in files),
        requires_python=preferred(files).requires_python,
        wheels=linux_wheels(files),
        requires=requires,
    )


def preferred(files: Sequence[File]) -> File:
    """The file whose metadata speaks for the release: a wheel, the best one for Linux."""
    return min(
        files,
        key=lambda file: (
            file.is_yanked,
            not file.is_wheel,
            not any(tag.endswith(("-any", "linux1_x86_64")) for tag in file.tags),
            not any("x86_64" in tag and "linux" in tag for tag in file.tags),
            file.name,
        ),
    )


def linux_wheels(files: Iterable[File]) -> list[str] | None:
    """The tags of the wheels for Linux on x86-64; None where any Python can install the release."""
    found: set[str] = set()
    for file in files:
        if not file.is_wheel or any(
            tag.startswith("py3") and tag.endswith("-none-any") for tag in file.tags
        ):
            return None
        linux = [tag for tag in file.tags if tag.endswith("x86_64") and "manylinux" in tag]
        if linux:
            # A wheel for an old glibc has a tag for each newer one that deserves a name.
            found |= {min(linux, key=_glibc)}
    return sorted(found)


_LEGACY = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}


def _glibc(tag: str) -> tuple[tuple[int, ...], str]:
    name = tag.split("-", 2)[2].removesuffix("_x86_64")
    if name in _LEGACY:
        return _LEGACY[name], tag
    return tuple(map(int, name.split("_")[1:])), tag


def tracked_mark() -> str:
    """Changes with the set of tracked packages, since any release may require a new one."""
    return hashlib.sha256(" ".join(sorted(PACKAGES)).encode()).hexdigest()[:8]


def tracked_requires(requirements: Iterable[str]) -> dict[str, str]:
    """Requirements of tracked packages, each name with its specifier."""
    found: dict[str, str] = {}
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue  # installers refuse it too, or mend it in ways of their own
        name = canonicalize_name(requirement.name)
        if name in PACKAGES:
            extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
            marker = f"; {requirement.marker}" if requirement.marker else ""
            key = f"{name}{extras}{marker}"
            both = filter(None, (found.get(key), str(requirement.specifier)))
            found[key] = ",".join(both)
    return found
