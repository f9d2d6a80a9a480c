"""The releases that an installation will have, by the solver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from packaging.version import Version

from tunesmith.knowledge.candidates import Target
from tunesmith.knowledge.resolution import Cause, Request, Resolution, resolve
from tunesmith.named_tuple import NamedTuple
from tunesmith.pep508 import Requirement
from tunesmith.sources.requirements import Pin

if TYPE_CHECKING:
    from tunesmith.knowledge.installation import Installation


class Solution(NamedTuple):
    """What is installed together.

    Attributes:
        versions: the release of every tracked package.
        unknown: packages that are installed in a version that cannot be told.
        clash: why nothing can be installed; empty where something can.
        is_known: False where the tables know too little to tell.
    """

    versions: Mapping[str, Version] = MappingProxyType({})
    unknown: frozenset[str] = frozenset()
    clash: Sequence[Cause] = ()
    is_known: bool = True


def solve(installation: Installation, *more: str) -> Solution:
    """What is installed.

    Args:
        installation: the requirements and what they are installed for.
        more: packages that something else installs beside.
    """
    wanted = [pin.requirement for pin in installation.pins]
    wanted += [Requirement(name) for name in more]
    base = _base(installation, wanted)
    if base.clash and installation.may_clash:
        base = _one_by_one(installation, wanted)
    if base.clash or not base.is_known or not installation.additions:
        return _solution(base)
    return _over(base, installation)


def _base(installation: Installation, wanted: Sequence[Requirement]) -> Resolution:
    locked = [
        (name, Version(pin.exact_version))
        for name, pin in installation.locked.items()
        if pin.exact_version
    ]
    return resolve(request(installation, wanted, locked))


def _one_by_one(installation: Installation, wanted: Sequence[Requirement]) -> Resolution:
    """What holds although the whole cannot be installed together.

    Where the tables lack the release of some packages, the others are installed beside them. Else
    each is what it is by itself, as if its neighbours were installed at another time.
    """
    alone = {
        name: resolve(request(installation, [one for one in wanted if one.name == name]))
        for name in dict.fromkeys(one.name for one in wanted)
    }
    missing = frozenset(name for name, found in alone.items() if name not in found.versions)
    rest = resolve(request(installation, [one for one in wanted if one.name not in missing]))
    if missing and rest.is_known and not rest.clash:
        versions = {name: one for name, one in rest.versions.items() if name not in missing}
        return Resolution(versions, rest.unknown | missing)
    versions = {name: alone[name].versions[name] for name in alone.keys() - missing}
    return Resolution(versions, missing)


def _over(base: Resolution, installation: Installation) -> Solution:
    """What `--with` puts over the environment below, whose versions it prefers."""
    wanted = [pin.requirement for pin in installation.additions]
    asked = request(installation, wanted, sorted(base.versions.items()))
    found = resolve(asked._replace(constraints=(), overrides=()))
    if found.clash or not found.is_known:
        return _solution(found)
    unknown = (base.unknown - found.versions.keys()) | found.unknown
    versions = {**base.versions, **found.versions}
    known = {name: version for name, version in versions.items() if name not in unknown}
    return Solution(known, frozenset(unknown))


def request(
    installation: Installation,
    wanted: Iterable[Requirement],
    preferences: Sequence[tuple[str, Version]] = (),
) -> Request:
    """What to ask the solver; a package from elsewhere is known if its version is given."""
    uv = installation.uv
    pins = (*installation.pins, *installation.additions)
    exact = {pin.name for pin in pins if pin.is_exact}
    return Request(
        tuple(wanted),
        installation.solver_python,
        constraints=tuple(uv.constraints),
        overrides=tuple(uv.overrides),
        exclude_newer=uv.exclude_newer,
        exclude_newer_package=uv.exclude_newer_package,
        early=uv.early,
        order=uv.order,
        unknown=frozenset(uv.elsewhere) - exact,
        preferences=tuple(preferences),
    )


def applies(pin: Pin, installation: Installation) -> bool:
    """Whether a requirement's marker holds where it is installed."""
    return Target(installation.solver_python).admits(pin.requirement.marker)


def _solution(resolution: Resolution) -> Solution:
    return Solution(resolution.versions, resolution.unknown, resolution.clash, resolution.is_known)
