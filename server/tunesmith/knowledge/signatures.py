"""What classes and functions of the libraries take in the releases in force, and took in others.

An object is composed with what it inherits: SFTConfig of one TRL over TrainingArguments of one
transformers. What a table does not know is unknown, and nothing follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from packaging.version import Version

from tunesmith.knowledge.scan.types import Parameter, Scan, Signature
from tunesmith.knowledge.signature_table import package_of, signature_table

Versions = Mapping[str, "Version | None"]
"""Normalised name of a package -> the release in force; None or no entry where it is unknown."""


@dataclass(frozen=True, slots=True)
class OwnedParameter:
    """A parameter, and the object that brings it.

    Attributes:
        name: as the keyword is written.
        owner: canonical name of the object that defines it, as "transformers.TrainingArguments".
        facts: its default, allowed values and so on in the release in force.
    """

    name: str
    owner: str
    facts: Parameter

    @property
    def package(self) -> str:
        """The normalised name of the package whose release decides."""
        return package_of(self.owner)


@dataclass(frozen=True, slots=True)
class ComposedSignature:
    """What an object takes, all bases included.

    Attributes:
        name: its canonical name.
        module: the module that defines it.
        parameters: by name; what must be given by itself and what it inherits.
        positional: the names that may be given by position, in order.
        takes_any: other keywords do not raise.
        is_complete: all bases are known. Where one is not, a missing name means nothing.
    """

    name: str
    module: str
    parameters: Mapping[str, OwnedParameter]
    positional: Sequence[str]
    takes_any: bool
    is_complete: bool

    def refuses(self, parameter: str) -> bool:
        """Whether a keyword surely raises TypeError."""
        return self.is_complete and not self.takes_any and parameter not in self.parameters


def signature(
    name: str, versions: Versions, scanned: Mapping[str, Scan] | None = None
) -> ComposedSignature | None:
    """What an object takes in the releases in force.

    Args:
        name: canonical name, as "trl.SFTConfig".
        versions: the releases in force.
        scanned: package -> scan of the installed release, which then stands for its version.

    Returns:
        None where the package's release or the object in it is unknown.
    """
    if scanned:
        return _compose(name, dict(versions), scanned)
    return _composed(name, tuple(sorted(versions.items())))


@lru_cache(maxsize=512)
def _composed(
    name: str, versions: tuple[tuple[str, Version | None], ...]
) -> ComposedSignature | None:
    return _compose(name, dict(versions), {})


def _compose(
    name: str, versions: Versions, scanned: Mapping[str, Scan]
) -> ComposedSignature | None:
    own = _own(name, versions, scanned)
    if own is None:
        return None
    bases = [_compose(base, versions, scanned) for base in own.bases]
    known = [base for base in bases if base]
    parameters = {
        parameter: OwnedParameter(parameter, name, facts)
        for parameter, facts in own.parameters.items()
    }
    for base in known:
        parameters = {**base.parameters, **parameters}
    return ComposedSignature(
        name=name,
        module=own.module,
        parameters=parameters,
        positional=_positional(own, known),
        takes_any=own.takes_any or any(base.takes_any for base in known),
        is_complete=len(known) == len(bases) and all(base.is_complete for base in known),
    )


def _own(name: str, versions: Versions, scanned: Mapping[str, Scan]) -> Signature | None:
    package = package_of(name)
    if package in scanned:
        return scanned[package].get(name)
    table = signature_table(package)
    position = table.position(versions.get(package)) if table else None
    return table.signature(name, position) if table and position is not None else None


def _positional(own: Signature, bases: Sequence[ComposedSignature]) -> Sequence[str]:
    """The order of a dataclass: its bases' fields, the farthest first, then its own."""
    if own.positional is not None:
        return own.positional
    inherited = [name for base in reversed(bases) for name in base.positional]
    return list(dict.fromkeys([*inherited, *own.parameters]))


