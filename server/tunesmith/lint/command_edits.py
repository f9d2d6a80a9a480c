"""Edits that put more words into a launch command, written as the words around them are."""

from __future__ import annotations

from tunesmith.sources.launch_command import LaunchCommand, Word
from tunesmith.text import Edit, Span


def insert_option(command: LaunchCommand, *words: str) -> Edit | None:
    """Write words behind `run`, separated as `run` is from the word before it.

    None where the command is not written out in one piece, as in a bash array.
    """
    run = len(command.action)
    between = _between(command, command.argv.words[run - 1], command.argv.words[run])
    return _insertion(command, command.argv.words[run], between, words)


def changed_option(command: LaunchCommand, name: str, value: str) -> Edit | None:
    """Give an option another value; None where its value is not written out as it is."""
    option = command.option(name)
    if option is None or not option.value:
        return None
    span = option.words[-1].span
    raw = command.raw(span)
    if raw.count(option.value) != 1:
        return None
    start = span.start + raw.index(option.value)
    return Edit(Span(start, start + len(option.value)), value)


def insert_behind(command: LaunchCommand, place: int, word: str) -> Edit | None:
    """Write a word behind the one at an index, separated as that is from the next."""
    before = command.argv.words[place]
    between = _between(command, before, command.argv.words[place + 1])
    return _insertion(command, before, between, (word,))


def _between(command: LaunchCommand, first: Word, second: Word) -> str | None:
    if first.span.end > second.span.start:
        return None
    return command.raw(Span(first.span.end, second.span.start))


def _insertion(
    command: LaunchCommand, behind: Word, between: str | None, words: tuple[str, ...]
) -> Edit | None:
    raw, text = command.raw(behind.span), behind.text
    if between is None or not behind.is_movable or not text or raw.count(text) != 1:
        return None
    added = "".join(between + raw.replace(text, word) for word in words)
    return Edit(Span(behind.span.end, behind.span.end), added)
