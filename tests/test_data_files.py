"""Reading how many rows the files of a data set hold, and how much text."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tunesmith.data.pieces import MAX_READ
from tunesmith.data.store import stored_data
from tunesmith.platform import project_path
from tunesmith.reason import advice_of
from tunesmith.sources.data_set import Cell, Origin, StoredData

TALK = {
    "messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hé"}],
    "n": 3,
}
JSON = Origin("json", files=("rows.jsonl",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    return made


def write(folder: Path, content: Mapping[str, Any] | str | bytes, name: str = "rows.jsonl") -> None:
    if isinstance(content, Mapping):
        content = json.dumps(content) + "\n"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def lines(count: int) -> str:
    return "".join(json.dumps({"text": "x" * (10 + row % 7)}) + "\n" for row in range(count))


def read(folder: Path, origin: Origin = JSON) -> StoredData:
    return stored_data(origin, [project_path(folder)], project_path(folder))


def problem(folder: Path, origin: Origin = JSON) -> str:
    found = read(folder, origin)
    assert found.rows is None
    assert advice_of(found.problem) == "give --examples N"
    return found.problem


def test_lines_of_json(folder: Path):
    write(folder, json.dumps(TALK) + "\n\n" + json.dumps({"text": "abc", "other": None}))
    found = read(folder)
    assert (found.source, found.rows, found.is_counted) == ("rows.jsonl", 2, True)
    assert list(found.sample) == [{"messages": Cell(8, 2)}, {"text": Cell(3)}]


@pytest.mark.parametrize("text", ["[{a}, {b}]", "[\n  {a},\n  {b}\n]\n"])
def test_a_list_of_json(folder: Path, text: str):
    write(folder, text.replace("{a}", '{"text": "abc"}').replace("{b}", '{"text": ""}'), "r.json")
    found = read(folder, Origin("json", files=("r.json",)))
    assert (found.rows, found.is_counted) == (2, True)
    assert found.sample[0] == {"text": Cell(3)}


def test_rows_behind_a_key(folder: Path):
    write(folder, {"version": 1, "data": [{"text": "ab"}, {"text": "abcd"}]}, "r.json")
    found = read(folder, Origin("json", files=("r.json",), field="data"))
    assert [row["text"].size for row in found.sample] == [2, 4]
    write(folder, json.dumps({"a": [1], "b": {}}, indent=1), "r.json")
    assert "say by field= which of its keys" in problem(folder, Origin("json", files=("r.json",)))


def test_a_table(folder: Path):
    write(folder, 'text,label\n"a, ""b""\nc",1\ndef,2\n', "r.csv")
    found = read(folder, Origin("csv", files=("r.csv",)))
    assert found.rows == 2
    assert list(found.sample) == [
        {"text": Cell(8), "label": Cell(1)}, {"text": Cell(3), "label": Cell(1)},
    ]  # fmt: skip
    write(folder, "text;label\nabc;1\n", "r.csv")
    found = read(folder, Origin("csv", files=("r.csv",), delimiter=";"))
    assert list(found.sample) == [{"text": Cell(3), "label": Cell(1)}]


def test_lines_of_text(folder: Path):
    write(folder, "one\n\ntwo\n", "r.txt")
    found = read(folder, Origin("text", files=("r.txt",)))
    assert list(found.sample) == [{"text": Cell(3)}, {}, {"text": Cell(3)}]


@pytest.mark.parametrize("is_packed", [False, True])
def test_of_a_large_file_a_part_is_read(folder: Path, is_packed: bool):
    chosen = random.Random(5)
    rows = [json.dumps({"text": "é" * chosen.randint(1, 2000)}) + "\n" for _ in range(8000)]
    data = "".join(rows).encode()
    assert len(data) > 2 * MAX_READ
    name = "rows.jsonl.gz" if is_packed else "rows.jsonl"
    write(folder, gzip.compress(data, 1) if is_packed else data, name)
    found = read(folder, Origin("json", files=(name,)))
    assert not found.is_counted
    assert found.rows == pytest.approx(8000, rel=0.05)
    assert 500 < len(found.sample) <= 1000
    mean = sum(row["text"].size for row in found.sample) / len(found.sample)
    assert mean == pytest.approx(2000, rel=0.1)


def test_patterns_and_several_files(folder: Path):
    for name in ("a", "b", "c"):
        write(folder, lines(5), f"rows/{name}.jsonl")
    found = read(folder, Origin("json", files=("rows/*.jsonl",)))
    assert (found.rows, found.source) == (15, "3 files in rows")
    found = read(folder, Origin("json", "rows", files=("a.jsonl", "c.jsonl")))
    assert found.rows == 10
    found = read(folder, Origin("json", "rows"))
    assert found.rows == 15


@pytest.mark.parametrize(
    ("pattern", "rows"),
    [
        ("*.jsonl", 1), ("./*.jsonl", 1), ("a/*.jsonl", 10), ("*/*.jsonl", 10),
        ("**/*.jsonl", 111), ("**", 111), ("a/**", 110), ("a/?.jsonl", 10), ("**/c/*", 100),
    ],
)  # fmt: skip
def test_a_star_stays_within_a_folder(folder: Path, pattern: str, rows: int):
    write(folder, lines(1), "x.jsonl")
    write(folder, lines(10), "a/y.jsonl")
    write(folder, lines(100), "a/b/c/z.jsonl")
    write(folder, lines(1000), "a/.hidden/z.jsonl")
    assert read(folder, Origin("json", files=(pattern,))).rows == rows


def test_a_folder_and_its_splits(folder: Path):
    write(folder, lines(5), "rows/train-00000.jsonl")
    write(folder, lines(6), "rows/train-00001.jsonl")
    write(folder, "text\nab\n", "rows/test/a.csv")
    write(folder, "no data", "rows/README.md")
    origin = Origin("named", "./rows", split="train")
    assert read(folder, origin).rows == 11
    assert read(folder, origin._replace(split="test")).rows == 1
    assert "there is no split 'validation' in rows" in problem(
        folder, origin._replace(split="validation")
    )
    write(folder, lines(7), "plain/some.jsonl")
    assert read(folder, origin._replace(name="plain")).rows == 7


def test_the_nearest_folder_from_which_the_script_may_be_run(folder: Path):
    write(folder, lines(3))
    below = folder / "scripts"
    below.mkdir()
    places = [project_path(below), project_path(folder)]
    assert stored_data(JSON, places, places[1]).rows == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "rows.jsonl is empty"),
        (b"\n\n", "there are no rows in rows.jsonl"),
        (b'{"a": 1}\n{"a": \n', "rows.jsonl, line 2: '{\"a\":' is no JSON object"),
        (b'{"a": 1}\n17\n', "line 2: '17' is no JSON object"),
        (b'{"a": "\xe9"}\n', "rows.jsonl is no UTF-8, by its byte 0xe9; name its encoding"),
        (b"\x00\x01\x02", "is no JSON object"),
        (b"[" * 100_000, "rows.jsonl is no JSON"),
        (b'{"a":' * 100_000, "is no JSON object"),
        (b"[1, 2", "rows.jsonl is no JSON"),
    ],
)
def test_what_cannot_be_loaded(folder: Path, content: bytes, said: str):
    write(folder, content)
    assert said in problem(folder)


def test_what_is_cut_in_an_archive(folder: Path):
    origin = Origin("json", files=("rows.jsonl.gz",))
    write(folder, b"no archive", "rows.jsonl.gz")
    assert "rows.jsonl.gz cannot be unpacked: " in problem(folder, origin)
    write(folder, gzip.compress(lines(100).encode())[:-20], "rows.jsonl.gz")
    assert "rows.jsonl.gz ends within its packed data" in problem(folder, origin)
    write(folder, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xffjunk" * 9, "rows.jsonl.gz")
    assert "rows.jsonl.gz cannot be" in problem(folder, origin)
    write(folder, b"x", "rows.jsonl.zst")
    assert "packed by zstd" in problem(folder, Origin("json", files=("rows.jsonl.zst",)))


def test_another_encoding_is_taken_by_its_name(folder: Path):
    write(folder, b'{"text": "\xe9"}\n')
    assert list(read(folder, JSON._replace(encoding="latin-1")).sample) == [{"text": Cell(2)}]
    assert "there is no encoding 'klingon'" in problem(folder, JSON._replace(encoding="klingon"))


def test_what_is_not_there(folder: Path):
    assert "there is no file rows.jsonl in the project" in problem(folder)
    assert "there is no folder ./rows in the project" in problem(folder, Origin("named", "./rows"))
    (folder / "rows").mkdir()
    assert "no data in rows that is read" in problem(folder, Origin("named", "rows"))
    assert "rows is no regular file" in problem(folder, Origin("json", files=("rows",)))


def test_nothing_outside_the_project_is_read(folder: Path):
    write(folder.parent, lines(3))
    (folder / "link.jsonl").symlink_to(folder.parent / "rows.jsonl")
    for name in ("../rows.jsonl", str(folder.parent / "rows.jsonl"), "link.jsonl"):
        assert "lies outside the project" in problem(folder, Origin("json", files=(name,)))
    assert "may lie outside" in problem(folder, Origin("json", files=("../*.jsonl",)))
    (folder / "rows").mkdir()
    (folder / "rows" / "a.jsonl").symlink_to(folder.parent / "rows.jsonl")
    assert "no data in rows" in problem(folder, Origin("named", "rows"))
    (folder / "around").symlink_to(folder / "around")
    assert problem(folder, Origin("json", files=("around",)))


def test_a_link_within_the_project_and_an_address_of_a_file(folder: Path):
    write(folder, lines(3))
    (folder / "link.jsonl").symlink_to(folder / "rows.jsonl")
    assert read(folder, Origin("json", files=("link.jsonl",))).rows == 3
    assert read(folder, Origin("json", files=(f"file://{folder}/rows.jsonl",))).rows == 3
    assert "https://example.org/a.jsonl is not read" in problem(
        folder, Origin("json", files=("https://example.org/a.jsonl",))
    )


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(folder: Path):
    write(folder, lines(3))
    (folder / "rows.jsonl").chmod(0)
    assert "rows.jsonl cannot be read: Permission denied" in problem(folder)


def test_a_pipe_is_not_waited_for(folder: Path):
    os.mkfifo(folder / "rows.jsonl")
    assert "is no regular file" in problem(folder)


def test_a_change_of_a_file_is_seen(folder: Path):
    write(folder, lines(3))
    assert read(folder).rows == 3
    write(folder, lines(40))
    assert read(folder).rows == 40