@dataclass(frozen=True, slots=True)
class History:
    """What became of a parameter in one package's releases. All releases are of that package.

    Attributes:
        package: the package that brings the parameter.
        owner: the object that brought it last.
        spans: the releases from and before which it was taken; None: it still is.
        defaults: releases from which a default holds, as Python source; "" where there is none.
        deprecated: the first release of the last span that calls it deprecated.
        message: what the library last said to that, in its own words.
        replaced_by: the name that the library said to use instead.
    """

    package: str
    owner: str
    spans: Sequence[tuple[Version, Version | None]]
    defaults: Sequence[tuple[Version, str]]
    deprecated: Version | None = None
    message: str | None = None
    replaced_by: str | None = None

    @property
    def added(self) -> Version:
        """The first release that takes it, or the first that the table knows."""
        return self.spans[0][0]

    @property
    def removed(self) -> Version | None:
        """The first release that does not take it any more."""
        return self.spans[-1][1]

    def removed_by(self, version: Version) -> Version | None:
        """The release that took it away from a version, so that older ones take it."""
        ends = [end for _, end in self.spans if end and end <= version]
        is_back = any(start <= version and (not end or version < end) for start, end in self.spans)
        return ends[-1] if ends and not is_back else None

    def added_after(self, version: Version) -> Version | None:
        """The first release that takes it, where all that do are newer than a version."""
        return self.added if self.added > version else None


@lru_cache(maxsize=512)
def histories(name: str, parameter: str) -> Sequence[History]:
    """What became of a parameter of an object in every package that ever brought it.

    The object's own package comes first: `output_dir` of SFTConfig has TRL's history, if TRL
    redefines it, and transformers'.
    """
    found = (_history(package, entries, parameter) for package, entries in _entries(name).items())
    return [history for history in found if history]


def history(name: str, parameter: str) -> History | None:
    """The history in the nearest package that brought the parameter; None where none did."""
    return next(iter(histories(name, parameter)), None)


def newest_release_with(name: str, parameter: str) -> Version | None:
    """The newest release of the object's own package that takes a parameter by itself."""
    for found in histories(name, parameter):
        table = signature_table(found.package)
        if found.package == package_of(name) and table:
            end = found.removed
            return table.releases[table.releases.index(end) - 1 if end else -1]
    return None


@lru_cache(maxsize=512)
def _entries(name: str) -> Mapping[str, Sequence[str]]:
    """Package -> the objects through which an object ever inherited from that package."""
    entries: dict[str, list[str]] = {}
    pending, seen = [(name, "")], set[str]()
    while pending:
        current, parent = pending.pop(0)
        package = package_of(current)
        if package != parent:
            entries.setdefault(package, []).append(current)
        table = signature_table(package)
        if table and current not in seen:
            seen.add(current)
            pending += [(base, package) for base in table.bases_ever(current)]
    return entries


def _history(package: str, entries: Sequence[str], parameter: str) -> History | None:
    table = signature_table(package)
    if table is None:
        return None
    rows = [_nearest(package, entries, parameter, at) for at in range(len(table.releases))]
    return _told(package, table.releases, rows)


def _nearest(
    package: str, entries: Sequence[str], parameter: str, position: int
) -> tuple[str, Parameter] | None:
    table = signature_table(package)
    for current in _within(package, entries, position):
        facts = table.parameter(current, parameter, position) if table else None
        if facts:
            return current, facts
    return None


def _within(package: str, entries: Sequence[str], position: int) -> Iterator[str]:
    """Objects of a package and their bases in it, in one release, nearest first."""
    table = signature_table(package)
    pending = list(entries)
    seen: set[str] = set()
    while pending and table:
        current = pending.pop(0)
        if current not in seen and package_of(current) == package:
            seen.add(current)
            yield current
            pending = [*table.bases(current, position), *pending]


def _told(
    package: str, releases: Sequence[Version], rows: Sequence[tuple[str, Parameter] | None]
) -> History | None:
    spans: list[tuple[Version, Version | None]] = []
    defaults: list[tuple[Version, str]] = []
    deprecated, last = None, None
    for release, row in zip(releases, rows, strict=True):
        if row is None:
            if spans and spans[-1][1] is None:
                spans[-1] = (spans[-1][0], release)
            continue
        if not spans or spans[-1][1] is not None:
            spans.append((release, None))
            deprecated = None
        default = row[1].default or ""
        if not defaults or defaults[-1][1] != default:
            defaults.append((release, default))
        if row[1].deprecated:
            deprecated = deprecated or release
        else:
            deprecated = None
        last = row
    if last is None:
        return None
    owner, facts = last
    return History(package, owner, spans, defaults, deprecated, facts.deprecated, facts.replaced_by)
