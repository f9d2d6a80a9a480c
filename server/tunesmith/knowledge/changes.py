"""Values that change from release to release, written as the releases at which they change.

A table says `[["0.9.2", "None"], ["0.20.0", null]]`: the value is "None" from 0.9.2 on, and there
is nothing from 0.20.0 on, as before the first entry. Releases are ordered by version, not by date:
a late patch of an old line stands beside its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from packaging.version import Version

Changes = Sequence[tuple[str, Any]]
"""Pairs of a release and the value from it on, in ascending order of releases."""


def encode(values: Mapping[str, Any], releases: Iterable[str]) -> Changes:
    """The changes of a value.

    Args:
        values: release -> value; a release that is left out has none.
        releases: every release that was looked at, ascending.
    """
    changes: list[tuple[str, Any]] = []
    last: Any = None
    for release in releases:
        value = values.get(release)
        if value != last:
            changes.append((release, value))
            last = value
    return changes


def decode(changes: Changes, releases: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Release and value of every release that has one; `encode` turned round."""
    starts = dict(changes)
    value: Any = None
    for release in releases:
        value = starts.get(release, value)
        if value is not None:
            yield release, value


def value_at(changes: Changes, version: Version) -> Any:
    """The value in one release; None where there is none."""
    found: Any = None
    for release, value in changes:
        if parsed(release) > version:
            break
        found = value
    return found


@lru_cache(maxsize=4096)
def parsed(release: str) -> Version:
    """A release of a table as a version."""
    return Version(release)
