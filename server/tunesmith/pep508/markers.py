"""Where a requirement counts: `python_version < "3.12" and sys_platform == "linux"`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from packaging.version import Version

from tunesmith.named_tuple import NamedTuple
from tunesmith.pep508.names import canonicalize_name
from tunesmith.pep508.specifiers import SpecifierSet, are_plain

_VERSIONS = ("python_version", "python_full_version")
_NAMES = (
    "extra", "implementation_name", "os_name", "platform_machine",
    "platform_python_implementation", "platform_system", "sys_platform",
)  # fmt: skip
_COMPARISON = re.compile(
    r"""([a-z_]+)\s*([=!~<>]=|[<>])\s*(?:"([\w.*-]+)"|'([\w.*-]+)')""", re.ASCII
)
_OR = re.compile(r"\s+or\s+")
_AND = re.compile(r"\s+and\s+")


class _Comparison(NamedTuple):
    """One comparison; `versions` is what those of a version admit."""

    name: str
    operator: str
    value: str
    versions: SpecifierSet | None

    def holds(self, environment: Mapping[str, str]) -> bool:
        found = environment[self.name]
        if self.versions is not None:
            return self.versions.contains(Version(found), prereleases=True)
        found = canonicalize_name(found) if self.name == "extra" else found
        return (found == self.value) is (self.operator == "==")

    def __str__(self) -> str:
        return f'{self.name} {self.operator} "{self.value}"'


_Groups = Sequence[Sequence[_Comparison]]


class Marker:
    """A condition on the environment.

    Its text is as packaging writes it, so that two of the same text say the same.
    """

    __slots__ = ("_groups", "_text")

    def __init__(self, text: str) -> None:
        """Take what `is_plain`, or what packaging has written."""
        self._groups = _plain(text)
        self._text = text
        if self._groups is not None:
            self._text = " or ".join(" and ".join(map(str, group)) for group in self._groups)

    def evaluate(self, environment: Mapping[str, str]) -> bool:
        """Whether it holds; what the environment lacks is as on this machine."""
        groups = self._groups
        if groups is None or any(one.name not in environment for group in groups for one in group):
            from packaging.markers import Marker as Full

            return Full(self._text).evaluate(dict(environment))
        return any(all(one.holds(environment) for one in group) for group in groups)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Marker({self._text!r})>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Marker) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


def is_plain(text: str) -> bool:
    """Whether a marker can be read without packaging."""
    return _plain(text) is not None


@lru_cache(maxsize=1024)
def _plain(text: str) -> _Groups | None:
    """Groups of comparisons, of one of which all must hold; None where packaging must read it."""
    groups: list[list[_Comparison]] = []
    for group in _OR.split(text.strip()):
        found = [_comparison(part) for part in _AND.split(group)]
        groups.append([one for one in found if one])
        if len(groups[-1]) < len(found):
            return None
    return groups


def _comparison(text: str) -> _Comparison | None:
    match = _COMPARISON.fullmatch(text)
    if match is None:
        return None
    name, operator, value = match[1], match[2], match[3] or match[4]
    if name in _VERSIONS and are_plain(text := f"{operator}{value}"):
        return _Comparison(name, operator, value, SpecifierSet(text))
    if name not in _NAMES or operator not in ("==", "!="):
        return None
    return _Comparison(name, operator, canonicalize_name(value) if name == "extra" else value, None)
