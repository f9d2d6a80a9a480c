"""Reads a lock: which releases a Python on this machine gets, and how large they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.markers import Marker, default_environment
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, platform_tags
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from tunesmith.errors import UserError


@dataclass(frozen=True, slots=True)
class Pinned:
    """A release that is locked.

    Attributes:
        group: `pip`, `uv`, `torch` (with what only torch needs), or `libraries`.
        hashes: SHA-256 of its wheels for all platforms.
        size: bytes of the wheel for this one.
    """

    name: str
    version: str
    group: str
    hashes: Sequence[str]
    size: int

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"


def supported_pythons(lock: Path) -> SpecifierSet:
    """The versions of Python that a lock is for."""
    return SpecifierSet(_read(lock)["python"])


def pinned_for(lock: Path, python: Version) -> Sequence[Pinned]:
    """What a Python of that version gets on this machine.

    Raises:
        UserError: a package has no wheel for this machine.
    """
    environment = {key: str(value) for key, value in default_environment().items()}
    environment |= _markers(python)
    tags = _tags(python)
    return [
        _pinned(package, tags, python)
        for package in _read(lock)["packages"]
        if not package["marker"] or Marker(package["marker"]).evaluate(environment)
    ]


def _read(lock: Path) -> dict[str, Any]:
    return json.loads(lock.read_text("utf-8"))


def _markers(python: Version) -> dict[str, str]:
    version, minor = str(python), f"{python.major}.{python.minor}"
    return {
        "implementation_name": "cpython",
        "implementation_version": version,
        "platform_python_implementation": "CPython",
        "python_full_version": version,
        "python_version": minor,
    }


def _tags(python: Version) -> dict[Tag, int]:
    minor, interpreter = (python.major, python.minor), f"cp{python.major}{python.minor}"
    platforms = list(platform_tags())
    ordered = [
        *cpython_tags(minor, [interpreter], platforms),
        *compatible_tags(minor, interpreter, platforms),
    ]
    return {tag: rank for rank, tag in reversed(list(enumerate(ordered)))}


def _pinned(package: dict[str, Any], tags: dict[Tag, int], python: Version) -> Pinned:
    sizes = {
        min(tags[tag] for tag in fitting): size
        for file, _, size in package["wheels"]
        if (fitting := tags.keys() & parse_wheel_filename(file)[3])
    }
    if not sizes:
        raise UserError(
            f"{package['name']} {package['version']} has no build for Python {python.major}."
            f"{python.minor} on {next(platform_tags())}",
            "use Linux (x86-64, ARM64; glibc 2.28), macOS 14 on Apple silicon, or Windows (x86-64)",
        )
    hashes = [digest for _, digest, _ in package["wheels"]]
    return Pinned(package["name"], package["version"], package["group"], hashes, sizes[min(sizes)])
