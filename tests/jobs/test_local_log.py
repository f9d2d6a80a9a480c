"""The lines of a local job's log."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tunesmith.jobs import local_log
from tunesmith.jobs.local_log import LineSplitter, LogReader, LogWriter


def split(*pieces: bytes, seconds: float = 0) -> Sequence[str]:
    splitter = LineSplitter()
    lines: list[str] = []
    for number, piece in enumerate(pieces):
        lines += splitter.feed(piece, 1e9 + number * seconds)
    return [*lines, *splitter.end()]


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\n\nb", ["a", "", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"\r  0%\r 50%\r100%\n", ["100%"]),
        (b"\r  0%\r 50%\r100%", ["100%"]),
        (b"\r 50%\r", [" 50%"]),
        (b"\r 50%\r     \rdone\n", ["done"]),
        (b"\r 50%\r     \r\n", [" 50%"]),
        (b"  \n", ["  "]),
        (b"\x80\n", ["\ufffd"]),
    ],
)
def test_lines_are_as_they_look_in_the_end(output: bytes, lines: Sequence[str]):
    assert split(output) == lines
    assert split(*(output[i : i + 1] for i in range(len(output)))) == lines


def test_a_bar_that_is_rewritten_for_long_is_seen_meanwhile():
    bar = [f"\r{percent}%".encode() for percent in range(0, 101, 10)]
    assert split(*bar, b"\n", seconds=4) == ["20%", "50%", "80%", "100%"]


def test_a_bar_is_not_told_twice():
    assert split(b"\r1%", b"\r2%", b"\r3%\r", b"\n", b"next\n", seconds=6) == ["2%", "3%", "next"]
    assert split(b"\r1%\r", b"\r2%\r", b"\r3%\r", b"\n", seconds=10) == ["2%", "3%"]


def test_a_long_line_is_cut_with_a_note(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(local_log, "LONGEST_LINE", 4)
    assert split(b"abcd\n", b"abc", b"defg\nx") == [
        "abcd",
        "abcd… [3 more bytes of this line are left out]",
        "x",
    ]


def test_the_reader_goes_on_where_it_stopped_and_takes_whole_lines_only(tmp_path: Path):
    path = tmp_path / "log.jsonl"
    reader = LogReader(path)
    assert list(reader.lines()) == []
    writer = LogWriter(path)
    writer.write(["one", "two \n \u2028"], 1.5)
    assert list(reader.lines()) == [(1.5, "one"), (1.5, "two \n \u2028")]
    with path.open("ab") as file:
        file.write(b'[2.5, "to')
    assert list(reader.lines()) == []
    with path.open("ab") as file:
        file.write(b'rn"]\nnonsense\n[]\n')
    assert [text for _, text in reader.lines()] == ["torn", "nonsense", "[]"]


def test_a_big_log_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(local_log, "_BLOCK", 1000)
    random.seed(0)
    lines = ["x" * random.randrange(300) for _ in range(500)]
    writer = LogWriter(tmp_path / "log.jsonl")
    writer.write(lines, 1)
    writer.close()
    assert [text for _, text in LogReader(tmp_path / "log.jsonl").lines()] == lines
