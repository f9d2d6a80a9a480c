"""What the Hub's client uploads to a content-addressed store, turned back into files.

A file is cut into chunks, chunks are packed into xorbs, and a shard says which chunks of which
xorbs make which file. Formats: https://huggingface.co/docs/xet/xorb and
https://huggingface.co/docs/xet/shard
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_CHUNK_HEADER = 8
_ENTRY = 48
_HAS_VERIFICATION = 1 << 31
_HAS_METADATA = 1 << 30
_END = b"\xff" * 32
_PLAIN, _LZ4, _GROUPED = range(3)


class Store:
    """Xorbs and files by their hashes, as the client spells these."""

    def __init__(self) -> None:
        self.xorbs: dict[str, list[bytes]] = {}
        self.files: dict[str, bytes] = {}

    def add_xorb(self, name: str, data: bytes) -> bool:
        """Whether it was not there before."""
        is_new = name not in self.xorbs
        self.xorbs[name] = list(_chunks(data))
        return is_new

    def add_shard(self, data: bytes) -> None:
        """Put the files together that a shard tells of.

        Raises:
            KeyError: it speaks of a xorb that never came.
        """
        for name, parts in _files(data):
            pieces = [b"".join(self.xorbs[xorb][start:end]) for xorb, start, end in parts]
            self.files[name] = b"".join(pieces)


def _chunks(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data) and data[at] == 0:  # the version; what follows the chunks begins otherwise
        packed_size = int.from_bytes(data[at + 1 : at + 4], "little")
        scheme = data[at + 4]
        size = int.from_bytes(data[at + 5 : at + 8], "little")
        at += _CHUNK_HEADER
        chunk = _unpacked(data[at : at + packed_size], scheme)
        if len(chunk) != size:
            raise ValueError(f"a chunk of {size} bytes has {len(chunk)}")
        yield chunk
        at += packed_size


def _unpacked(data: bytes, scheme: int) -> bytes:
    if scheme == _PLAIN:
        return data
    unpacked = lz4_frame(data)
    if scheme == _LZ4:
        return unpacked
    if scheme != _GROUPED:
        raise ValueError(f"unknown compression {scheme}")
    whole = bytearray(len(unpacked))
    at = 0
    for place in range(4):
        size = len(whole[place::4])
        whole[place::4] = unpacked[at : at + size]
        at += size
    return bytes(whole)


def _files(shard: bytes) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
    """(hash of the file, [(xorb, first chunk, chunk after the last)])."""
    at = _ENTRY
    while shard[at : at + 32] != _END:
        name = _spelled(shard[at : at + 32])
        flags, count = struct.unpack_from("<II", shard, at + 32)
        at += _ENTRY
        parts: list[tuple[str, int, int]] = []
        for _ in range(count):
            start, end = struct.unpack_from("<II", shard, at + 40)
            parts.append((_spelled(shard[at : at + 32]), start, end))
            at += _ENTRY
        at += _ENTRY * count if flags & _HAS_VERIFICATION else 0
        at += _ENTRY if flags & _HAS_METADATA else 0
        yield name, parts


def _spelled(digest: bytes) -> str:
    """A hash as text: four numbers of 64 bits in hexadecimal."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", digest))


def lz4_frame(data: bytes) -> bytes:
    """The content of an LZ4 frame.

    Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
    """
    if data[:4] != b"\x04\x22\x4d\x18":
        raise ValueError("no LZ4 frame")
    flags = data[4]
    at = 7 + (8 if flags & 0x08 else 0) + (4 if flags & 0x01 else 0)
    content = bytearray()
    while size := int.from_bytes(data[at : at + 4], "little"):
        at += 4
        is_plain, size = bool(size >> 31), size & 0x7FFF_FFFF
        block = data[at : at + size]
        if is_plain:
            content += block
        else:
            _lz4_block(block, content)
        at += size + (4 if flags & 0x10 else 0)
    return bytes(content)


def _lz4_block(block: bytes, content: bytearray) -> None:
    at = 0

    def length(first: int) -> int:
        nonlocal at
        total = first
        while first == 15:
            extra = block[at]
            at += 1
            total += extra
            if extra != 255:
                break
        return total

    while at < len(block):
        token = block[at]
        at += 1
        literals = length(token >> 4)
        content += block[at : at + literals]
        at += literals
        if at >= len(block):
            return
        offset = int.from_bytes(block[at : at + 2], "little")
        at += 2
        for _ in range(length(token & 15) + 4):  # it may repeat what it has just written
            content.append(content[-offset])
