"""How releases of `hf` read a command, compared with recordings of the real parsers."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from sources.launches import launch
from tunesmith.knowledge.hf_cli import Grammar, grammar
from tunesmith.sources.hf_options import Reading
from tunesmith.sources.hf_reading import read, read_as
from tunesmith.sources.launch_command import Word
from tunesmith.text import Span

RECORDED = json.loads((Path(__file__).parent / "data/hf_parses.json").read_text("utf-8"))
RECORDS = [(release, record) for release, records in RECORDED.items() for record in records]


def as_recorded(words: list[str], reading: Reading, grammar: Grammar) -> dict[str, Any]:
    if reading.stop:
        return {"words": words, "error": reading.stop.kind}
    return {
        "words": words,
        "options": stored(reading, grammar),
        "arguments": given(reading, grammar),
    }


def stored(reading: Reading, grammar: Grammar) -> dict[str, Any]:
    """Each option with what a parser stores for it."""
    found: dict[str, Any] = {}
    for option in reading.options:
        spec = grammar.options[option.name]
        value = option.value if spec.takes_value else spec.negates is None
        if spec.repeatable:
            found.setdefault(spec.name, []).append(value)
        else:
            found[spec.negates or spec.name] = value
    return found


def given(reading: Reading, grammar: Grammar) -> dict[str, Any]:
    """Each argument with its word or words."""
    texts = [word.text for word in reading.arguments]
    found: dict[str, Any] = {}
    for argument in grammar.arguments:
        found[argument.name] = texts if argument.takes_rest else texts.pop(0)
    return found


@pytest.mark.parametrize("release", RECORDED)
def test_reads_as_the_real_hf_does(release: str) -> None:
    for record in RECORDED[release]:
        words = record["words"]
        end = words.index("run") + 1
        found = grammar("hf", words[:end], Version(release))
        assert found is not None
        reading = read([Word(word, Span(0, 0)) for word in words[end:]], found)
        assert as_recorded(words, reading, found) == record


def test_the_recordings_hold_what_matters() -> None:
    assert {Version(release).release[:2] for release in RECORDED} >= {
        (0, 34),
        (0, 36),
        (1, 2),
        (1, 3),
    }
    read_well = [record for _, record in RECORDS if "error" not in record]
    assert len(read_well) > 400
    kinds = {record["error"] for _, record in RECORDS if "error" in record}
    assert kinds == {
        "ambiguous-option",
        "bad-value",
        "help",
        "missing-argument",
        "missing-value",
        "unexpected-value",
        "unknown-option",
    }


def texts(reading: Reading | None) -> tuple[list[str], list[str | None], str | None]:
    assert reading is not None
    return (
        [option.name for option in reading.options],
        [word.text for word in reading.arguments],
        reading.stop.kind if reading.stop else None,
    )


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("0.36.2", ([], ["train.py", "--flavor", "l4x1", "--lr", "1"], None)),
        ("1.2.4", (["--flavor"], ["train.py", "--lr", "1"], "unknown-option")),
        ("1.3.0", (["--flavor"], ["train.py", "--lr", "1"], None)),
        (None, (["--flavor"], ["train.py", "--lr", "1"], None)),
    ],
)
def test_options_behind_the_script(release: str | None, expected: tuple[object, ...]) -> None:
    command = launch("hf jobs uv run train.py --flavor l4x1 --lr 1")
    assert texts(read_as(command, Version(release) if release else None)) == expected


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("0.36.2", ([], [], "ambiguous-option")),
        ("1.2.4", ([], ["--secret", "T", "train.py"], "unknown-option")),
        ("2.4.0", ([], ["--secret", "T", "train.py"], None)),
    ],
)
def test_an_option_that_is_none(release: str, expected: tuple[object, ...]) -> None:
    command = launch("hf jobs uv run --secret T train.py")
    reading = read_as(command, Version(release))
    assert texts(reading) == expected
    assert reading
    assert reading.stop is None or reading.stop.word is command.unknown_options[0]


def test_a_variable_is_no_bad_value() -> None:
    command = launch("hf jobs uv run --flavor $FLAVOR train.py")
    assert texts(read_as(command, Version("1.2"))) == (["--flavor"], ["train.py"], None)


def test_a_release_without_the_command_reads_nothing() -> None:
    scheduled = launch("hf jobs scheduled uv run @daily train.py")
    assert read_as(scheduled, Version("0.34")) is None
    assert read_as(scheduled, Version("0.35"))
    assert read_as(launch("hf jobs uv run a.py"), Version("0.33")) is None
    assert read_as(launch("huggingface-cli jobs uv run a.py"), None) is None


def test_no_words_are_too_odd() -> None:
    choice = random.Random(1)
    parts = ["", "-", "--", "---", "-=", "--=", "-e", "-e=", "-eA=1", "--fl", "--s", "-h", "-dh"]
    parts += ["-d-", "-1", "-.5", "-é", "x", "a b", "@daily", "--no-suspend=1"]
    for release in ("0.34.0", "0.36.2", "1.2.4", "1.3.7", "2.4.0"):
        found = grammar("hf", ("jobs", "uv", "run"), Version(release))
        assert found
        for _ in range(500):
            texts = choice.choices(parts, k=choice.randint(0, 7))
            read([odd_word(text, choice.random() < 0.2) for text in texts], found)


def odd_word(text: str, is_unknown: bool) -> Word:
    return Word(None, Span(0, 0), prefix=text) if is_unknown else Word(text, Span(0, 0))
