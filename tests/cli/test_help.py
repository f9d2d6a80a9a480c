"""What `--help` says, of every command."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator

import pytest

from tunesmith.cli import _parser, main
from tunesmith.cli_help import TEXTS


def words_of(parser: argparse.ArgumentParser, words: str = "") -> Iterator[str]:
    """The words of each command and action."""
    yield words
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, each in action.choices.items():
                yield from words_of(each, f"{words} {name}".strip())


def test_every_command_has_its_text():
    assert set(words_of(_parser())) == set(TEXTS)


@pytest.mark.parametrize("words", TEXTS)
def test_a_command_says_what_it_is_for(words: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main([*words.split(), "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    text = TEXTS[words]
    assert text.about in " ".join(shown.split())
    assert shown.endswith(f"example: tunesmith {text.example}\n")
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("words", TEXTS)
def test_an_example_can_be_run(words: str):
    example = TEXTS[words].example
    assert example.startswith(words)
    own = shlex.split(example.partition(" -- ")[0])
    assert _parser().parse_args(own).command == own[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            "submit a.py --epochs 2",
            "tunesmith submit: unknown arguments: --epochs 2; those of the script stand behind --",
        ),
        (
            "check a.py --jason",
            "tunesmith check: unknown arguments: --jason; see tunesmith check --help",
        ),
    ],
)
def test_an_argument_that_there_is_not(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit) as ended:
        main(arguments.split())
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"{said}\n"
