"""Says which release of a package an installation gives, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from functools import partial

from packaging.version import Version

from tunesmith.knowledge import tables
from tunesmith.knowledge.installation import Installation
from tunesmith.knowledge.releases import all_releases, is_tracked, release, releases
from tunesmith.knowledge.resolution import Order
from tunesmith.knowledge.solution import Solution, applies, solve
from tunesmith.knowledge.versions import InForce
from tunesmith.named_tuple import NamedTuple
from tunesmith.pep508 import SpecifierSet
from tunesmith.project import Environment
from tunesmith.sources.requirements import Pin
from tunesmith.text import regex

_NAME = regex(r"[\w.-]+")
_EXTRA = regex(r"extra == \"([^\"]+)\"")


def in_force(package: str, installation: Installation) -> InForce:
    """The release of a package, by its normalised name."""
    pins = _pins_of(package, installation)
    told = _told_by_itself(package, pins, installation)
    if told:
        return told
    others_unknown = installation.others_unknown
    if not pins and not installation.is_whole and not _names_anything(installation):
        if others_unknown:
            return InForce(package, None, others_unknown)
        return _newest_of_all(package, installation)
    solution = solve(installation)
    if not solution.clash and solution.is_known and package not in _covered(solution):
        if others_unknown:
            return InForce(package, None, others_unknown)
        return _beside(package, installation, solution)
    version = solution.versions.get(package)
    if version and not all(pin.requirement.specifier.contains(version, True) for pin in pins):
        pins = ()  # what lies over the header's environment brings its own release
    return _Explanation(package, pins, installation, solution).in_force()


def _beside(package: str, installation: Installation, solution: Solution) -> InForce:
    """A package that nobody is known to install: something from elsewhere may, or the user will."""
    wider = solve(installation, package)
    if wider.clash:
        reason = f"as nothing installs it, and no release of it fits {_where(installation)}"
        return InForce(package, None, reason)
    found = _Explanation(package, (), installation, wider).in_force()
    if solution.unknown and not found.is_assumed:
        return InForce(package, None, f"as {min(solution.unknown)} may bring any release of it")
    return found


def _pins_of(package: str, installation: Installation) -> Sequence[Pin]:
    """The requirements on a package that count, the strongest layer's only."""
    overrides = [Pin(one, "override-dependencies") for one in installation.uv.overrides]
    for layer in (installation.additions, overrides, installation.pins):
        pins = [pin for pin in layer if pin.name == package and applies(pin, installation)]
        if pins:
            return pins
    return ()


def _names_anything(installation: Installation) -> bool:
    return bool(installation.pins or installation.additions)


def _covered(solution: Solution) -> set[str]:
    return {*solution.versions, *solution.unknown}


def _told_by_itself(
    package: str, pins: Sequence[Pin], installation: Installation
) -> InForce | None:
    """What needs no solver: all that is unknown, and what is installed already."""
    unknown = installation.unknown or (None if pins else installation.rest_unknown)
    if unknown:
        return InForce(package, None, unknown)
    if any(pin.requirement.url for pin in pins):
        return InForce(package, None, f"as {_origins(pins)} takes it from a URL", stated=pins)
    if not any(pin.is_exact for pin in pins):
        elsewhere = installation.uv.elsewhere.get(package)
        if elsewhere:
            return InForce(package, None, elsewhere, stated=pins)
        if installation.uv.foreign_index:
            reason = f"as it may come from the index {installation.uv.foreign_index}"
            return InForce(package, None, reason, stated=pins)
    if not is_tracked(package):
        return InForce(package, None, "as no table has it", stated=pins)
    environment = installation.environment
    if environment and package in environment.packages:
        return _installed(package, pins, environment)
    return None


def _installed(package: str, pins: Sequence[Pin], environment: Environment) -> InForce | None:
    version = environment.packages[package]
    if not all(pin.requirement.specifier.contains(version, prereleases=True) for pin in pins):
        return None
    where = f"installed in {environment.name}"
    if release(package, version) is not None:
        return InForce(package, version, where, stated=pins)
    if version < _newest(package):
        return InForce(package, None, f"as the tables lack {version}, {where}", stated=pins)
    scan = environment.scan(package)
    known = version if scan else None
    reason = where if scan else f"as {version}, {where}, is newer than the tables"
    return InForce(package, known, reason, stated=pins, scan=scan)


