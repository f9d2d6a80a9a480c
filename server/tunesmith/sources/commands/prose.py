"""Commands in text for people: docstrings, comments, printed messages, unlabelled fences.

Only what stands at the beginning of a line, behind a prompt, a bullet or a label (`Run it: ...`),
or between backticks is a command. Sentences that mention one are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial

from tunesmith.sources.commands.found import (
    LAUNCHES,
    Sought,
    substituted,
    unified_line_ends,
    without_long_lines,
)
from tunesmith.sources.commands.marks import Mark, mark_at
from tunesmith.sources.commands.shell import ShellText
from tunesmith.sources.launch_command import Argv, Word
from tunesmith.text import MappedText, Span, regex

PROMPT = (
    r"(?:\([\w. -]+\)[ \t]*)?(?:[\w.-]+@[^\s$#%>]+\s?)?"  # an environment, user and host
    r"(?:(?:PS[^>\n]*>|\$|%|❯|➜|>>>|>)[ \t]+|![ \t]*)"
)
_BEGINNING = (
    r"^[ \t]*(?:[*+\-•·|→]|\d+[.)]|[a-z][.)])?[ \t]*"  # a bullet
    r"(?:[❌✗✘🚫⛔✅✓✔☑️]+[ \t]*)?"
    r"(?:[^\n`\"']{0,80}?:[ \t]+(?:[❌✗✘🚫⛔✅✓✔️]+[ \t]*)?)?"  # a label
    rf"(?:{PROMPT})?"
    r"(?P<command>(?:(?:\w+=\S*|sudo(?:[ ]-\w+)*|time|nohup|exec|env|command|cd[ ]\S+[ ](?:&&|;)"
    r"|(?:\S*/)?python[\d.]*[ ]-m|uvx?(?:[ ]tool)?(?:[ ]run)?|pipx[ ]run|poetry[ ]run|pixi[ ]run"
    r"|--?[\w-]+(?:[= ](?:\"[^\"\n]*\"|'[^'\n]*'|[\w.\[\]=@>-]+))?)[ \t]+)*"
)
_PROMPTED = regex(r"[ \t]*[$%][ \t]")
_BACKTICKS = regex(r"(?<!`)(`{1,2})(?!`)((?:[^`]|(?<=\\)`)+?)(?<!`)\1(?!`)")
_SCRIPT = regex(r"\.py\b|https?://")
_WRAPPED = regex(r"\n([ \t]+)(?:https?://\S|\S+\.py\b|--?\w\S*[ \t][^\n]*(?:https?://|\.py\b))")
_CONTINUED = regex(r"\\?\\?\n")
_PROSE_WORD = regex(
    r"an?|and|are|as|at|but|by|can|commands?|does|for|from|has|if|in|into|is|it|like|must|on|or|should"
    r"|so|subcommand|that|the|then|this|to|via|when|where|which|while|will|with|your?"
    r"|[-\u2013\u2014\u2190\u2192&]|->|=>|//"
)


@cache
def _beginning(sought: Sought) -> re.Pattern[str]:
    return re.compile(f"{_BEGINNING}{sought.beginning})", re.MULTILINE)


def find(text: MappedText, outer: Mark | None = None, sought: Sought = LAUNCHES) -> Iterator[Argv]:
    """The commands in prose; `outer` is what stands in front of the text says of it."""
    text = without_long_lines(unified_line_ends(text))
    for start, end in [
        *_at_line_beginnings(text.text, sought),
        *_between_backticks(text.text, sought),
    ]:
        argv = _read(text, start, end, outer, sought)
        if argv:
            yield argv


def in_sentences(
    text: MappedText, outer: Mark | None = None, sought: Sought = LAUNCHES
) -> Iterator[Argv]:
    """The commands of a paragraph: between backticks, behind a prompt, or over several lines."""
    text = without_long_lines(text)
    typed = [
        place
        for place in _at_line_beginnings(text.text, sought)
        if _PROMPTED.match(text.text, text.text.rfind("\n", 0, place[0]) + 1)
        or "\\\n" in text.text[slice(*place)]
    ]
    for start, end in [*typed, *_between_backticks(text.text, sought)]:
        argv = _read(text, start, end, outer, sought)
        if argv:
            yield argv


def _at_line_beginnings(text: str, sought: Sought) -> Iterator[tuple[int, int]]:
    end = -1
    beginning = _beginning(sought)
    for mention in sought.mention.finditer(text):
        if mention.start() < end:
            continue
        match = beginning.match(text, text.rfind("\n", 0, mention.start()) + 1)
        if match:
            start = match.start("command")
            end = _end_of_command(text, start)
            yield start, end


def _end_of_command(text: str, start: int) -> int:
    """The end of the line, or of the last line that a backslash continues."""
    end = text.find("\n", start)
    while end > start and (text[end - 1] == "\\" or _goes_on_below(text, start, end)):
        end = text.find("\n", end + 1)
    return len(text) if end < 0 else end


def _goes_on_below(text: str, start: int, end: int) -> bool:
    """Whether a line without a script is wrapped: the next one is indented deeper and names it."""
    indent = start - (text.rfind("\n", 0, start) + 1)
    below = _WRAPPED.match(text, end)
    is_wrapped = below is not None and len(below[1]) > indent
    return is_wrapped and not _SCRIPT.search(text, start, end)


def _between_backticks(text: str, sought: Sought) -> Iterator[tuple[int, int]]:
    for match in _BACKTICKS.finditer(text):
        inside = text[match.start(2) : match.end(2)]
        beginning = _beginning(sought).match(inside) if sought.mention.search(inside) else None
        if beginning:
            yield match.start(2) + beginning.start("command"), match.end(2)


def _read(
    text: MappedText, start: int, end: int, outer: Mark | None, sought: Sought
) -> Argv | None:
    piece = substituted(text.part(start, end), _CONTINUED, lambda match: " " * len(match[0]))
    command = next(ShellText(piece).commands(sought.mention), None)
    if command is None:
        return None
    words = _without_prose(command.words, sought)
    if words is None:
        return None
    mark = mark_at(text.text, start, end, partial(_is_talk, sought)) or outer
    return Argv(words, mark is Mark.WRONG, command.folder, is_mention=True)


def _is_talk(sought: Sought, line: str) -> bool:
    is_command = sought.mention.search(line) or line.rstrip().endswith("\\")
    return not is_command and not _OPTION_LINE.match(line)


_OPTION_LINE = regex(r"\s*-{1,2}\w")


def _without_prose(words: list[Word], sought: Sought) -> list[Word] | None:
    """The words up to where a sentence goes on; None where they are a sentence from the start."""
    ends = (i for i, word in enumerate(words) if sought.name_end.fullmatch(word.text or ""))
    end = next(ends, len(words))
    for index in range(end + 1, len(words)):
        text = words[index].text
        follows_option = (words[index - 1].known_text).startswith("-")
        if text and _PROSE_WORD.fullmatch(text) and not follows_option:
            return None if index == end + 1 else words[:index]
    return _without_punctuation(words) if len(words) > end + 1 else None


def _without_punctuation(words: list[Word]) -> list[Word]:
    """The words with the full stop of the sentence cut off the last, unless that is quoted."""
    last = words[-1]
    text, (start, end) = last.text or "", last.span
    is_bare = last.is_movable and end - start == len(text) > 1
    if not is_bare or text[-1] not in ".,;:)" or text.endswith("..."):
        return words
    return [*words[:-1], Word(text[:-1], Span(start, end - 1))]
