"""Which releases of a package the requirements of a project leave."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.version import Version

from tunesmith.pep508 import SpecifierSet


def admits(specifiers: Sequence[SpecifierSet], releases: Sequence[str]) -> bool:
    """Whether requirements leave any of some releases, or a newer one that they name.

    Args:
        specifiers: the requirements, all of which hold.
        releases: those that are known, the oldest first.
    """
    named = [clause.version.removesuffix(".*") for each in specifiers for clause in each]
    known = list(map(Version, releases))
    newer = [version for version in map(Version, named) if version > known[0]]
    return any(all(each.contains(r) for each in specifiers) for r in (*known, *newer))
