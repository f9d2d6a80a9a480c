"""`tunesmith update`: newer tables, when the user asks for them.

They come out of the newest wheel of Tunesmith, which the user's own pip or uv downloads: their
index, proxy, certificates and login hold. Nothing in the wheel is run. The tables are checked, then
put into place whole, in a folder named by their date.
"""

from __future__ import annotations

import datetime
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tunesmith.installer_output import has_no_network, last_lines
from tunesmith.knowledge import tables
from tunesmith.knowledge.releases import Releases
from tunesmith.knowledge.signature_table import SignatureTable

TIMEOUT_SECONDS = 300
MAX_BYTES = 64 * 1024 * 1024
"""More than this is nothing that this program made."""
_INSIDE = PurePosixPath("tunesmith/knowledge/data")
_SCRATCH = "update-"


class UpdateError(Exception):
    """The tables stay as they are; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did.

    Attributes:
        before: the date of the tables that were in use.
        now: the date of those that are from the next start on.
    """

    before: datetime.date
    now: datetime.date


def run_update() -> int:
    """Bring newer tables; returns the exit status."""
    try:
        updated = update()
    except UpdateError as error:
        print(f"tunesmith: {error}", file=sys.stderr)
        return 2
    if updated.now == updated.before:
        print(f"The tables are the newest that there are: of {updated.now}.")
    else:
        print(
            f"The tables are now of {updated.now}; they were of {updated.before}. A language "
            "server that runs takes them up when it is started again."
        )
    return 0


def update() -> Updated:
    """Put the newest tables into the user's data folder.

    Raises:
        UpdateError: nothing was changed.
    """
    before = tables.date()
    try:
        tables.updates().mkdir(parents=True, exist_ok=True)
        # Beside its target, so that the last step is a rename.
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=tables.updates()) as scratch:
            texts = _download(Path(scratch))
            now = checked(texts)
            if now > before:
                _put(texts, Path(scratch, "tables"), tables.updates() / now.isoformat())
            _clean(before)
            return Updated(before, max(before, now))
    except OSError as error:
        place = error.filename or tables.updates()
        message = f"cannot write the tables to {place}: {error.strerror or error}"
        raise UpdateError(f"{message}. The tables of {before} stay in use.") from None


def checked(texts: Mapping[str, bytes]) -> datetime.date:
    """The date of tables that this program can read.

    Args:
        texts: path below the tables' folder -> content.

    Raises:
        UpdateError: it cannot.
    """
    found: dict[str, Any] = {}
    try:
        for path, content in texts.items():
            found[path] = json.loads(content)
        about = found["tables.json"]
        if about["format"] > tables.FORMAT:
            raise UpdateError(
                f"the newest tables have format {about['format']}, and this Tunesmith reads format "
                f"{tables.FORMAT}: upgrade Tunesmith as you installed it, as with "
                "`uv tool upgrade tunesmith` or `pip install --upgrade tunesmith`"
            )
        _read_all(found)
        return datetime.date.fromisoformat(about["date"])
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UpdateError(
            "the newest wheel of Tunesmith holds tables that cannot be used "
            f"({type(error).__name__}: {error}). The present ones stay; try after its next release"
        ) from None


def _read_all(found: Mapping[str, Any]) -> None:
    """Read every table as the rules will."""
    own = {path.relative_to(tables.PACKAGED).as_posix() for path in tables.PACKAGED.rglob("*.json")}
    missing = {path for path in own if not path.startswith("releases/")} - found.keys()
    if missing:
        raise LookupError(f"no {min(missing)}")
    for package in found["tables.json"]["packages"]:
        list(Releases(found[f"releases/{package}.json"]))
    for path, table in found.items():
        datetime.date.fromisoformat(table["date"])
        if path.startswith("signatures/"):
            signatures = SignatureTable(table)
            for name in signatures:
                signatures.signature(name, len(signatures.releases) - 1)


