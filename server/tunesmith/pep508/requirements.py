"""A requirement of a package, by PEP 508."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunesmith.pep508.markers import Marker, is_plain
from tunesmith.pep508.names import canonicalize_name
from tunesmith.pep508.specifiers import SpecifierSet, are_plain

_PLAIN = re.compile(
    r"[ \t]*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)[ \t]*"  # the name
    r"(?:\[([A-Za-z0-9-]+(?:, ?[A-Za-z0-9-]+)*)\])?"  # the extras
    r"([^;@()\[\]]*)(?:;(.+))?"  # the specifiers, the marker
)


class InvalidRequirement(ValueError):  # noqa: N818 - as packaging calls it
    """A text is no requirement."""


class Requirement:
    """What is required of one package; its attributes are those of packaging's.

    Attributes:
        name: as written.
        url: the address behind an "@".
    """

    __slots__ = ("extras", "marker", "name", "specifier", "url")

    def __init__(self, text: str) -> None:
        """Read a text.

        Raises:
            InvalidRequirement: it is none.
        """
        match = _PLAIN.fullmatch(text)
        if match is None or not are_plain(match[3]) or not (match[4] is None or is_plain(match[4])):
            self._read_odd(text)
            return
        self.name = match[1]
        self.extras = {extra.strip() for extra in match[2].split(",")} if match[2] else set[str]()
        self.specifier = SpecifierSet(match[3])
        self.marker = Marker(match[4]) if match[4] else None
        self.url: str | None = None

    def _read_odd(self, text: str) -> None:
        from packaging import requirements as full

        try:
            found = full.Requirement(text)
        except full.InvalidRequirement as error:
            raise InvalidRequirement(str(error)) from None
        self.name, self.url, self.extras = found.name, found.url, found.extras
        self.specifier = SpecifierSet(str(found.specifier))
        self.marker = Marker(str(found.marker)) if found.marker else None

    def __str__(self) -> str:
        return "".join(self._parts(self.name))

    def _parts(self, name: str) -> Iterator[str]:
        yield name
        if self.extras:
            yield f"[{','.join(sorted(self.extras))}]"
        yield str(self.specifier)
        if self.url:
            yield f" @ {self.url}{' ' if self.marker else ''}"
        if self.marker:
            yield f"; {self.marker}"

    def __repr__(self) -> str:
        return f"<Requirement({str(self)!r})>"

    def _key(self) -> tuple[object, ...]:
        extras = frozenset(map(canonicalize_name, self.extras))
        return canonicalize_name(self.name), extras, self.specifier, self.url, self.marker

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Requirement) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())
