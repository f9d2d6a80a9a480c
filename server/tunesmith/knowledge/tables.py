"""Where the generated tables are, and how old.

The package brings tables in `data/`. `tunesmith update` may have put newer ones into the user's
data folder; they are used whole or not at all, so that tables of two dates never mix.
"""

from __future__ import annotations

import datetime
import json
from functools import cache
from pathlib import Path
from typing import Any

from tunesmith.platform import user_data_folder

FORMAT = 1
"""Rises when a program of an older version could misread the tables."""
PACKAGED = Path(__file__).parent / "data"


def updates() -> Path:
    """Where `tunesmith update` puts tables: in a folder for each date, named by it."""
    return user_data_folder() / "tables"


def updated_tables() -> Path | None:
    """The newest tables that `tunesmith update` brought and this program reads; None: no such."""
    try:
        newest_first = sorted(updates().iterdir(), reverse=True)
    except OSError:
        return None
    return next((each for each in newest_first if _is_update(each)), None)


def _is_update(tables: Path) -> bool:
    about = described(tables)
    return about is not None and about["format"] == FORMAT and about["date"] == tables.name


@cache
def folder() -> Path:
    """The folder of the tables in use: the newer one of the packaged and the updated."""
    own, updated = described(PACKAGED), updated_tables()
    return updated if own and updated and updated.name > own["date"] else PACKAGED


def described(tables: Path) -> dict[str, Any] | None:
    """What `tables.json` of a folder says: `date` (ISO) and `format`; None where it is unusable."""
    try:
        about = json.loads((tables / "tables.json").read_text("utf-8"))
        datetime.date.fromisoformat(about["date"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return about if isinstance(about.get("format"), int) else None


@cache
def date() -> datetime.date:
    """The day on which the tables in use were made of what the package index had."""
    about = described(folder())
    assert about, "the packaged tables say their date"
    return datetime.date.fromisoformat(about["date"])


@cache
def table(name: str) -> Any:
    """A table by its name below the folder, as "signatures/trl"; None where there is none."""
    text = table_text(name)
    return None if text is None else json.loads(text)


def table_text(name: str) -> str | None:
    """A table as it is written, in JSON."""
    try:
        return (folder() / f"{name}.json").read_text("utf-8")
    except FileNotFoundError:
        return None
