"""Commands in Python: strings, argument lists, comments and docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunesmith.sources.commands import prose, scripts
from tunesmith.sources.commands.found import CORE, comment_blocks
from tunesmith.sources.commands.marks import Mark, mark_at
from tunesmith.sources.launch_command import Argv, Word
from tunesmith.text import MappedText, Span

if TYPE_CHECKING:
    from tunesmith.sources.python_script import PythonScript
    from tunesmith.sources.python_strings import StringElement, StringLiteral

_STARTS_SHELL = re.compile(
    r"\b(?:system|popen|run|call|check_call|check_output|Popen|getoutput|getstatusoutput|split|exec"
    r"|spawn|sh|bash|shell)\(\s*$"
)


def find(source: MappedText, script: PythonScript | None) -> Iterator[Argv]:
    """The commands in Python text; in its comments and its lines alone where it cannot be read."""
    if script is None:
        yield from prose.find(source)
        return
    for block in comment_blocks(source):
        yield from prose.find(block)
    for literal in script.strings_matching(CORE):
        yield from _in_string(literal, script.text)
    for sequence in script.sequences_matching(CORE):
        words = [_word(element) for element in sequence.elements]
        yield Argv(words, _mark(script.text, sequence.span) is Mark.WRONG)


def _in_string(literal: StringLiteral, text: str) -> Iterator[Argv]:
    if literal.is_statement:
        return prose.find(literal.value)
    mark = _mark(text, literal.span)
    is_shell = literal.value.text.startswith("#!") or _STARTS_SHELL.search(
        text[max(0, literal.span.start - 80) : literal.span.start]
    )
    return scripts.find(literal.value, mark) if is_shell else prose.find(literal.value, mark)


def _word(element: StringElement) -> Word:
    prefix = element.value.text.partition("\ufffc")[0] if element.value else ""
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
