"""Rows of text files: lines of JSON, JSON, CSV and plain lines."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from tunesmith.data.pieces import (
    MAX_READ,
    Pieces,
    UnreadableDataError,
    lines_of,
    start_of,
)
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.data_set import Loader, Origin, Row, row_of

MAX_SAMPLE = 1000
"""Rows that are kept of a file."""


class FileRows(NamedTuple):
    """What is known of the rows of one file.

    Attributes:
        rows: how many.
        is_counted: whether all were counted.
        sample: some of them.
        columns: the mean cell of each column, where none was read.
    """

    rows: float
    is_counted: bool
    sample: Sequence[Row] = ()
    columns: Row = {}  # noqa: RUF012 - never written to


class Fields(NamedTuple):
    """Rows as they stand in a file.

    Attributes:
        rows: what their columns hold.
        share: how much of the file was read, from 0 to 1.
    """

    rows: Sequence[dict[str, Any]]
    share: float


def counted(fields: Fields) -> FileRows:
    """What is known of the rows of a file of which these were read."""
    step = max(1, -(-len(fields.rows) // MAX_SAMPLE))
    sample = [row_of(each) for each in fields.rows[::step]]
    return FileRows(len(fields.rows) / fields.share, fields.share >= 1, sample)


def json_fields(path: Path, origin: Origin, limit: int = MAX_READ) -> Fields:
    """Rows of a file with an object on each line, or with a list of objects.

    Raises:
        UnreadableDataError: it cannot be read, or `load_dataset` could not read it.
    """
    pieces = lines_of(path, limit)
    first = pieces.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if first == b"[" or origin.field:
        start = start_of(path, limit)
        text = _decoded(start, path, origin)
        return Fields(list(_elements(text, start, path, origin)), start.share)
    text = _decoded(pieces, path, origin)
    try:
        return Fields(list(_objects(text, path)), pieces.share)
    except UnreadableDataError:
        if pieces.is_whole and _is_object(text):
            raise UnreadableDataError(
                f"{path.name} is one JSON object, not one on each line; say by field= which of "
                "its keys holds the rows"
            ) from None
        raise


def csv_fields(path: Path, origin: Origin, limit: int = MAX_READ) -> Fields:
    """Rows of a table whose first row names the columns.

    Raises:
        UnreadableDataError: it cannot be read.
    """
    pieces = start_of(path, limit)
    text = _decoded(pieces, path, origin)
    delimiter = origin.delimiter or ("\t" if path.suffix == ".tsv" else ",")
    csv.field_size_limit(2**30)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except (csv.Error, TypeError) as error:
        raise UnreadableDataError(f"{path.name} is no CSV: {error}") from None
    header, *rows = [row for row in table if row] or [[]]
    if not pieces.is_whole and rows:
        rows.pop()  # it may have been cut
    return Fields([dict(zip(header, row, strict=False)) for row in rows], pieces.share)


def text_fields(path: Path, origin: Origin, limit: int = MAX_READ) -> Fields:
    """Lines.

    Raises:
        UnreadableDataError: it cannot be read.
    """
    pieces = lines_of(path, limit)
    lines = _decoded(pieces, path, origin).removesuffix("\n").split("\n")
    return Fields([{"text": line} for line in lines], pieces.share)


FIELDS: Mapping[Loader, Callable[[Path, Origin, int], Fields]] = {
    "json": json_fields,
    "csv": csv_fields,
    "text": text_fields,
}


def _decoded(pieces: Pieces, path: Path, origin: Origin) -> str:
    encoding = origin.encoding or "utf-8-sig"
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        return decoder.decode(pieces.data, final=pieces.is_whole)
    except LookupError:
        raise UnreadableDataError(f"there is no encoding {encoding!r}") from None
    except UnicodeDecodeError as error:
        byte = pieces.data[error.start]
        raise UnreadableDataError(
            f"{path.name} is no {origin.encoding or 'UTF-8'}, by its byte 0x{byte:02x}; "
            'name its encoding, as in encoding="latin-1"'
        ) from None


def _objects(text: str, path: Path) -> Iterator[dict[str, Any]]:
    """The object on each line."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            shown = line.strip()
            shown = f"{shown[:40]}…" if len(shown) > 40 else shown
            where = f"line {number}: " if number < 1000 else ""
            raise UnreadableDataError(
                f"{path.name}, {where}{shown!r} is no JSON object; correct it first"
            )
        yield cast("dict[str, Any]", found)


def _elements(text: str, pieces: Pieces, path: Path, origin: Origin) -> Iterator[dict[str, Any]]:
    """The objects of a list, as far as they were read."""
    at = _start(text, path, origin)
    decoder = json.JSONDecoder()
    while True:
        at = _skipped(text, at)
        if text[at : at + 1] == "]":
            return
        try:
            found, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            if pieces.is_whole:
                raise UnreadableDataError(f"{path.name} is no JSON; correct it first") from None
            return
        if isinstance(found, dict):
            yield cast("dict[str, Any]", found)


def _start(text: str, path: Path, origin: Origin) -> int:
    """Where the first element stands."""
    if not origin.field:
        return text.index("[") + 1
    import re

    match = re.search(rf'"{re.escape(origin.field)}"\s*:\s*\[', text)
    if match is None:
        raise UnreadableDataError(f"{path.name} has no list {origin.field!r} near its start")
    return match.end()


def _skipped(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\r", "\n", ","):
        at += 1
    return at


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


Reader = Callable[[Path, Origin, int], FileRows]
