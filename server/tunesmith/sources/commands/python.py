"""Commands in Python: strings, argument lists, comments and docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from tunesmith.sources.commands import prose, scripts
from tunesmith.sources.commands.found import HOLE, LAUNCHES, Sought, comment_blocks
from tunesmith.sources.commands.marks import Mark, mark_at
from tunesmith.sources.launch_command import Argv, Word
from tunesmith.text import MappedText, Span, regex

if TYPE_CHECKING:
    from tunesmith.sources.python_script import PythonScript
    from tunesmith.sources.python_strings import StringElement, StringLiteral

_GOES_ON = r"""|["'](?:[ \t]|--?\w|https?:)"""
_NEXT_PRINT = regex(r"""\s*,?\s*(?:\)\s*;?\s*[\w.]+\()?\s*""")
_STARTS_SHELL = regex(
    r"\b(?:system|popen|run|call|check_call|check_output|Popen|getoutput|getstatusoutput|split|exec"
    r"|spawn|sh|bash|shell)\(\s*$"
)

_ASSIGNED = regex(r"(\w+)\s*(?::[^=\n]*)?=\s*[\[(]\s*$")
_OF_HF = ("uv", "--flavor", "--secrets")
"""Words by which the arguments of `hf jobs` are told from those of other programs."""


def find(
    source: MappedText, script: PythonScript | None, sought: Sought = LAUNCHES
) -> Iterator[Argv]:
    """The commands in Python text; only those at a line's beginning where it does not parse."""
    for block in comment_blocks(source, sought):
        yield from prose.find(block, None, sought)
    if script is None:
        yield from prose.find(source, None, sought)
    else:
        yield from in_strings(script, sought)


def in_strings(script: PythonScript, sought: Sought = LAUNCHES) -> Iterator[Argv]:
    """The commands in the strings and the argument lists of a script or a notebook."""
    literals = list(script.strings_matching(sought.mention))
    if any(literal.value.text.endswith("\\") for literal in literals):
        literals = list(script.strings_matching(re.compile(sought.mention.pattern + _GOES_ON)))
    for printed in _printed_together(literals, script.text, sought):
        yield from _in_string(printed, script.text, sought)
    for sequence in script.sequences_matching(sought.mention):
        words = [_word(element) for element in sequence.elements]
        is_wrong = _mark(script.text, sequence.span) is Mark.WRONG
        yield Argv(_with_program(words, script.text), is_wrong)


def _printed_together(
    literals: Sequence[StringLiteral], text: str, sought: Sought
) -> Iterator[Sequence[StringLiteral]]:
    """The strings that mention a command, each with those printed directly behind it."""
    literals = sorted(literals, key=lambda literal: literal.span)
    for index, literal in enumerate(literals):
        if not sought.mention.search(literal.value.text):
            continue
        last = index
        while last + 1 < len(literals) and literals[last].value.text.endswith("\\"):
            between = text[literals[last].span.end : literals[last + 1].span.start]
            if not _NEXT_PRINT.fullmatch(between):
                break
            last += 1
        yield literals[index : last + 1]


def _in_string(literals: Sequence[StringLiteral], text: str, sought: Sought) -> Iterator[Argv]:
    first, last = literals[0], literals[-1]
    value = _lines([_with_braces(literal.value, text) for literal in literals])
    if first.is_statement:
        return prose.find(value, None, sought)
    mark = _mark(text, Span(first.span.start, last.span.end))
    is_shell = value.text.startswith("#!") or _STARTS_SHELL.search(
        text[max(0, first.span.start - 80) : first.span.start]
    )
    return scripts.find(value, mark, sought) if is_shell else prose.find(value, mark, sought)


def _lines(values: Sequence[MappedText]) -> MappedText:
    """The texts, each on a line of its own."""
    parts = [values[0]]
    for previous, value in pairwise(values):
        place = previous.ends[-1]
        parts += (MappedText("\n", [place], [place]), value)
    return MappedText.join(parts)


def _with_braces(value: MappedText, text: str) -> MappedText:
    """The text of an f-string, where an unknown part stands at its whole `{...}`."""
    if HOLE not in value.text:
        return value
    starts, ends = list(value.starts), list(value.ends)
    for index, character in enumerate(value.text):
        opening = text.rfind("{", 0, starts[index]) if character == HOLE else -1
        closing = text.find("}", ends[index]) if opening >= 0 else -1
        if closing >= 0 and not text[opening + 1 : starts[index]].strip():
            starts[index], ends[index] = opening, closing + 1
    return MappedText(value.text, starts, ends)


def _with_program(words: Sequence[Word], text: str) -> Sequence[Word]:
    """The arguments of `hf` as a whole command: `args = ["jobs", ...]`, then `run([hf, *args])`."""
    texts = [word.text for word in words]
    if texts[:1] != ["jobs"] or not any(each in _OF_HF for each in texts):
        return words
    start = words[0].span.start
    name = _ASSIGNED.search(text, max(0, start - 80), start)
    if name is None or f"*{name[1]}" not in text:
        return words
    return [Word("hf", Span(start, start), is_movable=False), *words]


def _word(element: StringElement) -> Word:
    prefix = element.value.text.partition(HOLE)[0] if element.value else ""
    return Word(
        element.text,
        element.span,
        is_movable=element.value is not None or element.text is None,
        prefix="" if element.text is not None else prefix,
        is_open=element.is_unpacked,
    )


def _mark(text: str, span: Span) -> Mark | None:
    return mark_at(text, span.start, span.end, _is_comment)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")
