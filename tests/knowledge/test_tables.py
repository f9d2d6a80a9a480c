"""Which folder of tables is in use, and that the packaged ones are sound and small."""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tables import checks, rows
from tunesmith.knowledge import tables

REPOSITORY = Path(__file__).parents[2]
CACHED = (tables.folder, tables.date, tables.table)
TODAY = datetime.datetime.now(datetime.timezone.utc).date()


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("HOME", "LOCALAPPDATA", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for function in CACHED:
        function.cache_clear()
    yield tmp_path
    for function in CACHED:
        function.cache_clear()


def brought(folder: str, text: str) -> Path:
    """Tables in the user's folder, with that tables.json."""
    made = tables.updates() / folder
    made.mkdir(parents=True)
    (made / "tables.json").write_text(text, "utf-8")
    return made


def about(date: str, format_: Any = tables.FORMAT) -> str:
    return json.dumps({"format": format_, "date": date, "packages": []})


def test_without_an_update_the_packaged_tables_are_in_use():
    assert tables.folder() == tables.PACKAGED
    assert tables.date() <= TODAY + datetime.timedelta(days=1)


def test_the_newest_tables_are_in_use_and_only_they():
    brought("2097-01-01", about("2097-01-01"))
    newest = brought("2098-01-01", about("2098-01-01"))
    assert tables.folder() == newest
    assert tables.date() == datetime.date(2098, 1, 1)
    assert tables.table("releases/trl") is None, "tables of two dates never mix"


@pytest.mark.parametrize(
    ("folder", "text"),
    [
        ("2001-01-01", about("2001-01-01")),
        ("2098-01-01", about("2098-01-01", tables.FORMAT + 1)),
        ("2098-01-01", about("2098-01-01", "1")),
        ("2098-01-01", about("2098-01-02")),
        ("2098-01-01", about("soon")),
        ("2098-01-01", "{"),
        ("2098-01-01", "[]"),
        ("update-x1", about("2098-01-01")),
    ],
    ids=["older", "format", "type", "other date", "no date", "cut", "list", "unfinished"],
)
def test_tables_that_are_old_or_unusable_are_not_used(folder: str, text: str):
    brought(folder, text)
    assert tables.folder() == tables.PACKAGED


def test_an_unusable_update_does_not_hide_a_usable_one():
    usable = brought("2097-01-01", about("2097-01-01"))
    brought("2098-01-01", "{")
    assert tables.folder() == usable


def test_the_packaged_tables_are_sound():
    assert list(checks.problems(TODAY)) == []


def test_what_is_wrong_with_a_table_is_told():
    table = rows.read("releases/trl")
    assert table
    assert list(checks.of_releases(table, TODAY)) == []
    assert "date" in "".join(checks.of_releases({**table, "date": "2099-01-01"}, TODAY))
    assert "newer than" in "".join(checks.of_releases({**table, "date": "2024-01-01"}, TODAY))
    other_way = dict(reversed(table["releases"].items()))
    assert "ascending" in "".join(checks.of_releases({**table, "releases": other_way}, TODAY))
    needless = {"no-change": [["0.7.0", ""], ["0.8.0", ""]], **table["requires"]}
    assert "not written" in "".join(checks.of_releases({**table, "requires": needless}, TODAY))
    assert "tracked" in "".join(checks.of_releases({**table, "tracked": "0"}, TODAY))


def test_what_is_wrong_with_a_table_of_signatures_is_told():
    table = rows.read("signatures/trackio")
    assert table
    released = table["releases"]
    assert list(checks.of_signatures(table, released, TODAY)) == []
    assert "lacks" in "".join(checks.of_signatures(table, released[1:], TODAY))
    objects = dict(reversed(table["objects"].items()))
    wrong = checks.of_signatures({**table, "objects": objects}, released, TODAY)
    assert "not written" in "".join(wrong)


def test_the_wheel_is_small():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in ("server/tunesmith", "docs/rules", "templates"):
            for path in sorted((REPOSITORY / folder).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    archive.write(path, path.relative_to(REPOSITORY).as_posix())
    assert len(content.getvalue()) < 3_000_000


def test_a_row_takes_a_line():
    text = rows.text_of(
        {
            "date": "2026-11-22",
            "rows": [["1.0", "a"], ["2.0", None]],
            "names": {"x": {"y": [["1.0", 1]]}},
        }
    )
    assert text.splitlines() == [
        "{",
        ' "date": "2026-11-22",',
        ' "rows": [',
        '  ["1.0", "a"],',
        '  ["2.0", null]',
        " ],",
        ' "names": {',
        '  "x": {"y": [["1.0", 1]]}',
        " }",
        "}",
    ]
    assert json.loads(text)["rows"] == [["1.0", "a"], ["2.0", None]]
