"""Which versions the words of a requirement admit, by PEP 440."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from packaging.version import Version

from tunesmith.named_tuple import NamedTuple

_PLAIN = re.compile(
    r"(~=|[=!<>]=|[<>])[ \t]*(\d+(?:\.\d+)*(?:\.\*|(?:a|b|rc|\.post|\.dev)\d+)?)", re.ASCII
)


class InvalidSpecifier(ValueError):  # noqa: N818 - as packaging calls it
    """A text is no specifier."""


class Specifier(NamedTuple):
    """One condition, such as `>=1.2`.

    Attributes:
        operator: `~=`, `==`, `!=`, `<=`, `>=`, `<`, `>` or `===`.
        version: what stands behind it, as written; may end with ".*".
        is_plain: versions are compared here, and not by packaging.
    """

    operator: str
    version: str
    is_plain: bool

    def contains(self, version: Version, prereleases: bool | None = None) -> bool:
        """Whether it admits a version; `prereleases=True` asks for nothing but the numbers."""
        is_plain = self.is_plain and version.local is None
        if is_plain and (prereleases or not version.is_prerelease):
            found = self._admits(version)
            if found is not None:
                return found
        from packaging.specifiers import Specifier as Full

        return Full(str(self)).contains(version, prereleases)

    def _admits(self, version: Version) -> bool | None:
        """Whether it admits a version by the numbers; None where packaging must say."""
        operator, bound = self.operator, _bound(self.version)
        if self.version.endswith(".*"):
            return _starts(version, bound, len(bound.release)) is (operator == "==")
        if operator == ">=":
            return version >= bound
        if operator == "<=":
            return version <= bound
        if operator in ("==", "!="):
            return (version == bound) is (operator == "==")
        if operator == "~=":
            return version >= bound and _starts(version, bound, len(bound.release) - 1)
        # Neither admits what leads to the release that it names, or what follows up on it.
        if _starts(version, bound, max(len(version.release), len(bound.release))):
            return None if bound.is_prerelease or bound.is_postrelease else False
        return version < bound if operator == "<" else version > bound

    def __str__(self) -> str:
        return f"{self.operator}{self.version}"


class SpecifierSet:
    """Conditions that hold together, such as `>=1.2,<2`; none admit everything."""

    __slots__ = ("_specifiers",)

    def __init__(self, text: str = "") -> None:
        """Read a text.

        Raises:
            InvalidSpecifier: it is none.
        """
        found = _plain(text)
        self._specifiers = _odd(text) if found is None else found

    def contains(self, version: Version, prereleases: bool | None = None) -> bool:
        """Whether all admit a version; of pre-releases, the usual ones without `prereleases`."""
        if version.is_prerelease and not prereleases:
            from packaging.specifiers import SpecifierSet as Full

            return Full(str(self)).contains(version, prereleases)
        return all(one.contains(version, prereleases) for one in self._specifiers)

    def filter(self, versions: Iterable[Version]) -> Iterator[Version]:
        """Those of some final releases that all admit."""
        return filter(self.contains, versions)

    def __contains__(self, version: Version) -> bool:
        return self.contains(version)

    def __and__(self, other: Iterable[Specifier]) -> SpecifierSet:
        both = SpecifierSet()
        both._specifiers = (*self._specifiers, *other)
        return both

    def __iter__(self) -> Iterator[Specifier]:
        return iter(self._specifiers)

    def __len__(self) -> int:
        return len(self._specifiers)

    def __str__(self) -> str:
        return ",".join(sorted(set(map(str, self._specifiers))))

    def __repr__(self) -> str:
        return f"<SpecifierSet({str(self)!r})>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpecifierSet) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def are_plain(text: str) -> bool:
    """Whether specifiers can be read without packaging."""
    return _plain(text) is not None


@lru_cache(maxsize=4096)
def _plain(text: str) -> tuple[Specifier, ...] | None:
    """The specifiers that a text lists; None where packaging must read it."""
    if not text.strip():
        return ()
    matches = [_PLAIN.fullmatch(part.strip(" \t")) for part in text.split(",")]
    found = [Specifier(match[1], match[2], True) for match in matches if match]
    are_fine = len(found) == len(matches) and all(map(_is_in_order, found))
    return tuple(found) if are_fine else None


def _is_in_order(specifier: Specifier) -> bool:
    """Whether the operator takes such a version."""
    if specifier.version.endswith(".*"):
        return specifier.operator in ("==", "!=")
    return specifier.operator != "~=" or len(_bound(specifier.version).release) > 1


def _odd(text: str) -> tuple[Specifier, ...]:
    from packaging import specifiers as full

    try:
        found = full.SpecifierSet(text)
    except full.InvalidSpecifier as error:
        raise InvalidSpecifier(str(error)) from None
    return tuple(Specifier(one.operator, one.version, are_plain(str(one))) for one in found)


@lru_cache(maxsize=4096)
def _bound(version: str) -> Version:
    return Version(version.removesuffix(".*"))


def _starts(version: Version, bound: Version, count: int) -> bool:
    """Whether two versions agree in so many numbers, zeros taken for those that are not written."""
    zeros = (0,) * count
    numbers, wanted = (*version.release, *zeros)[:count], (*bound.release, *zeros)[:count]
    return version.epoch == bound.epoch and numbers == wanted
