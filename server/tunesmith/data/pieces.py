"""Parts of a file's bytes: all of a small file, some of a large one, of a compressed one the start.

A training file may have many GB: no more than a few MB of it are read.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import IO, Protocol

from tunesmith.named_tuple import NamedTuple

MAX_READ = 4 * 1024 * 1024
"""Bytes that are read of a file, or of all files of a data set together."""
PIECES = 16
"""Places of a large file that are looked at: its rows may grow or shrink on the way."""
MAX_LINE = 16 * 1024 * 1024


class UnreadableDataError(Exception):
    """Why a data set cannot be read, with the next step."""


class Pieces(NamedTuple):
    """What was read.

    Attributes:
        data: whole lines of the file, where it has lines.
        share: how much of the file that is, from 0 to 1.
    """

    data: bytes
    share: float

    @property
    def is_whole(self) -> bool:
        return self.share >= 1


def size_of(path: Path) -> int:
    """The size of a regular file.

    Raises:
        UnreadableDataError: it is none, is empty, or is not there.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadableDataError(f"{path.name} cannot be read: {reason}") from None
    if not stat.S_ISREG(status.st_mode):  # to open a pipe is to wait
        raise UnreadableDataError(f"{path.name} is no regular file")
    if status.st_size == 0:
        raise UnreadableDataError(f"{path.name} is empty")
    return status.st_size


def lines_of(path: Path, limit: int = MAX_READ) -> Pieces:
    """Whole lines from all over a file.

    Raises:
        UnreadableDataError: it cannot be read.
    """
    size = size_of(path)
    if size <= limit or path.suffix in _PACKED:
        return start_of(path, limit)
    found: list[bytes] = []
    try:
        with path.open("rb") as file:
            for piece in range(PIECES):
                file.seek(size * piece // PIECES)
                if piece:
                    file.readline(MAX_LINE)  # the rest of a line
                found.append(file.read(limit // PIECES) + file.readline(MAX_LINE))
    except OSError as error:
        raise UnreadableDataError(f"{path.name} cannot be read: {error.strerror}") from None
    data = b"".join(found)
    return Pieces(data, min(len(data) / size, 0.999))


def start_of(path: Path, limit: int = MAX_READ) -> Pieces:
    """The start of a file, unpacked, up to the end of a line.

    Raises:
        UnreadableDataError: it cannot be read.
    """
    size = size_of(path)
    try:
        with path.open("rb") as file:
            if path.suffix in _PACKED:
                return _unpacked(path, file, size, limit)
            data = file.read(limit)
            data += file.readline(MAX_LINE)
            return Pieces(data, len(data) / size)
    except OSError as error:
        raise UnreadableDataError(f"{path.name} cannot be read: {error.strerror}") from None


def unpacked_name(path: Path) -> Path:
    """The name without the ending that says how it is packed."""
    return path.with_suffix("") if path.suffix in _PACKED else path


class _Decompressor(Protocol):
    """As zlib, bz2 and lzma have it."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _unpacked(path: Path, file: IO[bytes], size: int, limit: int) -> Pieces:
    """The start of a packed file, of which several may stand in a row."""
    found, packed = bytearray(), b""
    worker = _decompressor(path)
    try:
        while len(found) < limit:
            packed = worker.unused_data if worker.eof else b""
            packed = packed.lstrip(b"\0") + file.read(_CHUNK)
            if not packed:
                break
            worker = _decompressor(path) if worker.eof else worker
            found += worker.decompress(packed)
        else:
            whole = found.rfind(b"\n") + 1 or len(found)
            share = file.tell() / size * whole / len(found)
            return Pieces(bytes(found[:whole]), min(share, 0.999))
    except UnreadableDataError:
        raise
    except Exception as error:  # each module has an exception of its own
        raise UnreadableDataError(f"{path.name} cannot be unpacked: {error}") from None
    if not worker.eof:
        raise UnreadableDataError(f"{path.name} ends within its packed data")
    return Pieces(bytes(found), 1.0)


def _decompressor(path: Path) -> _Decompressor:
    if path.suffix == ".gz":
        import zlib

        return zlib.decompressobj(wbits=31)
    if path.suffix == ".bz2":
        import bz2

        return bz2.BZ2Decompressor()
    if path.suffix == ".xz":
        import lzma

        return lzma.LZMADecompressor()
    raise UnreadableDataError(f"{path.name} is packed by zstd, which is not read")


_PACKED = (".gz", ".bz2", ".xz", ".zst")
_CHUNK = 4096
"""Bytes that are unpacked at once: packed zeros may grow a thousandfold."""
