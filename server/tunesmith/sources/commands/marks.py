"""Tells whether the words around a command say that it is wrong on purpose.

Documentation shows mistakes beside the right way. A finding in such a counter-example would only
annoy, so that a mark in doubt counts as a mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum

from tunesmith.text import regex


class Mark(Enum):
    """What a text says of the command that it stands at."""

    WRONG = "wrong"
    RIGHT = "right"


_WRONG_SIGN = regex(r"[❌✗✘🚫⛔❎👎🛑]|:x:|:no_entry(?:_sign)?:|错误")
_RIGHT_SIGN = regex(r"[✅✓✔👍🟢☑]|:(?:white|heavy)_check_mark:|正确")
_LEAD = r"^[\W_]*(?:(?:this|that|it)(?: is|'s)\s+)?(?:the\s+)?"
_NOUN = r"(?:\s+(?:way|usage|syntax|form|example|order|command|version|this|instead))?"
_LABEL_END = r"\s*(?:[:!.,;(*_\-\u2013\u2014]|$)"
_RIGHT_LABEL = regex(
    rf"{_LEAD}(?:correct(?:ly|ed)?|right|good|better|best|fixed|fix|solution|recommended|preferred"
    rf"|after|new|instead|works?|valid|ok|yes|use (?:this|the following|instead))\b"
    rf"{_NOUN}{_LABEL_END}",
    re.IGNORECASE,
)
_WRONG_LABEL = regex(
    rf"{_LEAD}(?:wrong|incorrect|bad|broken|invalid|old|before|outdated|deprecated|legacy|ignored"
    rf"|don'?ts?|avoid|never|fails?|instead of|worse|anti-?pattern|mistake|error)\b"
    rf"{_NOUN}{_LABEL_END}",
    re.IGNORECASE,
)
_FORBIDS = regex(
    r"^[\W_]*(?:(?:so|please|but|and|note|important|warning|caution)\W+)*"
    r"(?:do\s+not|don[\u2019']?t|never|avoid|not)\b"
    r"(?!\s+(?:forget|worry|need|have|hesitate|miss|want|edit|change|modify|remove|touch|commit|close"
    r"|interrupt|share|let|know)\b)",
    re.IGNORECASE,
)
_CONDEMNS = regex(
    r"\b(?:wrong|incorrect(?:ly)?|mistakes?|anti-?patterns?|deprecated|obsolete|outdated|misplaced"
    r"|no longer (?:works?|supported|valid)|not (?:valid|supported|allowed|correct|like this)"
    r"|(?:do(?:es)?|will|would)(?:n[\u2019']?t| not) work|won[\u2019']?t work|counter-?example"
    r"|should be [\"'`\u201c]|(?:must|should)(?: not|n[\u2019']?t) be"
    r"|bad (?:example|idea|practice))",
    re.IGNORECASE,
)
_COMPLAINS = regex(
    r"\b(?:fails|ignored|swallowed|dropped|rejected|broken|breaks|crashes"
    r"|(?:will|would) (?:silently )?(?:fail|break|error|crash))\b",
    re.IGNORECASE,
)
_CONDITION = regex(
    r"\b(?:if|when|whenever|in case|unless|after|once|to avoid|so that|or|otherwise|instead of)\b",
    re.IGNORECASE,
)
_NEGATED = regex(
    r"\b(?:not|never|instead of|rather than|avoid|don[\u2019']?t (?:use|run|write)|formerly"
    r"|previously|replac(?:es|ing)|renamed from|deprecated|legacy|used to be)\W*$",
    re.IGNORECASE,
)
_DISMISSED = regex(
    r"^[`\"']*\s*(?:(?:command|cli)\s+)?(?:(?:is|was|are|has been)\s+(?:now\s+)?\W*"
    r"(?:deprecated|removed|gone|obsolete|replaced|renamed|no longer)"
    r"|no longer works|(?:does|will) not work|doesn[\u2019']?t work"
    r"|\W*(?:for|on|in|with)\s+(?:older|old|earlier|previous)\b)",
    re.IGNORECASE,
)
_HEADING_OF_MISTAKES = regex(
    r"\b(?:wrong|incorrect|mistakes?|pitfalls?|anti-?patterns?|don[\u2019']?ts)\b"
    r"|^[\W\d_]*(?:do not|don[\u2019']?t|never|bad)\b",
    re.IGNORECASE,
)
_SENTENCE_END = regex(r"(?<=[.!?:;])\s+|\n\s*\n")
_COMMENT = regex(
    r"(?:^|\s)#+(?:\s|$)(.*)|^\W{0,4}\(([^()]*)\)|^\s*(?:<-+|←|//|--|\u2013|\u2014)(.*)"
)
_REACH = 4_000
"""How many characters above a command are looked at."""

_LONGEST_COMPLAINT = 90
"""A longer sentence explains something else that fails."""


def mark_of(text: str) -> Mark | None:
    """What a comment, a label or a paragraph in front of a command says of it."""
    sentences = [s for s in _SENTENCE_END.split(text.strip()) if s.strip(" *_#>-")]
    for sentence in reversed(sentences):
        found = _sign(sentence) or _label(sentence)
        if found:
            return found
    return _verdict(sentences[-1]) if sentences else None


def _verdict(sentence: str) -> Mark | None:
    if _FORBIDS.search(sentence):
        return Mark.WRONG
    found = _CONDEMNS.search(sentence)
    if found is None and len(sentence) <= _LONGEST_COMPLAINT:
        found = _COMPLAINS.search(sentence)
    if found is None or _CONDITION.search(sentence, 0, found.start()):
        return None
    return Mark.WRONG


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
    return beside or _above(
        text[max(0, line_start - _REACH) : line_start].split("\n")[:-1], is_talk
    )


def _beside(before: str, after: str) -> Mark | None:
    if not before.strip() and not after.strip():
        return None
    comment = _COMMENT.search(after)
    said = next((group for group in comment.groups() if group), "") if comment else ""
    found = mark_of(said) or _sign(after) or (Mark.WRONG if _DISMISSED.search(after) else None)
    if found or not before.strip():
        return found
    return Mark.WRONG if _NEGATED.search(before) else mark_of(before)


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
