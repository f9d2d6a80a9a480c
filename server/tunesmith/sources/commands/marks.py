"""Tells whether the words around a command say that it is wrong on purpose.

Documentation shows mistakes beside the right way. A finding in such a counter-example would only
annoy, so that a mark in doubt counts as a mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum


class Mark(Enum):
    """What a text says of the command that it stands at."""

    WRONG = "wrong"
    RIGHT = "right"


_WRONG_SIGN = re.compile("[❌✗✘🚫⛔❎👎🛑]|\\[[xX]\\](?= )|:x:|:no_entry:|:no_entry_sign:")
_RIGHT_SIGN = re.compile("[✅✓✔👍🟢☑]|:white_check_mark:|:heavy_check_mark:")
_LEAD = r"^[\W_]*(?:(?:this|that|it)(?: is|'s)\s+)?(?:the\s+)?"
_RIGHT_LABEL = re.compile(
    _LEAD + r"(?:correct(?:ly|ed)?|right|good|better|best|fixed|fix|solution|recommended|preferred"
    r"|after|new|instead|works?|valid|ok|yes|use (?:this|the following|instead))\b"
    r"(?:\s+(?:way|usage|syntax|form|example|order|command|version|this|instead))?\s*(?:[:!.,;(\-–—*_]|$)",
    re.I,
)
_WRONG_LABEL = re.compile(
    _LEAD + r"(?:wrong|incorrect|bad|broken|invalid|old|before|outdated|deprecated|legacy"
    r"|don'?t|avoid|never|fails?|instead of|worse|anti-?pattern|mistake|error)\b"
    r"(?:\s+(?:way|usage|syntax|form|example|order|command|version|this))?"
    r"\s*(?:[:!.,;(\-–—*_]|$)",
    re.I,
)
_FORBIDS = re.compile(
    r"^[\W_]*(?:(?:so|please|but|and|note|important|warning|caution)\W+)*"
    r"(?:do\s+not|don[’']?t|never|avoid|not)\b(?!\s+(?:forget|worry|need|have\s+to|hesitate|miss))",
    re.I,
)
_CONDEMNS = re.compile(
    r"\b(?:wrong|incorrect(?:ly)?|mistakes?|anti-?patterns?|deprecated|obsolete|outdated|misplaced"
    r"|no longer (?:works?|supported|valid)|not (?:valid|supported|allowed|correct|like this)"
    r"|(?:do(?:es)?|will|would)(?:n[’']?t| not) work|won[’']?t work"
    r"|(?:is|are|gets?|be|being|silently) (?:silently )?(?:ignored|swallowed|dropped|rejected)"
    r"|(?:will|would) (?:silently )?(?:fail|break|error|be ignored|crash)|fails\b|counter-?example"
    r"|should be [\"'`“]|must not|should not|shouldn[’']?t|bad (?:example|idea|practice)|broken)",
    re.I,
)
_HEADING_OF_MISTAKES = re.compile(
    r"\b(?:wrong|incorrect|mistakes?|pitfalls?|anti-?patterns?|don[’']?ts?|do not|never|bad)\b",
    re.I,
)
_CONDITION = re.compile(
    r"\b(?:if|when|whenever|in case|unless|after|once|to avoid|so that|or)\b", re.I
)
_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+|\n\s*\n")


def mark_of(text: str) -> Mark | None:
    """What a comment, a label or a paragraph in front of a command says of it."""
    sentences = [s for s in _SENTENCE_END.split(text.strip()) if s.strip(" *_#>-")]
    for sentence in reversed(sentences):
        found = _sign(sentence) or _label(sentence)
        if found:
            return found
    for sentence in reversed(sentences[-2:]):
        if _FORBIDS.search(sentence):
            return Mark.WRONG
        condemned = _CONDEMNS.search(sentence)
        if condemned and not _CONDITION.search(sentence[: condemned.start()]):
            return Mark.WRONG
    return None


def _sign(text: str) -> Mark | None:
    wrong, right = _WRONG_SIGN.search(text), _RIGHT_SIGN.search(text)
    if wrong and right:
        return Mark.WRONG if wrong.start() > right.start() else Mark.RIGHT
    if wrong or right:
        return Mark.WRONG if wrong else Mark.RIGHT
    return None


def _label(text: str) -> Mark | None:
    if _WRONG_LABEL.search(text):
        return Mark.WRONG
    return Mark.RIGHT if _RIGHT_LABEL.search(text) else None


def heading_mark(text: str) -> Mark | None:
    """What a heading says of all commands below it."""
    if _HEADING_OF_MISTAKES.search(text):
        return _sign(text) or Mark.WRONG
    return _sign(text) or _label(text)


def mark_at(text: str, start: int, end: int, is_talk: Callable[[str], bool]) -> Mark | None:
    """The nearest mark of the command at `text[start:end]`: beside it, or in the lines above.

    Args:
        text: lines that hold the command and what is said about it.
        start: where the command begins.
        end: where it ends.
        is_talk: whether a line speaks about commands (a comment, prose) and is none itself.
    """
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    beside = _beside(text[line_start:start], text[end : len(text) if line_end < 0 else line_end])
    return beside or _above(text[:line_start].split("\n")[:-1], is_talk)


def _beside(before: str, after: str) -> Mark | None:
    comment = after.partition("#")[2]
    found = mark_of(comment) if comment.strip() else None
    return found or _sign(after) or (mark_of(before) if before.strip() else None)


def _above(lines: Sequence[str], is_talk: Callable[[str], bool]) -> Mark | None:
    """The mark in the nearest lines of talk. A blank line ends a mark's reach once a command or
    another talk stands between."""
    talk: list[str] = []
    passed_command = passed_blank = False
    for line in reversed(lines):
        if not line.strip():
            if talk:
                break
            passed_blank = True
        elif is_talk(line):
            if passed_command and passed_blank:
                break
            talk.insert(0, line.strip(" \t#>*-"))
            if _sign(line):
                break
        elif talk:
            found = mark_of("\n".join(talk))
            if found:
                return found
            talk, passed_command = [], True
        else:
            if passed_blank:
                break
            passed_command = True
    return mark_of("\n".join(talk)) if talk else None
