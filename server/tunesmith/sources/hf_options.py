"""Takes the options of `hf` out of the words of a command, as click does.

Options may stand before and after other words, `--` ends them, and short ones may be joined
(`-de K=V`). See `click.parser._OptionParser`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tunesmith.knowledge.hf_cli import Grammar, OptionSpec
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.launch_command import Option, Word

StopKind = Literal[
    "ambiguous-option",
    "bad-value",
    "help",
    "missing-argument",
    "missing-value",
    "unexpected-value",
    "unknown-option",
]


class Stop(NamedTuple):
    """Why `hf` ends without doing what it was asked for.

    Attributes:
        kind: what it complains of; "help" where it explains itself instead.
        word: the word that it complains of; None where one is missing at the end.
    """

    kind: StopKind
    word: Word | None


class Reading(NamedTuple):
    """A command as one release receives it.

    Attributes:
        options: what it takes for itself, in order.
        arguments: what it takes for its arguments, in order: script and script arguments, image and
            command, a schedule before them. A part of a word may stand as a word of its own.
        stop: why it ends without starting a job; None where it starts one.
    """

    options: Sequence[Option]
    arguments: Sequence[Word]
    stop: Stop | None


class Taken:
    """Words of a command, sorted; numbers are indices of the words.

    Attributes:
        options: what the parser takes for itself, in order.
        unknown: words that look like options but are none, less the letters that are some.
        positional: the other words.
        behind_separator: words behind `--`.
        stops: what is wrong with the options, in the order in which it is noticed.
    """

    def __init__(self) -> None:
        self.options: list[tuple[int, Option]] = []
        self.unknown: dict[int, Word] = {}
        self.positional: list[int] = []
        self.behind_separator: list[int] = []
        self.stops: list[Stop] = []


def take_options(words: Sequence[Word], grammar: Grammar, *, stops_early: bool = False) -> Taken:
    """Sort the words into options and the rest.

    Args:
        words: what stands behind the action.
        grammar: how the release in force reads them.
        stops_early: whether the first word that is no option ends the options.
    """
    taken = Taken()
    index = 0
    while index < len(words):
        text = words[index].known_text
        if words[index].text == "--":
            taken.behind_separator += range(index + 1, len(words))
            break
        if text.startswith("--"):
            index += _long_option(words, index, grammar, taken)
        elif len(text) > 1 and text.startswith("-"):
            index += _short_options(words, index, grammar, taken)
        elif stops_early:
            taken.positional += range(index, len(words))
            break
        else:
            taken.positional.append(index)
            index += 1
    return taken


def _long_option(words: Sequence[Word], index: int, grammar: Grammar, taken: Taken) -> int:
    """Take one long option; the number of words that it is made of."""
    word = words[index]
    name, equals, value = word.known_text.partition("=")
    spec = None
    if equals or word.text is not None:
        spec = grammar.options.get(name) or _abbreviated(name, grammar, taken)
    if spec is None:
        taken.unknown[index] = word
        taken.stops.append(Stop("unknown-option", word))
        return 1
    if spec.takes_value and not equals:
        return _option_with_next_word(words, index, spec, taken)
    if equals and not spec.takes_value:
        taken.stops.append(Stop("unexpected-value", word))
    own_value = value if equals and word.text is not None else None
    taken.options.append((index, Option(spec.name, word, own_value, [word], False)))
    return 1


def _abbreviated(name: str, grammar: Grammar, taken: Taken) -> OptionSpec | None:
    """The option that a beginning of its name stands for, before the script."""
    fixed = [argument for argument in grammar.arguments if not argument.takes_rest]
    meant = grammar.abbreviated(name) if len(taken.positional) < len(fixed) else ()
    return meant[0] if len(meant) == 1 else None


def _short_options(words: Sequence[Word], index: int, grammar: Grammar, taken: Taken) -> int:
    """Take the options of `-de K=V`, `-eK=V` or `-lr`; the number of words that they take."""
    word = words[index]
    letters = word.known_text[1:]
    unknown = ""
    used = 1
    for position, letter in enumerate(letters, start=1):
        spec = grammar.options.get(f"-{letter}")
        if spec is None:
            unknown += letter
            taken.stops.append(Stop("unknown-option", word))
            continue
        if not spec.takes_value:
            taken.options.append((index, Option(spec.name, word, None, [word], False)))
            continue
        rest = letters[position:]
        if rest or word.text is None:
            value = rest if word.text is not None else None
            taken.options.append((index, Option(spec.name, word, value, [word], False)))
        else:
            used = _option_with_next_word(words, index, spec, taken)
        break
    if unknown:
        whole = unknown == letters
        taken.unknown[index] = word if whole else word._replace(text=f"-{unknown}")
    return used


def _option_with_next_word(
    words: Sequence[Word], index: int, spec: OptionSpec, taken: Taken
) -> int:
    used = words[index : index + 2]
    if len(used) == 1:
        taken.stops.append(Stop("missing-value", used[0]))
    value = used[1].text if len(used) > 1 else None
    taken.options.append((index, Option(spec.name, used[0], value, list(used), False)))
    return len(used)
