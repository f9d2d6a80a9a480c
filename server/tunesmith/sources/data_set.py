"""A data set: as a script names it, and what is known of the rows behind the name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Literal, cast

from tunesmith.named_tuple import NamedTuple

Loader = Literal["json", "csv", "parquet", "text", "arrow", "saved", "named"]
"""What reads it: a format of files, `load_from_disk`, or what `load_dataset` finds by a name."""
SPEAKERS = ("role", "from")


class Origin(NamedTuple):
    """Rows as a script loads them.

    Attributes:
        loader: what reads them.
        name: a folder, or an id on the Hub; empty where `files` alone tell.
        files: paths, patterns or addresses as written, relative to the folder or the id if any.
        split: which of its parts; empty where there are none.
        configuration: the second argument of `load_dataset`; empty where it is not given.
        encoding: of text; empty for UTF-8.
        delimiter: of the cells of a CSV file; empty where it is not given.
        field: the key of a JSON object that holds the rows; empty where the file does.
    """

    loader: Loader
    name: str = ""
    files: tuple[str, ...] = ()
    split: str = ""
    configuration: str = ""
    encoding: str = ""
    delimiter: str = ""
    field: str = ""

    def __str__(self) -> str:
        """As users call it."""
        return self.name or ", ".join(self.files)


class Cell(NamedTuple):
    """What stands in one column of a row.

    Attributes:
        size: bytes of its text in UTF-8.
        messages: how many messages of a conversation it holds.
    """

    size: float
    messages: float = 0


Row = Mapping[str, Cell]
"""The cells with text, by the name of their column."""


class StoredData(NamedTuple):
    """What this machine knows of a data set.

    Attributes:
        source: where that is known from, as users call it.
        rows: how many; None where that is not known.
        is_counted: whether all of them were counted, and not a part of them.
        sample: some rows.
        columns: the mean cell of each column with text, where no rows were read.
        is_apportioned: whether only the size of whole rows is known, and `columns` guesses from it.
        problem: why nothing is known, with the next step; empty where something is.
        files: what holds the rows, or some of it; none where only their number is known.
    """

    source: str = ""
    rows: float | None = None
    is_counted: bool = True
    sample: Sequence[Row] = ()
    columns: Row = MappingProxyType({})
    is_apportioned: bool = False
    problem: str = ""
    files: tuple[PurePosixPath, ...] = ()


def row_of(fields: Mapping[str, Any]) -> Row:
    """The cells of a row with text; numbers and the like have none."""
    cells = ((name, cell_of(value)) for name, value in fields.items())
    return {name: cell for name, cell in cells if cell.size or cell.messages}


def cell_of(value: object) -> Cell:
    """The text of a value: of lists and dicts that of all in them, speakers' names left out."""
    if isinstance(value, str):
        return Cell(len(value.encode("utf-8", "surrogatepass")))
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        parts = [cell_of(each) for name, each in fields.items() if name not in SPEAKERS]
        is_message = any(name in fields for name in SPEAKERS)
        return Cell(sum(each.size for each in parts), int(is_message))
    if isinstance(value, list):
        parts = [cell_of(each) for each in cast("list[object]", value)]
        return Cell(sum(each.size for each in parts), sum(each.messages for each in parts))
    return Cell(0)
