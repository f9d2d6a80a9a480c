"""The package index that pip is configured for, asked through pip's own session.

So pip's index, proxy, certificates and login hold here too, and no address stands in this file.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, Protocol
from urllib.parse import urljoin

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from pip._internal.commands import create_command
from pip._internal.network.lazy_wheel import HTTPRangeRequestUnsupported, LazyZipOverHTTP

if TYPE_CHECKING:
    from packaging.version import Version

ACCEPT = "application/vnd.pypi.simple.v1+json"
SMALL = 2 * 1024 * 1024
CHUNK = 128 * 1024
"""Bytes asked for at a time: the list of a large wheel's files is as long."""


class UnusableIndexError(Exception):
    """The index did not answer as the simple API for JSON (PEP 691, PEP 700) asks."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a release, as the index lists it.

    Attributes:
        size: in bytes; None where the index does not say.
        tags: what the file's name says of Python, ABI and platform; empty for a source archive.
        uploaded: ISO 8601 in UTC, to the second, without a zone.
        has_metadata: the index offers the METADATA file by itself (PEP 658).
    """

    name: str
    version: Version
    tags: frozenset[str]
    url: str
    size: int | None
    uploaded: str
    requires_python: str | None
    is_yanked: bool
    has_metadata: bool

    @property
    def is_wheel(self) -> bool:
        return self.name.endswith(".whl")


class Wheel(Protocol):
    """What a wheel or a source archive holds."""

    def files(self) -> Sequence[str]:
        """The paths of its files."""
        ...

    def read(self, path: str) -> str | None:
        """The text of one file; None where it is missing or no text."""
        ...


class Index:
    """A package index; one object may be used by several threads."""

    def __init__(self) -> None:
        # The command that downloads knows index, proxy, certificates and login.
        command: Any = create_command("download")
        options, _ = command.parse_args(["a-requirement"])
        self._base: str = options.index_url.rstrip("/")
        self._session: Any = command._build_session(options)

    def files(self, package: str) -> list[File]:
        """The wheels and source archives of a package."""
        answer = self._session.get(f"{self._base}/{package}/", headers={"Accept": ACCEPT})
        answer.raise_for_status()
        if "json" not in answer.headers.get("content-type", ""):
            raise UnusableIndexError(
                f"{self._base} answers for {package} with {answer.headers.get('content-type')!r}, "
                f"expected {ACCEPT}: set pip's index-url to an index with the JSON API"
            )
        return list(files_of(answer.url, answer.json()["files"]))

    def requirements(self, file: File) -> list[str]:
        """What the metadata of a file requires."""
        if not file.is_wheel:
            return self._archive_requirements(file)
        if file.has_metadata:
            answer = self._session.get(file.url + ".metadata")
            answer.raise_for_status()
            return _requires(answer.text)
        wheel = self.wheel(file)
        names = [name for name in wheel.files() if name.endswith(".dist-info/METADATA")]
        return _requires(wheel.read(min(names, key=len)) or "") if names else []

    def wheel(self, file: File) -> ZipWheel:
        """A wheel; of a large one only what is read is downloaded, if the index allows it."""
        if file.size is not None and file.size < SMALL:
            return self._whole(file)
        try:
            return ZipWheel(zipfile.ZipFile(LazyZipOverHTTP(file.url, self._session, CHUNK)))
        except HTTPRangeRequestUnsupported:
            return self._whole(file)

    def _whole(self, file: File) -> ZipWheel:
        answer = self._session.get(file.url)
        answer.raise_for_status()
        return ZipWheel(zipfile.ZipFile(io.BytesIO(answer.content)))

    def _archive_requirements(self, file: File) -> list[str]:
        """Read no further than the file that says it."""
        answer = self._session.get(file.url, headers={"Accept-Encoding": "identity"}, stream=True)
        answer.raise_for_status()
        try:
            return archive_requirements(answer.raw)
        finally:
            answer.close()


@dataclass(frozen=True)
class ZipWheel:
    """An open wheel."""

    archive: zipfile.ZipFile

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.archive.namelist())

    def files(self) -> Sequence[str]:
        return sorted(self._names)

    def read(self, path: str) -> str | None:
        if path not in self._names:
            return None
        try:
            return self.archive.read(path).decode("utf-8")
        except UnicodeDecodeError:
            return None


def archive_requirements(stream: IO[bytes]) -> list[str]:
    """What a source archive's PKG-INFO requires, or else its requires.txt (older setuptools)."""
    with tarfile.open(fileobj=stream, mode="r|*") as archive:
        for member in archive:
            path = member.name.split("/", 1)[-1]
            if path != "PKG-INFO" and not path.endswith(".egg-info/requires.txt"):
                continue
            content = archive.extractfile(member)
            text = content.read().decode("utf-8", "replace") if content else ""
            found = _requires(text) if path == "PKG-INFO" else list(_sections(text))
            if found:
                return found
    return []


def _sections(text: str) -> Iterator[str]:
    """The requirements of setuptools' requires.txt, whose headings are `[extra:marker]`."""
    conditions: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            extra, _, marker = line.strip("[]").partition(":")
            conditions = [f"({marker})"] if marker else []
            conditions += [f'extra == "{extra}"'] if extra else []
        else:
            yield "; ".join([line, " and ".join(conditions)] if conditions else [line])


def _requires(metadata: str) -> list[str]:
    return HeaderParser().parsestr(metadata).get_all("Requires-Dist") or []


def files_of(page: str, listed: Iterable[Mapping[str, Any]]) -> Iterator[File]:
    """The wheels and source archives that a page lists; its addresses may be relative to it."""
    for row in listed:
        try:
            version, tags = _parsed(row["filename"])
        except (InvalidWheelFilename, InvalidSdistFilename):
            continue  # eggs, installers, and names from before there were rules
        if not row.get("upload-time"):
            raise UnusableIndexError(f"the index does not say when {row['filename']} was uploaded")
        yield File(
            name=row["filename"],
            version=version,
            tags=tags,
            url=urljoin(page, row["url"]),
            size=row.get("size"),
            uploaded=row["upload-time"][:19],
            requires_python=row.get("requires-python") or None,
            is_yanked=bool(row.get("yanked")),
            has_metadata=bool(row.get("core-metadata") or row.get("data-dist-info-metadata")),
        )


def _parsed(name: str) -> tuple[Version, frozenset[str]]:
    if name.endswith(".whl"):
        _, version, _, tags = parse_wheel_filename(name)
        return version, frozenset(map(str, tags))
    _, version = parse_sdist_filename(name)
    return version, frozenset()
