"""The number of rows of an Arrow file, and the sizes of the text in some of them.

`datasets` keeps what it loads so, and `save_to_disk` writes it. Only what describes the batches is
read, and the offsets of texts: https://arrow.apache.org/docs/format/Columnar.html. Its descriptions
are FlatBuffers, with the numbers of Schema.fbs and Message.fbs.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO, NamedTuple

from tunesmith.data.pieces import MAX_READ, UnreadableDataError, size_of
from tunesmith.data.text_files import FileRows
from tunesmith.sources.data_set import SPEAKERS, Cell, Origin, Row

_MAX_DESCRIPTION = 4 * 1024 * 1024
_MAX_BATCHES = 5_000
"""Batches that are looked at, of 1,000 rows each as `datasets` writes them."""
_SAMPLED = 200
"""Rows that are looked at of the first, second, fourth, eighth batch and so on."""
_MAX_ROWS = 200_000
"""Rows of a batch that is looked at."""
_SCHEMA, _RECORDS = 1, 3
_NULL, _UTF8, _BINARY, _LIST, _STRUCT, _FIXED_LIST, _MAP = 1, 5, 4, 12, 13, 16, 17
_LARGE_BINARY, _LARGE_UTF8, _LARGE_LIST = 19, 20, 21
_UNION, _VIEWS = 14, (23, 24, 25, 26)


def read_arrow(path: Path, origin: Origin, limit: int = MAX_READ) -> FileRows:
    """How many rows, and some of them.

    Raises:
        UnreadableDataError: it is no Arrow file, or has columns of a kind that is not read.
    """
    size = size_of(path)
    try:
        with path.open("rb") as file:
            return _read(file, size, limit)
    except OSError as error:
        raise UnreadableDataError(f"{path.name} cannot be read: {error.strerror}") from None
    except (IndexError, ValueError, OverflowError, RecursionError, struct.error):
        raise UnreadableDataError(f"{path.name} is a damaged Arrow file") from None


def _read(file: IO[bytes], size: int, limit: int) -> FileRows:
    start = file.read(8)
    file.seek(8 if start[:6] == b"ARROW1" else 0)
    fields: Sequence[_Field] = ()
    rows = batches = 0
    sample: list[Row] = []
    seen = False
    for message in _messages(file, size):
        if message.kind == _SCHEMA:
            fields, seen = [_field(each) for each in message.header.tables(1)], True
        elif message.kind == _RECORDS:
            count = message.header.number(0, "q")
            if count < 0:
                raise ValueError("no number of rows")
            if not batches & (batches + 1) and 0 < count <= _MAX_ROWS:
                sample += _sampled(file, message, fields, count, limit)
            rows, batches = rows + count, batches + 1
            if batches >= _MAX_BATCHES:
                share = message.end / size
                return FileRows(rows / share, share >= 1, sample)
    if not seen:
        raise ValueError("no schema")
    return FileRows(rows, True, sample)


class _Field(NamedTuple):
    """A column, or a part of one."""

    name: str
    kind: int
    children: Sequence[_Field]
    is_encoded: bool


class _Message(NamedTuple):
    """A message of the stream; its body lies from `body` to `end` in the file."""

    kind: int
    header: _Table
    body: int
    end: int


class _Table:
    """A table of a FlatBuffer."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def _unpack(self, kind: str, at: int) -> int:
        if at < 0:
            raise ValueError("outside")
        return int(struct.unpack_from(f"<{kind}", self._data, at)[0])

    def _place(self, field: int) -> int:
        """Where a field stands; 0 where it is left out."""
        table = self._at - self._unpack("i", self._at)
        slot = 4 + 2 * field
        offset = self._unpack("H", table + slot) if slot < self._unpack("H", table) else 0
        return self._at + offset if offset else 0

    def number(self, field: int, kind: str) -> int:
        place = self._place(field)
        return self._unpack(kind, place) if place else 0

    def table(self, field: int) -> _Table | None:
        place = self._place(field)
        return _Table(self._data, place + self._unpack("I", place)) if place else None

    def text(self, field: int) -> str:
        place = self._place(field)
        if not place:
            return ""
        at = place + self._unpack("I", place)
        return self._data[at + 4 : at + 4 + self._unpack("I", at)].decode("utf-8", "replace")

    def _vector(self, field: int) -> tuple[int, int]:
        """Where the elements begin, and how many they are."""
        place = self._place(field)
        if not place:
            return 0, 0
        at = place + self._unpack("I", place)
        count = self._unpack("I", at)
        if count > len(self._data):
            raise ValueError("too many")
        return at + 4, count

    def tables(self, field: int) -> list[_Table]:
        at, count = self._vector(field)
        places = range(at, at + 4 * count, 4)
        return [_Table(self._data, place + self._unpack("I", place)) for place in places]

    def pairs(self, field: int) -> list[tuple[int, int]]:
        """A vector of structures of two 64-bit numbers."""
        at, count = self._vector(field)
        return [
            (self._unpack("q", place), self._unpack("q", place + 8))
            for place in range(at, at + 16 * count, 16)
        ]


