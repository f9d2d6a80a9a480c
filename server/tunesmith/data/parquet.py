"""The number of rows and the size of text in a Parquet file, out of its footer alone.

The footer is a structure of Thrift's compact protocol, with the numbers of parquet.thrift:
https://github.com/apache/parquet-format. Pages, which are packed, are not read: pyarrow would bring
100 MB into the editor's environment for them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tunesmith.data.pieces import MAX_READ, UnreadableDataError, size_of
from tunesmith.data.text_files import FileRows
from tunesmith.sources.data_set import SPEAKERS, Cell, Origin

_MAX_FOOTER = 16 * 1024 * 1024
_MAX_DEPTH = 16
_BYTE_ARRAY, _UTF8, _STRING = 6, 0, 1
"""A kind of column, and what makes text of it: the older way to say so, and the newer."""
_Fields = dict[int, Any]


def read_parquet(path: Path, origin: Origin, limit: int = MAX_READ) -> FileRows:
    """How many rows, and the mean size of their text by column.

    Raises:
        UnreadableDataError: it is no Parquet file.
    """
    footer = _footer(path)
    try:
        fields = _Compact(footer).structure()
        rows = int(fields[3])
        columns = list(_columns(fields))
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, struct.error):
        raise UnreadableDataError(f"{path.name} is a damaged Parquet file") from None
    cells: dict[str, Cell] = {}
    for each in columns if rows else ():
        before = cells.get(each.path[0], Cell(0))
        is_speaker = each.path[-1] in SPEAKERS and len(each.path) > 1
        size, messages = (0, each.values) if is_speaker else (each.size, 0)
        cells[each.path[0]] = Cell(before.size + size / rows, before.messages + messages / rows)
    return FileRows(rows, True, columns=cells)


class _Column(NamedTuple):
    """The text of a column in a group of rows."""

    path: Sequence[str]
    values: int
    size: float


def _columns(fields: _Fields) -> Iterator[_Column]:
    """Of each group, the columns with text; they stand in the order of the schema."""
    leaves = [each for each in fields[2] if not each.get(5)]
    for group in fields[4]:
        for leaf, chunk in zip(leaves, group[1], strict=True):
            about = chunk[3]
            is_text = leaf.get(6) == _UTF8 or _STRING in leaf.get(10, {})
            if about[1] != _BYTE_ARRAY or not is_text:
                continue
            path = [each.decode("utf-8", "replace") for each in about[3]]
            told = about.get(16, {}).get(1)  # the size of the text itself, where the writer said it
            values = int(about[5])
            yield _Column(path, values, told if told is not None else max(0, about[6] - 4 * values))


def _footer(path: Path) -> bytes:
    size = size_of(path)
    try:
        with path.open("rb") as file:
            file.seek(max(0, size - 8))
            end = file.read(8)
            length = int.from_bytes(end[:4], "little")
            if end[4:] != b"PAR1" or length + 12 > size:
                raise UnreadableDataError(f"{path.name} is no whole Parquet file")
            if length > _MAX_FOOTER:
                raise UnreadableDataError(f"{path.name} has too large a footer")
            file.seek(size - 8 - length)
            return file.read(length)
    except OSError as error:
        raise UnreadableDataError(f"{path.name} cannot be read: {error.strerror}") from None


class _Compact:
    """Reads Thrift's compact protocol: structures as dicts by the number of the field."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._depth = 0

    def structure(self) -> _Fields:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        fields: _Fields = {}
        number = 0
        while head := self._byte():
            step = head >> 4
            number = number + step if step else self._signed()
            kind = head & 15
            fields[number] = kind == 1 if kind in (1, 2) else self._value(kind)
        self._depth -= 1
        return fields

    def _value(self, kind: int) -> Any:
        if kind in (1, 2):  # in a list, a truth takes a byte
            return self._byte() == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._signed()
        if kind == 7:
            return struct.unpack("<d", self._bytes(8))[0]
        if kind == 8:
            return self._bytes(self._unsigned())
        if kind in (9, 10):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._unsigned()
            return [self._value(head & 15) for _ in range(count)]
        if kind == 11:
            return self._map()
        if kind == 12:
            return self.structure()
        raise ValueError(f"no kind {kind}")

    def _map(self) -> dict[Any, Any]:
        count = self._unsigned()
        kinds = self._byte() if count else 0
        return {self._value(kinds >> 4): self._value(kinds & 15) for _ in range(count)}

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise ValueError("cut")
        self._at += count
        return self._data[self._at - count : self._at]

    def _unsigned(self) -> int:
        result = shift = 0
        while True:
            byte = self._byte()
            result |= (byte & 127) << shift
            if byte < 128:
                return result
            shift += 7
            if shift > 63:
                raise ValueError("no number")

    def _signed(self) -> int:
        number = self._unsigned()
        return number >> 1 ^ -(number & 1)