def _newest_of_all(package: str, installation: Installation) -> InForce:
    """The newest release; asking the solver would load every table for the same answer."""
    uv, python = installation.uv, installation.solver_python
    fitting = (
        row.version
        for row in reversed(all_releases(package))
        if not (row.yanked or row.version.is_prerelease)
        and (uv.exclude_newer is None or row.uploaded < uv.exclude_newer)
        and (row.requires_python is None or python in SpecifierSet(row.requires_python))
    )
    newest = next(fitting, None)
    if newest is None:
        return InForce(package, None, "as no release of it fits")
    reason = "the newest release, as nothing pins it"
    return InForce(package, newest, reason, is_assumed=newest == _newest(package))


def _newest(package: str) -> Version:
    return releases(package)[-1]


class _Explanation(NamedTuple):
    """Says what a solution gives for a package, and why."""

    package: str
    pins: Sequence[Pin]
    installation: Installation
    solution: Solution

    def in_force(self) -> InForce:
        version = self.solution.versions.get(self.package)
        if self.solution.clash:
            reason = f"as {_where(self.installation)} cannot be installed together"
            return self._made(None, reason)
        if version is None:
            return self._made(None, self._why_unknown())
        locked = self.installation.locked.get(self.package)
        if locked and locked.exact_version and Version(locked.exact_version) == version:
            return self._made(version, f"locked in {locked.origin}")._replace(stated=[locked])
        if any(pin.is_exact for pin in self.pins):
            return self._made(version, f"pinned by {_shown(self.pins)}")
        is_newest = version == _newest(self.package)
        made = self._made(version, self._why(version))
        return made._replace(is_assumed=is_newest and self._is_open_ended())

    def _made(self, version: Version | None, reason: str) -> InForce:
        return InForce(self.package, version, reason, stated=self.pins)

    def _why_unknown(self) -> str:
        if not self.solution.is_known:
            return "as the tables cannot tell"
        date = tables.date().isoformat()
        if self.pins:
            return f"as the tables of {date} know no release for {_shown(self.pins)}"
        return f"as the tables of {date} do not tell what fits"

    def _why(self, version: Version) -> str:
        kind = "oldest" if self.installation.uv.order is not Order.HIGHEST else "newest"
        limit = self._limit()
        if not self.pins:
            return f"the {kind} release that {self._bringers()}{limit}"
        is_best = version == _newest_admitted(self.package, self.pins)
        beside = "" if is_best or limit else " beside the other requirements"
        return f"the {kind} that {_shown(self.pins)} admits{beside}{limit}"

    def _bringers(self) -> str:
        """What requires a package that nobody names."""
        names = list(self._requirers())
        if not names:
            missing = f", though {_where(self.installation)} do not name it"
            return f"fits{missing if self.installation.is_whole else ''}"
        several = "admit" if len(names) > 1 else "admits"
        return f"{' and '.join(names[:2])} {several}"

    def _requirers(self) -> Iterator[str]:
        asked = (*self.installation.additions, *self.installation.pins)
        for name, version in self.solution.versions.items():
            extras = {
                extra for pin in asked if pin.name == name for extra in pin.requirement.extras
            }
            about = release(name, version)
            if any(map(partial(self._is_required, extras=extras), about.requires if about else ())):
                yield f"{name} {version}"

    def _is_required(self, row: str, extras: Set[str]) -> bool:
        """Whether a row of a release's requirements asks for the package."""
        if not row.startswith(self.package):
            return False
        name = _NAME.match(row)
        extra = _EXTRA.search(row)
        return bool(name and name[0] == self.package and (not extra or extra[1] in extras))

    def _limit(self) -> str:
        limit = self.installation.uv.exclude_newer
        return f", uploaded before {limit:%Y-%m-%d %H:%M} UTC" if limit else ""

    def _is_open_ended(self) -> bool:
        limit = self.installation.uv.exclude_newer
        return limit is None or limit.date() > tables.date()


def _newest_admitted(package: str, pins: Sequence[Pin]) -> Version | None:
    specifier = SpecifierSet()
    for pin in pins:
        specifier &= pin.requirement.specifier
    return max(specifier.filter(releases(package)), default=None)


def _shown(pins: Sequence[Pin]) -> str:
    """The requirements and who states them."""
    texts = dict.fromkeys(f"`{_text(pin)}`" for pin in pins)
    return f"{' and '.join(texts)} in {_origins(pins)}"


def _text(pin: Pin) -> str:
    return (pin.text or str(pin.requirement)).partition(";")[0].strip()


def _origins(pins: Sequence[Pin]) -> str:
    return " and ".join(dict.fromkeys(pin.origin for pin in pins))


def _where(installation: Installation) -> str:
    origins = dict.fromkeys(pin.origin for pin in (*installation.additions, *installation.pins))
    listed = " and ".join(list(origins)[:2])
    return f"the requirements in {listed}" if listed else "the requirements"