def _messages(file: IO[bytes], size: int) -> Iterator[_Message]:
    while True:
        prefix = file.read(8)
        if len(prefix) < 8:
            return
        length = int.from_bytes(prefix[4:], "little")
        if prefix[:4] != b"\xff\xff\xff\xff" or length > _MAX_DESCRIPTION:
            raise ValueError("no message")
        if length == 0:
            return
        data = file.read(length)
        root = _Table(data, int(struct.unpack_from("<I", data)[0]))
        header = root.table(2)
        body, end = file.tell(), file.tell() + root.number(3, "q")
        if header is None or not body <= end <= size:
            raise ValueError("no message")
        yield _Message(root.number(1, "B"), header, body, end)
        file.seek(end)


def _field(table: _Table, depth: int = 0) -> _Field:
    if depth > 30:
        raise ValueError("nested too deeply")
    children = [_field(each, depth + 1) for each in table.tables(5)]
    return _Field(table.text(0), table.number(2, "B"), children, table.table(4) is not None)


class _Body:
    """The buffers of a batch, taken one after the other as its columns need them."""

    def __init__(self, file: IO[bytes], message: _Message, limit: int) -> None:
        if message.header.table(3) is not None:
            raise UnreadableDataError("its batches are packed, which is not read")
        self._file = file
        self._message = message
        self._buffers = iter(message.header.pairs(2))
        self._left = limit

    def skip(self, count: int) -> None:
        for _ in range(count):
            next(self._buffers, None)

    def numbers(self, kind: str) -> array[int]:
        """The offsets in the next buffer."""
        found: array[int] = array(kind)
        offset, length = next(self._buffers, (0, 0))
        self._left -= length
        if self._left < 0 or length < 0 or self._message.body + offset + length > self._message.end:
            raise ValueError("outside")
        self._file.seek(self._message.body + offset)
        found.frombytes(self._file.read(length // found.itemsize * found.itemsize))
        return found


def _sampled(
    file: IO[bytes], message: _Message, fields: Sequence[_Field], rows: int, limit: int
) -> list[Row]:
    """Some rows of a batch."""
    body = _Body(file, message, limit)
    step = -(-rows // _SAMPLED)
    found: list[dict[str, Cell]] = [{} for _ in range(0, rows, step)]
    for field in fields:
        sizes, messages = _cells(body, field, list(range(rows + 1)))
        for at, row in enumerate(found):
            cell = Cell(sizes[at * step], messages[at * step])
            if cell.size or cell.messages:
                row[field.name] = cell
    return [*found]


def _cells(body: _Body, field: _Field, bounds: Sequence[int]) -> tuple[list[int], list[int]]:
    """Bytes of text and messages between each two bounds, which count this field's values."""
    nothing = [0] * (len(bounds) - 1)
    kind = field.kind
    if kind in (_UNION, *_VIEWS):
        raise UnreadableDataError(f"its column {field.name} is of a kind that is not read")
    if kind == _NULL:
        return nothing, nothing
    body.skip(1)  # which values are there
    if field.is_encoded:
        body.skip(1)
        return nothing, nothing
    if kind in (_UTF8, _BINARY, _LARGE_UTF8, _LARGE_BINARY):
        ends = body.numbers("i" if kind in (_UTF8, _BINARY) else "q")
        body.skip(1)
        is_text = kind in (_UTF8, _LARGE_UTF8)
        return (_between(ends, bounds) if is_text else nothing), nothing
    if kind in (_LIST, _LARGE_LIST, _MAP):
        ends = body.numbers("q" if kind == _LARGE_LIST else "i")
        return _sum(body, field.children, [ends[each] for each in bounds] if ends else [0, 0])
    if kind == _STRUCT:
        return _of_struct(body, field, bounds)
    if kind == _FIXED_LIST:
        for each in field.children:
            _cells(body, each, [0, 0])
        return nothing, nothing
    body.skip(1)
    return nothing, nothing


def _of_struct(body: _Body, field: _Field, bounds: Sequence[int]) -> tuple[list[int], list[int]]:
    told = [each for each in field.children if each.name in SPEAKERS]
    count = [last - first for first, last in pairwise(bounds)]
    sizes, messages = [0] * len(count), count if told else [0] * len(count)
    for child in field.children:
        more, inner = _cells(body, child, bounds)
        if child not in told:
            sizes = [a + b for a, b in zip(sizes, more, strict=True)]
            messages = [a + b for a, b in zip(messages, inner, strict=True)]
    return sizes, messages


def _sum(
    body: _Body, children: Sequence[_Field], bounds: Sequence[int]
) -> tuple[list[int], list[int]]:
    sizes = messages = [0] * (len(bounds) - 1)
    for child in children:
        more, inner = _cells(body, child, bounds)
        sizes = [a + b for a, b in zip(sizes, more, strict=True)]
        messages = [a + b for a, b in zip(messages, inner, strict=True)]
    return sizes, messages


def _between(ends: array[int], bounds: Sequence[int]) -> list[int]:
    if not ends:  # a column without a value has no offsets either
        return [0] * (len(bounds) - 1)
    places = [ends[each] for each in bounds]
    return [last - first for first, last in pairwise(places)]
