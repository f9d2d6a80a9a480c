"""A command that starts a Hugging Face Job, read as the `hf` command line reads it.

The words come from anywhere: a shell script, a Markdown fence, a Python list. Every word
knows where it stands, so that a finding underlines just the word and a fix touches just the word.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import PurePosixPath

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.document import Document
from tunesmith.text import Span


class Word(NamedTuple):
    """One argument of a command.

    Attributes:
        text: what the program receives; None where a variable or a substitution decides.
        span: the document's place of the word as written, quotes included.
        is_movable: the raw text between the span's ends stands for the word by itself, so that it
            may be written elsewhere in the same command (a word glued together from two Python
            string literals may not).
        prefix: the known text that an unknown word begins with: "--flavor=" of `--flavor=$F`.
        is_open: it may stand for any number of words: an unquoted variable, "$@", `*more`.
    """

    text: str | None
    span: Span
    is_movable: bool = True
    prefix: str = ""
    is_open: bool = False

    @property
    def known_text(self) -> str:
        """What is known of it, from its beginning."""
        return self.prefix if self.text is None else self.text


class Argv(NamedTuple):
    """The words of one command, program first, as found in a document.

    Attributes:
        words: the program and its arguments. They stand one behind the other, except for words of
            a bash array or of a variable: those have their places where they are assigned.
        is_counter_example: the text around says that the command is wrong on purpose.
        folder_hint: a folder that the command changes to first (`cd DIR && ...`), if it says so.
        is_mention: it stands in prose, where it is a command only if it names a script.
    """

    words: Sequence[Word]
    is_counter_example: bool = False
    folder_hint: str | None = None
    is_mention: bool = False


class Option(NamedTuple):
    """An option that `hf` takes for itself.

    Attributes:
        name: the long name, "--flavor" also where "-f" is written.
        flag: the word that names it ("--flavor" or "--flavor=a10g-small").
        value: its value; None for a flag without value, a missing value, or an unknown one.
        words: every word that it is made of, in order.
        after_script: it stands after the script (or the image).
    """

    name: str
    flag: Word
    value: str | None
    words: Sequence[Word]
    after_script: bool

    @property
    def span(self) -> Span:
        return enclosing_span(self.words)


class LaunchCommand(NamedTuple):
    """An `hf jobs run`, `hf jobs uv run` or `hf jobs scheduled ... run` command.

    Attributes:
        document: where it stands.
        argv: the words as found.
        program: "hf", "huggingface-cli", "hfjobs" or "huggingface_hub" (`python -m`).
        action: the subcommand words, as ("jobs", "uv", "run").
        hub: the huggingface_hub release that the command itself pins (`uvx --from`), if any.
        options: the options that a current `hf` takes, before and after the script.
        unknown_options: words before the script that look like options but are none.
        target: the script (or the image of `jobs run`); None where there is none.
        target_arguments: what the script (or the container) receives, `--` left out.
    """

    document: Document
    argv: Argv
    program: str
    action: Sequence[str]
    hub: str | None
    options: Sequence[Option]
    unknown_options: Sequence[Word]
    target: Word | None
    target_arguments: Sequence[Word]

    @property
    def path(self) -> PurePosixPath:
        return self.document.path

    def raw(self, span: Span) -> str:
        """The document's text at a span."""
        return self.document.text[span.start : span.end]

    @cached_property
    def span(self) -> Span:
        return enclosing_span(self.argv.words)

    @property
    def is_inline(self) -> bool:
        """Whether it stands in a sentence, between backticks, and may be shortened there."""
        return is_inline(self.argv, self.document)

    @cached_property
    def open_words(self) -> Sequence[Word]:
        """Those that may stand for further words; a variable behind `--flavor` is its value."""
        values = {id(option.words[-1]) for option in self.options if len(option.words) > 1}
        return [word for word in self.argv.words if word.is_open and id(word) not in values]

    @property
    def runs_uv_script(self) -> bool:
        return "uv" in self.action

    @property
    def script(self) -> str | None:
        """The script's path or URL as written; None for images and for unknown words."""
        return self.target.text if self.target and self.runs_uv_script else None

    @property
    def arguments_before_separator(self) -> Iterator[Word]:
        """The target's arguments up to a `--`: the place where an option for `hf` may be meant."""
        words = itertools.takewhile(lambda word: word.text != "--", self.argv.words)
        before = {id(word) for word in words}
        return (word for word in self.target_arguments if id(word) in before)

    def option(self, name: str) -> Option | None:
        """The last option of that long name: the one that wins."""
        return next((o for o in reversed(self.options) if o.name == name), None)


def enclosing_span(words: Sequence[Word]) -> Span:
    """The span from the first place of any of the words to the last; there must be a word."""
    return Span(min(word.span.start for word in words), max(word.span.end for word in words))


def is_inline(argv: Argv, document: Document) -> bool:
    """Whether a command stands in a sentence, between backticks, and may be shortened there."""
    start = argv.words[0].span.start
    line = document.text.rfind("\n", 0, start) + 1
    before = document.text[line:start]
    return argv.is_mention and (before.endswith("`") or before.count("`") % 2 == 1)
