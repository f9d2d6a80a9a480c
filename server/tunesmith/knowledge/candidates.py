"""The releases of a package as candidates of the solver, and what the words of requirements admit.

Candidate n is the nth release in ascending order. Beside the releases that the tables know stand
unlisted ones: two older and one newer than all, and those that a request names; they need nothing
and are chosen only where no listed release will do.
"""

from __future__ import annotations

import datetime
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache

from packaging.version import Version

from tunesmith.knowledge.releases import Release, Releases, all_releases
from tunesmith.knowledge.wheels import is_installable
from tunesmith.named_tuple import NamedTuple
from tunesmith.pep508 import Marker, Requirement, Specifier, SpecifierSet, canonicalize_name
from tunesmith.text import regex

OLDEST, NEWEST = Version("0.dev0"), Version("9999!0")
"""Stand for all releases long before and after those of the tables."""
_LAST = 99999999
_EXTRA = regex(r"""\s*(?:\band\s+)?\bextra\s*==\s*["'][^"']*["'](?:\s+and\b)?""")


class Candidates:
    """The candidates of a package.

    Args:
        releases: what the tables know of it.
        named: versions that a request names; those that the tables lack are unlisted candidates.

    Attributes:
        stable: the set of listed final releases.
        early: the set of listed pre-releases.
        first: the first listed candidate.
    """

    def __init__(self, releases: Releases, named: Sequence[Version] = ()) -> None:
        self._releases = releases
        self._admitted: dict[str, int] = {}
        # The places of listed releases, and the versions of the others.
        self._rows: list[int | Version] = [OLDEST, just_before(releases.version(0))]
        self._rows += [*range(len(releases)), NEWEST]
        for version in named:
            place = self._place(version)
            if self.version(place + 1) != version:
                self._rows.insert(place, version)
        listed = {row: place for place, row in enumerate(self._rows) if isinstance(row, int)}
        self.first = listed[0] + 1
        self.early = sum(2 << listed[row] for row in releases.early())
        self.stable = sum(2 << place for place in listed.values()) - self.early

    @property
    def everything(self) -> int:
        """The set of all candidates."""
        return (2 << len(self._rows)) - 2

    @property
    def listed(self) -> int:
        """The set of candidates that the tables know."""
        return self.stable | self.early

    @property
    def versions(self) -> Sequence[Version]:
        """What candidate 1, 2, … are, in ascending order."""
        return [self.version(place) for place in range(1, len(self._rows) + 1)]

    def version(self, candidate: int) -> Version:
        row = self._rows[candidate - 1]
        return self._releases.version(row) if isinstance(row, int) else row

    def release(self, candidate: int) -> Release | None:
        """What the tables know of a candidate; None for an unlisted one."""
        row = self._rows[candidate - 1]
        return self._releases[row] if isinstance(row, int) else None

    def only(self, version: Version) -> int:
        """The set of the one candidate that has a version; empty where none has it."""
        candidate = self._place(version) + 1
        return 1 << candidate if self.version(candidate) == version else 0

    def _place(self, version: Version) -> int:
        """Where a version stands, or would stand, among the rows, of which the last is NEWEST."""
        last = len(self._rows) - 1
        return bisect_left(range(last), version, key=lambda place: self.version(place + 1))

    def admitted(self, specifiers: SpecifierSet) -> int:
        """The set of candidates, pre-releases among them, that specifiers admit."""
        found = self.everything
        for specifier in specifiers:
            found &= self._of(specifier)
        return found

    def _of(self, specifier: Specifier) -> int:
        text = str(specifier)
        if text not in self._admitted:
            self._admitted[text] = self._look_up(specifier)
        return self._admitted[text]

    def _look_up(self, specifier: Specifier) -> int:
        """What a specifier admits: a run at one end is found by halving, others by asking all."""
        places = range(len(self._rows))

        def admits(place: int) -> bool:
            return specifier.contains(self.version(place + 1), prereleases=True)

        if specifier.operator in (">", ">="):
            start = bisect_left(places, True, key=admits)
            return (2 << len(places)) - (2 << start)
        if specifier.operator in ("<", "<="):
            stop = bisect_left(places, True, key=lambda place: not admits(place))
            return (2 << stop) - 2
        return sum(2 << place for place in places if admits(place))

    def uploaded_before(self, moment: datetime.datetime) -> int:
        """The set of listed candidates that were there before a moment."""
        rows = enumerate(self._rows)
        return sum(
            2 << place
            for place, row in rows
            if isinstance(row, int) and self._releases.uploaded(row) < moment
        )