def _put(texts: Mapping[str, bytes], scratch: Path, target: Path) -> None:
    """Write a folder that appears whole, or not at all."""
    for path, content in texts.items():
        file = scratch / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    if target.exists():  # tables that this program could not use
        shutil.rmtree(target)
    scratch.rename(target)


def _clean(date: datetime.date) -> None:
    """Remove what ended runs left, and tables older than those that a server may be reading."""
    for folder in tables.updates().iterdir():
        if folder.name.startswith(_SCRATCH):
            is_old = time.time() - folder.stat().st_mtime > 2 * TIMEOUT_SECONDS
        else:
            is_old = folder.name < date.isoformat()
        if is_old:
            shutil.rmtree(folder, ignore_errors=True)


def _download(scratch: Path) -> dict[str, bytes]:
    """The tables of the newest wheel: path below their folder -> content."""
    target = scratch / "wheel"
    installer = _installer(target)
    try:
        ended = subprocess.run(
            [*installer.command, "tunesmith"],
            cwd=scratch,  # no file of a project has a say in this
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UpdateError(
            f"{installer.name} took longer than {TIMEOUT_SECONDS} s to download the newest wheel: "
            "try again later"
        ) from None
    if ended.returncode:
        raise UpdateError(_failure(installer.name, ended.stderr.strip() or ended.stdout))
    return _unpacked(target) if installer.unpacks else _unzipped(target)


@dataclass(frozen=True, slots=True)
class _Installer:
    """A program that downloads wheels.

    Attributes:
        command: its words, but for the name of the package.
        unpacks: it leaves the wheel's files, not the wheel.
    """

    name: str
    command: Sequence[str]
    unpacks: bool = False


def _installer(target: Path) -> _Installer:
    """The pip beside this program, or else the user's uv, or else the user's pip."""
    options = ("--quiet", "--no-deps", "--only-binary=:all:", "--no-input")
    download = ("download", *options, "--disable-pip-version-check", f"--dest={target}")
    if importlib.util.find_spec("pip"):
        return _Installer("pip", (sys.executable, "-m", "pip", *download))
    if uv := shutil.which("uv"):
        options = ("--quiet", "--no-deps", "--no-build", "--refresh-package=tunesmith")
        where = (f"--python={sys.executable}", f"--target={target}")
        return _Installer("uv", (uv, "pip", "install", *options, *where), unpacks=True)
    if pip := shutil.which("pip") or shutil.which("pip3"):
        return _Installer("pip", (pip, *download))
    raise UpdateError(
        "there is neither pip nor uv to download the tables with: install uv, or run "
        f"`{sys.executable} -m ensurepip`"
    )


def _failure(name: str, output: str) -> str:
    """What a failed download says, without logins."""
    said = f"{name} said:\n  {last_lines(output)}"
    if has_no_network(output):
        return f"the package index cannot be reached; check the network and try again. {said}"
    return f"the newest wheel of Tunesmith cannot be downloaded. {said}"


def _unpacked(target: Path) -> dict[str, bytes]:
    folder = target / _INSIDE
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.json")}
    _check_size(sum(path.stat().st_size for path in files.values()))
    return {name: path.read_bytes() for name, path in files.items()}


def _unzipped(target: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(next(target.glob("*.whl"))) as wheel:
            members = {
                path.relative_to(_INSIDE).as_posix(): member
                for member in wheel.infolist()
                if (path := PurePosixPath(member.filename)).is_relative_to(_INSIDE)
                and path.suffix == ".json"
                and ".." not in path.parts
            }
            _check_size(sum(member.file_size for member in members.values()))
            return {name: wheel.read(member) for name, member in members.items()}
    except (zipfile.BadZipFile, zlib.error, StopIteration, RuntimeError) as error:
        reason = str(error) or "there is none"
        raise UpdateError(
            f"the newest wheel of Tunesmith is damaged ({reason}): try again later"
        ) from None


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise UpdateError(
            f"the newest wheel of Tunesmith holds tables of {size:,} bytes, expected at most "
            f"{MAX_BYTES:,}: it is not what it should be, and nothing of it is used"
        )
