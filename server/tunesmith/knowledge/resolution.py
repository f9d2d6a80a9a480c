"""Which releases uv would choose for a list of requirements.

Knows the tracked packages only; others are taken to fit. Where the tables cannot tell, the answer
says so: a package from a URL, a release that no table has, a search that takes too long.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from types import MappingProxyType

from packaging.version import Version

from tunesmith.knowledge import pubgrub, tables
from tunesmith.knowledge.candidates import (
    LINUX,
    NEWEST,
    OLDEST,
    Candidates,
    Need,
    Platform,
    Target,
    candidates,
    need,
    parsed_need,
)
from tunesmith.knowledge.nodes import Node, nodes
from tunesmith.knowledge.releases import Release, is_tracked
from tunesmith.named_tuple import NamedTuple
from tunesmith.pep508 import Requirement

STEPS = 5000
"""Choices that may be made and taken back; usual headers need fewer than 100."""


class Early(Enum):
    """When pre-releases are taken (`prerelease` of uv)."""

    IF_NECESSARY = "if-necessary"
    EXPLICIT = "explicit"
    ALLOW = "allow"
    DISALLOW = "disallow"


class Order(Enum):
    """Which of the releases that fit is taken (`resolution` of uv)."""

    HIGHEST = "highest"
    LOWEST = "lowest"
    LOWEST_DIRECT = "lowest-direct"


class Request(NamedTuple):
    """What is to be installed, and where.

    Attributes:
        requirements: what the user asks for, in the order in which it stands there.
        python: the Python that will run it; "3.12" is taken as 3.12.0.
        constraints: bounds on packages that something else asks for.
        overrides: requirements that replace every other of the same package.
        exclude_newer: the moment from which on files do not count.
        exclude_newer_package: the same for single packages, by normalised name; None lifts it.
        unknown: normalised names of packages that do not come from the index: nothing is known of
            their versions, and they hold nobody back.
        preferences: releases by package that are taken where nothing speaks against them: those of
            a lock file, or of the environment that this one lies over.
    """

    requirements: tuple[Requirement, ...]
    python: Version
    platform: Platform = LINUX
    constraints: tuple[Requirement, ...] = ()
    overrides: tuple[Requirement, ...] = ()
    exclude_newer: datetime.datetime | None = None
    exclude_newer_package: tuple[tuple[str, datetime.datetime | None], ...] = ()
    early: Early = Early.IF_NECESSARY
    order: Order = Order.HIGHEST
    unknown: frozenset[str] = frozenset()
    preferences: tuple[tuple[str, Version], ...] = ()


class Cause(NamedTuple):
    """A fact that takes part in a clash.

    Attributes:
        package: the normalised name of whose releases this is said; "" for the user.
        versions: these releases, ascending; empty for the user and for "none of them".
        needs: the requirement that they, or the user, make; "" where `lacks` is said.
        lacks: what keeps these releases from being installed, as "needs Python >=3.10".
    """

    package: str
    versions: tuple[Version, ...]
    needs: str = ""
    lacks: str = ""

    def __str__(self) -> str:
        if not self.package:
            return f"{self.needs} is asked for"
        who = " ".join((self.package, *map(str, self.versions[:1])))
        if len(self.versions) > 1:
            who = f"{who} to {self.versions[-1]}"
        verb = "need" if len(self.versions) > 1 else "needs"
        return f"{who} {self.lacks or f'{verb} {self.needs}'}"


class Resolution(NamedTuple):
    """What would be installed.

    Attributes:
        versions: the release of each tracked package; empty where nothing fits.
        unknown: packages that would be installed in a version that the tables cannot tell.
        clash: why nothing fits: facts of which one must go; empty where something fits.
        is_known: False where the search was given up or the tables know too little to tell.
    """

    versions: Mapping[str, Version] = MappingProxyType({})
    unknown: frozenset[str] = frozenset()
    clash: Sequence[Cause] = ()
    is_known: bool = True


@lru_cache(maxsize=256)
def resolve(request: Request) -> Resolution:
    """The releases that uv would choose."""
    packages = _Packages(request)
    try:
        chosen = pubgrub.solve(packages, STEPS)
    except pubgrub.TooManyStepsError:
        return Resolution(is_known=False)
    except pubgrub.NoSolutionError as error:
        return packages.clash(error.cause)
    return packages.resolution(chosen)


class _Packages:
    """The tracked packages as the solver sees them, each a `Node` by its text."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._target = Target(request.python, request.platform)
        self._constraints = _by_package(request.constraints)
        self._overrides = _by_package(request.overrides)
        self._dates = dict(request.exclude_newer_package)
        self._preferences = dict(request.preferences)
        self._direct = [one for one in self._applied(map(need, request.requirements)) if one]
        self._asked = [*self._direct, *map(need, (*request.constraints, *request.overrides))]
        self._known: dict[str, tuple[Candidates, int]] = {}
        self._unlisted: set[str] = set()
        self._nodes = {pubgrub.ROOT: Node(pubgrub.ROOT)}

    # What the solver asks

    def project(self, name: str) -> str:
        return self._nodes[name].project

    def preferred(self, name: str, admitted: int) -> int | None:
        project = self.project(name)
        if project == pubgrub.ROOT:
            return 1
        known, there = self._of(project)
        is_lowest = self._takes_lowest(project)
        for group in self._groups(project, known, is_lowest=is_lowest):
            if found := admitted & there & group:
                return (found & -found if is_lowest else found).bit_length() - 1
        return None

    def obstacle(self, name: str, candidate: int) -> str | None:
        project = self.project(name)
        if project == pubgrub.ROOT:
            return None
        release = self._of(project)[0].release(candidate)
        return None if release is None else self._obstacle(project, release)

    def dependencies(self, name: str, candidate: int) -> Sequence[pubgrub.Dependency]:
        node = self._nodes[name]
        if name == pubgrub.ROOT:
            return [one for direct in self._direct for one in self._edges(direct)]
        if node.is_proxy:
            parts = map(self._named, node.parts())
            return [pubgrub.Dependency(part, 1 << candidate, is_pin=True) for part in parts]
        release = self._of(node.project)[0].release(candidate)
        if release is None:
            is_lowest = self._takes_lowest(node.project)
            if not is_lowest and not self._names_unlisted(node.project):
                self._unlisted.add(node.project)
            return []
        needs = self._applied(_applicable(release.requires, self._target, node.extra))
        return [edge for one in needs for edge in self._edges(one) if edge.name != name]

    def _named(self, node: Node) -> str:
        """The name by which the solver knows a node."""
        name = str(node)
        self._nodes[name] = node
        return name

    # How it is found

    def _of(self, package: str) -> tuple[Candidates, int]:
        """The candidates of a package, and the set of those that are there at all."""
        if package not in self._known:
            own = (one for one in self._asked if one.package == package)
            named = {Version(text) for one in own for text in _named(one)}
            known = candidates(package, tuple(sorted(named)))
            self._known[package] = known, self._there(package, known)
        return self._known[package]

    def _there(self, package: str, known: Candidates) -> int:
        """The candidates that can be had: by their date, and unlisted ones where there may be."""
        there = known.listed
        # Releases before those of the table have no wheels for a Python that these had none for.
        if self._has_wheel(known.release(known.first)):
            there |= (1 << known.first) - 2
        limit = self._dates.get(package, self._request.exclude_newer)
        if limit is not None:
            there &= known.uploaded_before(limit) | ~known.listed
        is_past = limit is not None and limit.date() <= tables.date()
        if self._names_unlisted(package, known):
            there |= known.everything & ~known.listed
            there &= ~known.only(NEWEST) if is_past else -1
        return there

    def _names_unlisted(self, package: str, known: Candidates | None = None) -> bool:
        """Whether the user asks for a release that no table has."""
        known = known or self._of(package)[0]
        own = [one.specifiers for one in self._asked if one.package == package]
        return bool(own) and not any(known.admitted(one) & known.listed for one in own)

    def _groups(self, package: str, known: Candidates, *, is_lowest: bool) -> Iterator[int]:
        """Sets of candidates, the preferred first."""
        unlisted = ~known.listed & ~1
        preferred = self._preferences.get(package)
        if preferred is not None:
            yield known.only(preferred)
        if is_lowest:
            yield known.only(OLDEST)
        early = self._request.early
        if early is Early.ALLOW:
            yield known.listed
        else:
            yield known.stable
        if early is Early.IF_NECESSARY or (early is Early.EXPLICIT and self._names_early(package)):
            yield known.early
        yield unlisted

    def _names_early(self, package: str) -> bool:
        """Whether the user's requirement names a pre-release."""
        return any(
            specifier.operator != "!=" and Version(_version(specifier.version)).is_prerelease
            for one in self._asked
            if one.package == package
            for specifier in one.specifiers
        )

    def _takes_lowest(self, package: str) -> bool:
        order = self._request.order
        is_direct = any(one.package == package for one in self._direct)
        return order is Order.LOWEST or (order is Order.LOWEST_DIRECT and is_direct)

    def _obstacle(self, package: str, release: Release) -> str | None:
        if release.yanked and not self._is_pinned(package, release.version):
            return "is withdrawn"
        if not self._target.is_new_enough(release):
            return f"needs Python {release.requires_python}"
        if not self._target.has_wheel(release):
            return f"has no wheel for Python {self._request.python}"
        return None

    def _has_wheel(self, release: Release | None) -> bool:
        return release is None or self._target.has_wheel(release)

    def _is_pinned(self, package: str, version: Version) -> bool:
        own = (one for one in self._asked if one.package == package and one.is_pin)
        return any(one.specifiers.contains(version, prereleases=True) for one in own)

    def _edges(self, one: Need) -> Iterator[pubgrub.Dependency]:
        if not is_tracked(one.package) or one.package in self._request.unknown or one.is_url:
            return
        # Too new a release is admitted, too: like uv, find out late that it is not there.
        admitted = self._of(one.package)[0].admitted(one.specifiers)
        for node in nodes(one):
            base = self._named(Node(one.package)) if node.is_proxy else ""
            name = self._named(node)
            yield pubgrub.Dependency(name, admitted, is_pin=one.is_pin, base=base, why=one)

    def _applied(self, needs: Iterable[Need]) -> Iterator[Need]:
        """The needs that count here, with overrides and constraints in force."""
        for one in needs:
            changed = self._overrides.get(one.package, (one,))
            for used in changed:
                if not one.concerns_extras and not self._target.admits(used.marker):
                    continue
                yield used
                yield from (
                    bound
                    for bound in self._constraints.get(used.package, ())
                    if self._target.admits(bound.marker)
                )

    # What comes out

    def resolution(self, chosen: Mapping[str, int]) -> Resolution:
        versions: dict[str, Version] = {}
        unknown = set(self._request.unknown)
        unknown.update(one.package for one in self._direct if one.is_url)
        for name, candidate in chosen.items():
            if name == pubgrub.ROOT or not self._nodes[name].is_plain:
                continue
            known, _ = self._of(name)
            if known.release(candidate):
                versions[name] = known.version(candidate)
            else:
                unknown.add(name)
        # Where the search led out of the tables, the index has more to try than they know.
        if self._unlisted:
            return Resolution(is_known=False)
        return Resolution(versions, frozenset(unknown))

    def clash(self, cause: pubgrub.Incompatibility) -> Resolution:
        facts = list(cause.facts())
        if self._unlisted or any(self._is_beyond_tables(fact) for fact in facts):
            return Resolution(is_known=False)
        causes = dict.fromkeys(one for fact in facts for one in self._causes(fact))
        if any(one.package and one.needs for one in causes):
            causes = [one for one in causes if one.versions or one.needs]
        return Resolution(clash=sorted(causes, key=lambda one: one.package != ""))

    def _is_beyond_tables(self, fact: pubgrub.Incompatibility) -> bool:
        """Whether a release needs one that the tables may only lack."""
        one = fact.why
        if not isinstance(one, Need) or pubgrub.ROOT in fact.terms:
            return False
        known, _ = self._of(one.package)
        return not known.admitted(one.specifiers) & known.listed

    def _causes(self, fact: pubgrub.Incompatibility) -> Iterator[Cause]:
        name, chosen = next(iter(fact.terms.items()))
        package = self.project(name)
        if isinstance(fact.why, Need):
            yield Cause(package, self._versions(package, chosen), needs=fact.why.text)
            if len(fact.terms) == 1:
                yield Cause(fact.why.package, (), lacks="has no such release")
        elif isinstance(fact.why, str):
            yield Cause(package, self._versions(package, chosen), lacks=fact.why)
        elif package != pubgrub.ROOT:
            yield Cause(package, (), lacks=self._absence(package, chosen))

    def _absence(self, package: str, chosen: int) -> str:
        """Says that none of some candidates is to be had."""
        known, there = self._of(package)
        limit = self._dates.get(package, self._request.exclude_newer)
        if limit and not chosen & there & known.listed:
            return f"has no such release from before {limit:%Y-%m-%d %H:%M} UTC"
        return "has only pre-releases of that kind" if chosen & there else "has no such release"

    def _versions(self, package: str, chosen: int) -> tuple[Version, ...]:
        if package == pubgrub.ROOT:
            return ()
        known, _ = self._of(package)
        return tuple(one for place, one in enumerate(known.versions) if chosen & 2 << place)


def _by_package(requirements: Iterable[Requirement]) -> Mapping[str, Sequence[Need]]:
    found: dict[str, list[Need]] = {}
    for one in map(need, requirements):
        found.setdefault(one.package, []).append(one)
    return found


def _version(text: str) -> str:
    return text.removesuffix(".*")


def _named(one: Need) -> Iterator[str]:
    """The versions that a need names."""
    for specifier in one.specifiers:
        if specifier.operator not in ("===", "!="):
            yield _version(specifier.version)


def _applicable(rows: Sequence[str], target: Target, extra: str) -> Iterator[Need]:
    """The requirements of a release that count for an extra, or without any."""
    for row in rows:
        if not extra and "extra ==" in row:
            continue
        one = parsed_need(row)
        if not target.admits(one.marker, extra):
            continue
        if extra and (not one.concerns_extras or target.admits(one.marker)):
            continue
        yield one