@lru_cache(maxsize=512)
def candidates(package: str, named: Sequence[Version] = ()) -> Candidates:
    """The candidates of a tracked package, and the versions that a request names."""
    listed = all_releases(package)
    assert listed, f"the tables hold releases of {package}"
    return Candidates(listed, named)


def just_before(version: Version) -> Version:
    """A made-up release between a version and those that came before it."""
    parts = list(version.release)
    while parts and not parts[-1]:
        parts.pop()
    if not parts:
        return OLDEST
    parts[-1] -= 1
    return Version(f"{version.epoch}!{'.'.join(map(str, (*parts, _LAST)))}")


class Platform(NamedTuple):
    """The machine that packages are chosen for; by default that of Hugging Face Jobs.

    Attributes:
        system: what `platform_system` says: Linux, Darwin or Windows.
        machine: what `platform_machine` says.
    """

    system: str = "Linux"
    machine: str = "x86_64"

    @property
    def has_known_wheels(self) -> bool:
        """Whether the tables tell which wheels there are for it."""
        return (self.system, self.machine) == ("Linux", "x86_64")


LINUX = Platform()


class Target(NamedTuple):
    """A Python of the standard kind on a platform."""

    python: Version
    platform: Platform = LINUX

    @cached_property
    def markers(self) -> Mapping[str, str]:
        """What environment markers are evaluated against."""
        major, minor, patch = (*self.python.release, 0, 0)[:3]
        systems = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{major}.{minor}.{patch}",
            "os_name": "nt" if self.platform.system == "Windows" else "posix",
            "platform_machine": self.platform.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": self.platform.system,
            "platform_version": "",
            "python_full_version": f"{major}.{minor}.{patch}",
            "python_version": f"{major}.{minor}",
            "sys_platform": systems.get(self.platform.system, self.platform.system.lower()),
        }

    def admits(self, marker: Marker | None, extra: str = "") -> bool:
        return marker is None or marker.evaluate({**self.markers, "extra": extra})

    def has_wheel(self, release: Release) -> bool:
        """Whether a release can be installed without one that is missing for this Python."""
        if release.wheels is None or not self.platform.has_known_wheels:
            return True
        return any(is_installable(wheel, self.python) for wheel in release.wheels)

    def is_new_enough(self, release: Release) -> bool:
        """Whether the Python is not older than a release requires.

        As in uv, an upper bound of `requires-python` does not count.
        """
        lowest = lowest_python(release.requires_python) if release.requires_python else None
        if lowest is None:
            return True
        is_excluded, version = lowest
        return self.python > version if is_excluded else self.python >= version


@lru_cache(maxsize=256)
def lowest_python(requires_python: str) -> tuple[bool, Version] | None:
    """The lower bound of a specifier, and whether it is excluded; None where there is none."""
    bounds = [
        (Version(specifier.version.removesuffix(".*")), specifier.operator == ">")
        for specifier in SpecifierSet(requires_python)
        if specifier.operator in (">", ">=", "==", "~=")
    ]
    version, is_excluded = max(bounds, default=(None, False))
    return (is_excluded, version) if version else None


class Need(NamedTuple):
    """A requirement as it stands in a table or a header.

    Attributes:
        scope: its marker without what it says of extras; "" where it says nothing else.
        is_pin: it names one version.
    """

    text: str
    package: str
    extras: Sequence[str]
    specifiers: SpecifierSet
    marker: Marker | None
    scope: str
    is_pin: bool
    is_url: bool

    @property
    def concerns_extras(self) -> bool:
        return self.marker is not None and "extra" in str(self.marker)


@lru_cache(maxsize=4096)
def parsed_need(text: str) -> Need:
    """The requirement that a row of a table writes."""
    return need(Requirement(text), text)


def need(requirement: Requirement, text: str = "") -> Need:
    """A requirement as the solver reads it, and as it was written if that is known."""
    only = next(iter(requirement.specifier), None) if len(requirement.specifier) == 1 else None
    is_pin = only is not None and (
        only.operator == "===" or (only.operator == "==" and not only.version.endswith(".*"))
    )
    return Need(
        text=text or str(requirement),
        package=canonicalize_name(requirement.name),
        extras=sorted(map(canonicalize_name, requirement.extras)),
        specifiers=requirement.specifier,
        marker=requirement.marker,
        scope=_EXTRA.sub("", str(requirement.marker)).strip() if requirement.marker else "",
        is_pin=is_pin,
        is_url=requirement.url is not None,
    )
