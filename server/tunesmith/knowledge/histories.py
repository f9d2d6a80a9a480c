"""What became of the parameters of the libraries from release to release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from packaging.version import Version

from tunesmith.knowledge import tables
from tunesmith.knowledge.scan.types import Parameter
from tunesmith.knowledge.signature_table import SignatureTable, package_of, signature_table
from tunesmith.named_tuple import NamedTuple

Span = tuple[Version, "Version | None"]
"""The release from which, and the one before which something is there; None: it still is."""


class Row(NamedTuple):
    """A parameter in one release: who brought it and how; both None where nobody did."""

    release: Version
    owner: str | None = None
    facts: Parameter | None = None


class History(NamedTuple):
    """What became of a parameter in one package's releases. All releases are of that package.

    Attributes:
        package: the package that brings the parameter.
        rows: every release that the table knows, ascending.
        curated: the name to use instead, found by us, where the library never said one.
    """

    package: str
    rows: Sequence[Row]
    curated: str | None = None

    @property
    def spans(self) -> Sequence[Span]:
        """The releases that take it; it may have gone and come back."""
        return spans((row.release, row.facts is not None) for row in self.rows)

    @property
    def added(self) -> Version:
        """The first release that takes it, or the first that the table knows."""
        return self.spans[0][0]

    @property
    def removed(self) -> Version | None:
        """The first release that does not take it any more."""
        return self.spans[-1][1]

    @property
    def newest(self) -> Version:
        """The newest release that takes it."""
        return self._last.release

    @property
    def owner(self) -> str | None:
        """The object that brought it last."""
        return self._last.owner

    @property
    def deprecated(self) -> Version | None:
        """The release from which on the library calls it deprecated, until it was removed."""
        taken = [row for row in self.rows if row.facts]
        found = spans((row.release, bool(row.facts and row.facts.deprecated)) for row in taken)
        return found[-1][0] if found and found[-1][1] is None else None

    @property
    def message(self) -> str | None:
        """What the library last said of its deprecation, in its own words."""
        return self._facts.deprecated

    @property
    def replaced_by(self) -> str | None:
        """The name to use instead, which the library said last."""
        return self._facts.replaced_by or self.curated

    @property
    def defaults(self) -> Sequence[tuple[Version, str | None]]:
        """The releases from which a default holds, as Python source; None: it must be given."""
        taken = ((row.release, row.facts.default) for row in self.rows if row.facts)
        return [next(group) for _, group in groupby(taken, itemgetter(1))]

    def removed_by(self, version: Version) -> Version | None:
        """The release, not newer than a version, that took it away; None while it is taken."""
        ends = [end for start, end in self.spans if start <= version]
        return ends[-1] if ends and ends[-1] and ends[-1] <= version else None

    def added_after(self, version: Version) -> Version | None:
        """The first release that takes it, where all that do are newer than a version."""
        return self.added if self.added > version else None

    @property
    def _last(self) -> Row:
        return next(row for row in reversed(self.rows) if row.facts)

    @property
    def _facts(self) -> Parameter:
        facts = self._last.facts
        assert facts, "a history without any release is not made"
        return facts


def spans(presence: Iterable[tuple[Version, bool]]) -> Sequence[Span]:
    """The stretches of releases in which something is there."""
    starts = [next(group) for _, group in groupby(presence, itemgetter(1))]
    ends: list[Version | None] = [release for release, _ in starts[1:]]
    return [
        (release, end)
        for (release, is_there), end in zip(starts, [*ends, None], strict=True)
        if is_there
    ]


def object_spans(name: str) -> Sequence[Span]:
    """The releases of its package that have an object; empty for one that no table knows."""
    table = signature_table(package_of(name))
    if table is None:
        return ()
    return spans((release, table.has(name, at)) for at, release in enumerate(table.releases))


@lru_cache(maxsize=512)
def histories(name: str, parameter: str) -> Sequence[History]:
    """What became of a parameter of an object in every package that ever brought it.

    The object's own package comes first: `learning_rate` of SFTConfig has TRL's history, as TRL
    redefines it, and transformers'.
    """
    found: list[History] = []
    for package, entries in _entries(name).items():
        rows = _rows(package, entries, parameter)
        if any(row.facts for row in rows):
            owners = dict.fromkeys(row.owner for row in rows if row.owner)
            curated = (replacement(each, parameter) for each in owners)
            found.append(History(package, rows, next(filter(None, curated), None)))
    return found


def replacement(name: str, parameter: str) -> str | None:
    """The name to use instead of one that a library took away without a word."""
    rows = (tables.table("replacements") or {"replacements": ()})["replacements"]
    named = (row["new"] for row in rows if (row["object"], row["old"]) == (name, parameter))
    return next(named, None)


def history(name: str, parameter: str) -> History | None:
    """The history in the nearest package that brought the parameter; None where none did."""
    return next(iter(histories(name, parameter)), None)


def packages_behind(name: str) -> Sequence[str]:
    """The packages whose releases decide what an object takes, its own first."""
    return list(_entries(name))


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


def _rows(package: str, entries: Sequence[str], parameter: str) -> Sequence[Row]:
    table = signature_table(package)
    if table is None:
        return ()
    rows: list[Row] = []
    for at, release in enumerate(table.releases):
        taken = (
            Row(release, name, facts)
            for name in _within(table, entries, at)
            if (facts := table.parameter(name, parameter, at))
        )
        rows.append(next(taken, Row(release)))
    return rows


def _within(table: SignatureTable, entries: Sequence[str], position: int) -> Iterator[str]:
    """Objects of a package and their bases in it, in one release, nearest first."""
    pending = list(entries)
    seen: set[str] = set()
    while pending:
        current = pending.pop(0)
        if current not in seen and current in table:
            seen.add(current)
            yield current
            pending = [*table.bases(current, position), *pending]
