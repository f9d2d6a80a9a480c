"""What a release of `hf` makes of a command, to the letter.

`launch_parser` reads what the author meant; here, `--secret` becomes the script where the release
takes it for one, and options behind the script go to the script where they do.
"""

from __future__ import annotations

from collections.abc import Sequence

from packaging.version import Version

from tunesmith.knowledge.hf_cli import Grammar, OptionSpec, grammar
from tunesmith.sources.argparse_words import read_with_argparse
from tunesmith.sources.hf_options import Reading, Stop, Taken, take_options
from tunesmith.sources.launch_command import LaunchCommand, Option, Word


def read_as(command: LaunchCommand, hub: Version | None) -> Reading | None:
    """A command as a release reads it; None where that release has no such command.

    Args:
        command: any launch command.
        hub: the release of huggingface_hub; None means the newest that is known.
    """
    if command.program == "huggingface-cli":
        return None  # never had jobs
    found = grammar(command.program, command.action, hub)
    behind_action = command.argv.words[1 + len(command.action) :]
    return read(behind_action, found) if found else None


def read(words: Sequence[Word], grammar: Grammar) -> Reading:
    """The words behind the action as a grammar reads them."""
    if grammar.parser == "argparse":
        return read_with_argparse(words, grammar)
    taken = take_options(words, grammar)
    if grammar.unknown == "argument":
        taken.stops = [stop for stop in taken.stops if stop.kind != "unknown-option"]
    indices = sorted({*taken.positional, *taken.unknown})
    arguments = [taken.unknown.get(index, words[index]) for index in indices]
    arguments += [words[index] for index in taken.behind_separator]
    options = [option for _, option in taken.options]
    return Reading(options, arguments, _first_stop(taken, options, arguments, grammar))


def _first_stop(
    taken: Taken, options: Sequence[Option], arguments: Sequence[Word], grammar: Grammar
) -> Stop | None:
    """In click's order: how options are written, `--help`, their values, what is missing."""
    if taken.stops:
        return taken.stops[0]
    for option in options:
        if option.name == "--help":
            return Stop("help", option.flag)
    for option in options:
        spec = grammar.options[option.name]
        counts = spec.repeatable or option is _last(option.name, options)
        if counts and not _is_taken(option.value, spec):
            return Stop("bad-value", option.words[-1])
    needed = sum(argument.arity in ("1", "+") for argument in grammar.arguments)
    return Stop("missing-argument", None) if len(arguments) < needed else None


def _last(name: str, options: Sequence[Option]) -> Option:
    return next(option for option in reversed(options) if option.name == name)


def _is_taken(value: str | None, spec: OptionSpec) -> bool:
    """Whether the parser takes a value; one that is not known may be right."""
    if value is None:
        return True
    if spec.choices:
        return value in spec.choices
    convert = {"integer": int, "number": float}.get(spec.type or "", str)
    try:
        convert(value)
    except ValueError:
        return False
    return True
