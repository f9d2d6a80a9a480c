"""What is installed for the user's interpreter, read from files alone: nothing is started.

Installed releases are read off the names of `*.dist-info` folders:
https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

# ruff: noqa: PTH113, PTH208 - pathlib raises for links of themselves and overlong names

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from tunesmith.named_tuple import NamedTuple
from tunesmith.pep508 import canonicalize_name
from tunesmith.platform import environment_of_interpreter, site_packages_of
from tunesmith.project import Environment
from tunesmith.text import regex

if TYPE_CHECKING:
    from tunesmith.knowledge.scan.types import Scan

_DIST_INFO = regex(r"(?P<name>.+?)-(?P<version>[^-]+)\.dist-info")
_PYTHON = regex(r"^version(?:_info)?\s*=\s*(\d+\.\d+(?:\.\d+)?)", re.MULTILINE)
_FOLDER = regex(r"python(\d+\.\d+)t?")
_NAMES = (".venv", "venv")
MAX_SOURCE_BYTES = 4 * 1024 * 1024


def environment_beside(folder: Path) -> Environment | None:
    """What is installed in the virtual environment in a folder; None where there is none."""
    for name in _NAMES:
        if os.path.isfile(folder / name / "pyvenv.cfg"):
            return read_environment(folder / name, name)
    return None


def environment_of(interpreter: Path) -> Environment | None:
    """What is installed for an interpreter, given by its path; None where it cannot be told."""
    root = environment_of_interpreter(interpreter)
    return read_environment(root, root.name) if root else None


def read_environment(root: Path, name: str) -> Environment | None:
    """What is installed in an environment; None where its folder is none.

    Args:
        root: its folder, which holds `pyvenv.cfg`, or `lib` of a conda or system Python.
        name: what users call it.
    """
    site_packages = site_packages_of(root)
    if site_packages is None:
        return None
    return Environment(
        name,
        _python(root, site_packages),
        _installed(site_packages),
        _Scanner(site_packages),
    )


def _python(root: Path, site_packages: Path) -> Version | None:
    try:
        told = _PYTHON.search((root / "pyvenv.cfg").read_text("utf-8", "replace"))
    except (OSError, ValueError):
        told = None
    told = told or _FOLDER.fullmatch(site_packages.parent.name)
    return Version(told[1]) if told else None


def _installed(site_packages: Path) -> Mapping[str, Version]:
    packages: dict[str, Version] = {}
    try:
        names = os.listdir(site_packages)
    except OSError:
        return packages
    for name in sorted(names):
        match = _DIST_INFO.fullmatch(name)
        if match:
            try:
                packages[canonicalize_name(match["name"])] = Version(match["version"])
            except InvalidVersion:
                continue
    return packages


class _Scanner(NamedTuple):
    """Reads what an installed package takes out of its source files."""

    site_packages: Path

    def __call__(self, package: str) -> Scan | None:
        about = next(_dist_info(self.site_packages, package), None)
        return _scan_of(self.site_packages, package, about) if about else None


def _dist_info(site_packages: Path, package: str) -> Iterator[str]:
    for name in sorted(os.listdir(site_packages)):
        match = _DIST_INFO.fullmatch(name)
        if match and canonicalize_name(match["name"]) == package:
            yield name


@lru_cache(maxsize=32)
def _scan_of(site_packages: Path, package: str, about: str) -> Scan | None:
    import csv

    from tunesmith.knowledge.scan.scanner import scan

    record = _read(site_packages, f"{about}/RECORD")
    if record is None:
        return None
    files = [row[0] for row in csv.reader(record.splitlines()) if row and row[0].endswith(".py")]
    return scan(package, partial(_read, site_packages), files)


def _read(site_packages: Path, name: str) -> str | None:
    """The text of a file below the site-packages; None where it cannot be read."""
    path = site_packages / name
    try:
        if path.stat().st_size > MAX_SOURCE_BYTES or not path.is_file():
            return None
        return path.read_text("utf-8", "replace")
    except (OSError, ValueError):
        return None
