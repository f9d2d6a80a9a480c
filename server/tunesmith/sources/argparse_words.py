"""Reads the words of a command as `argparse` does, for `hf` up to huggingface_hub 0.36.

Follows `ArgumentParser._parse_known_args` of Python 3.10 and 3.11, for options with one value or
none and arguments with one word or all the rest. Newer releases of Python complain of an ambiguous
option only where it is not handed on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tunesmith.knowledge.hf_cli import Grammar, OptionSpec
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.hf_options import Reading, Stop, StopKind
from tunesmith.sources.launch_command import Option, Word
from tunesmith.text import regex

_NEGATIVE_NUMBER = regex(r"-\d+|-\d*\.\d+")
_ONE, _REST = "(-*A-*)", "([-AO]*)"


class _Looks(NamedTuple):
    """What a word that looks like an option stands for.

    Attributes:
        spec: the option; None where it is unknown.
        value: the text behind "=" or behind a short name; None where there is none.
    """

    spec: OptionSpec | None
    value: str | None


class _StoppedError(Exception):
    def __init__(self, kind: StopKind, word: Word | None) -> None:
        self.stop = Stop(kind, word)


def read_with_argparse(words: Sequence[Word], grammar: Grammar) -> Reading:
    """The words behind the action, up to the first thing that ends the program."""
    reader = _Reader(words, grammar)
    try:
        reader.read()
    except _StoppedError as stopped:
        return Reading(reader.options, reader.arguments, stopped.stop)
    return Reading(reader.options, reader.arguments, None)


class _Reader:
    """Marks every word as option (O), argument (A) or the first `--` (-), then consumes marks."""

    def __init__(self, words: Sequence[Word], grammar: Grammar) -> None:
        self._words = words
        self._grammar = grammar
        self._wanted = [_REST if a.takes_rest else _ONE for a in grammar.arguments]
        self._looks: dict[int, _Looks] = {}
        self._marks = ""
        self._unknown: list[Word] = []
        self.options: list[Option] = []
        self.arguments: list[Word] = []

    def read(self) -> None:
        for index, word in enumerate(self._words):
            self._mark(index, word)
        index = 0
        while (option := self._marks.find("O", index)) >= 0:
            end = self._take_arguments(index) if index < option else index
            if end == index < option:
                self._unknown += self._words[index:option]
                end = option
            index = end if end != option else self._take_option(option)
        index = self._take_arguments(index)
        self._unknown += self._words[index:]
        if _ONE in self._wanted:
            raise _StoppedError("missing-argument", None)
        if self._unknown:
            raise _StoppedError("unknown-option", self._unknown[0])

    def _mark(self, index: int, word: Word) -> None:
        if "-" in self._marks:
            self._marks += "A"
        elif word.text == "--":
            self._marks += "-"
        elif looks := self._look(word):
            self._looks[index] = looks
            self._marks += "O"
        else:
            self._marks += "A"

    def _look(self, word: Word) -> _Looks | None:
        """What the word looks like; None where it is no option."""
        text = word.known_text
        if len(text) < 2 or not text.startswith("-"):
            return None
        options = self._grammar.options
        name, equals, value = text.partition("=")
        if text in options:
            return _Looks(options[text], None)
        if equals and name in options:
            return _Looks(options[name], value)
        if text[:2] in options:
            return _Looks(options[text[:2]], text[2:])
        meant = self._grammar.abbreviated(name)
        if len(meant) > 1:
            raise _StoppedError("ambiguous-option", word)
        if meant:
            return _Looks(meant[0], value if equals else None)
        is_plain = " " in text or _NEGATIVE_NUMBER.fullmatch(text)
        return None if is_plain else _Looks(None, None)

    def _take_arguments(self, index: int) -> int:
        """Give words to as many arguments as get some; the index behind them."""
        for count in range(len(self._wanted), 0, -1):
            pattern = re.compile("".join(self._wanted[:count]))
            if match := pattern.match(self._marks, index):
                for group, wanted in enumerate(self._wanted[:count], start=1):
                    given = range(match.start(group), match.end(group))
                    is_one = wanted == _ONE  # then the `--` beside it is dropped
                    self.arguments += [
                        self._words[i] for i in given if not (is_one and self._marks[i] == "-")
                    ]
                del self._wanted[:count]
                return match.end()
        return index

    def _take_option(self, index: int) -> int:
        """Take the options of one word, with the next word where it is a value."""
        word = self._words[index]
        spec, value = self._looks[index]
        while True:
            if spec is None:
                self._unknown.append(word)
                return index + 1
            if spec.takes_value:
                return self._take_valued(index, spec, value)
            if value and word.known_text.startswith("--"):
                raise _StoppedError("unexpected-value", word)
            self._take(spec, None, [word])
            if not value:
                return index + 1
            name, value = f"-{value[0]}", value[1:] or None
            spec = self._grammar.options.get(name)
            if spec is None:
                raise _StoppedError("unexpected-value", word)

    def _take_valued(self, index: int, spec: OptionSpec, value: str | None) -> int:
        word = self._words[index]
        if value is not None:
            self._take(spec, value if word.text is not None else None, [word])
            return index + 1
        if self._marks[index + 1 : index + 2] != "A":
            raise _StoppedError("missing-value", word)
        following = self._words[index + 1]
        self._take(spec, following.text, [word, following])
        return index + 2

    def _take(self, spec: OptionSpec, value: str | None, words: Sequence[Word]) -> None:
        if spec.name == "--help":
            raise _StoppedError("help", words[0])
        self.options.append(Option(spec.name, words[0], value, words, False))
