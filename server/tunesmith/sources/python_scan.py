"""A cheap look at Python code for what its native parser cannot take.

libcst's parser recurses on the C stack, needs quadratic time for long chains of operators, calls
or attributes, and exponential time for nested patterns of `match`. Nothing can stop it once it
runs. So code beyond these limits is not parsed at all; code that people write stays far below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunesmith.text import regex

MAX_BRACKET_DEPTH = 100
MAX_PATTERN_DEPTH = 6
MAX_EXPRESSION = 2_000
"""Characters between two commas; strings, comments and line breaks not counted."""
MAX_STATEMENT = 10_000
"""Brackets, commas, strings and comments in one logical line."""
MAX_TOKENS = 120_000
"""The same in a whole file, and its lines: 3 s of parsing."""
MAX_COST = 20_000_000
"""Sum of the squares of long expressions and of the depths of deep brackets: 2 s of parsing."""
MAX_ELIFS = 250

_LONG_EXPRESSION = 300
_DEEP_BRACKET = 15
_CALL_WEIGHT = 6  # characters that a pair of brackets counts for, whatever is inside

TOKEN = regex(
    r"""(?P<triple>[a-zA-Z]{0,2}(?:'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:''')?
            |\"\"\"[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:\"\"\")?))
    |(?P<string>[a-zA-Z]{0,2}(?:'[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*'?
            |"[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*"?))
    |(?P<comment>\#[^\r\n]*)
    |(?P<open>[\[({])
    |(?P<close>[\])}])
    |(?P<comma>[,;])
    |(?P<continuation>\\(?:\r\n|\n|\r)[ \t\f]*)
    |(?P<newline>(?:\r\n|\n|\r)[ \t\f]*)""",
    re.VERBOSE | re.DOTALL,
)
TRIPLE, STRING, COMMENT, OPEN, CLOSE, COMMA, CONTINUATION, NEWLINE = range(1, 9)
_BRACKET = regex(r"[\[({]|[\])}]")
_LONG_HOLE = regex(rf"\{{[^{{}},]{{{MAX_EXPRESSION}}}")
_FORMATTED = regex(r"[a-zA-Z]?[fFtT]")
_CASE = regex(r"case\b")
_ELIF = regex(r"^[ \t\f]*elif\b", re.MULTILINE)


def find_excess(text: str) -> tuple[int, str] | None:
    """The first thing that makes code unsafe to parse: its offset and what it is."""
    for excess in _excesses(text):
        return excess
    return None


def _excesses(text: str) -> Iterator[tuple[int, str]]:
    if text.count("elif") > MAX_ELIFS and len(_ELIF.findall(text)) > MAX_ELIFS:
        yield 0, f"more than {MAX_ELIFS} `elif`"
    measure = _Measure(text)
    for match in TOKEN.finditer(text):
        measure.add(match)
        if measure.excess:
            yield measure.excess
    measure.end_expression(len(text))
    if measure.excess:
        yield measure.excess


class _Measure:
    """Adds up, token by token, what makes parsing expensive.

    Attributes:
        excess: the first limit that is passed: an offset and what it is.
    """

    def __init__(self, text: str) -> None:
        self.excess: tuple[int, str] | None = None
        self._text = text
        self._brackets: list[int] = []  # how long the expression around each open bracket was
        self._start = len(text) - len(text.lstrip(" \t\f"))
        """Of the expression, moved on by what does not count."""
        self._cost = 0
        self._tokens = 0
        self._tokens_before_statement = 0
        self._is_case = bool(_CASE.match(text))

    def add(self, match: re.Match[str]) -> None:
        kind, at = match.lastindex, match.start()
        self._tokens += 1
        if kind == OPEN:
            self._brackets.append(at - self._start)
            self._start = at + 1
            self._measure_depth()
        elif kind == CLOSE:
            self.end_expression(at)
            outer = self._brackets.pop() + _CALL_WEIGHT if self._brackets else 0
            self._start = at + 1 - outer
        elif kind == COMMA:
            self.end_expression(at)
            self._start = at + 1
        elif kind == NEWLINE and not self._brackets:
            self.end_expression(at)
            self._start = match.end()
            self._tokens_before_statement = self._tokens
            self._is_case = bool(_CASE.match(self._text, self._start))
        else:
            self._start += match.end() - at
            if kind in (TRIPLE, STRING) and _FORMATTED.match(match[0]):
                self._measure_formatted(match[0])

    def end_expression(self, offset: int) -> None:
        """Weigh the expression that ends here, and check the totals."""
        length = offset - self._start
        if length > _LONG_EXPRESSION:
            self._cost += length * length
            if length > MAX_EXPRESSION:
                self._exceed(f"an expression of over {MAX_EXPRESSION:,} characters without a comma")
        if self._cost > MAX_COST:
            self._exceed("too many long or deeply nested expressions")
        if self._tokens - self._tokens_before_statement > MAX_STATEMENT:
            self._exceed(f"a statement of over {MAX_STATEMENT:,} parts")
        if self._tokens > MAX_TOKENS:
            self._exceed(f"more than {MAX_TOKENS:,} parts")

    def _measure_depth(self) -> None:
        depth = len(self._brackets)
        if depth > (MAX_PATTERN_DEPTH if self._is_case else MAX_BRACKET_DEPTH):
            self._exceed(f"brackets nested {depth} deep")
        elif self._is_case:
            self._cost += 25 * 4**depth
        elif depth > _DEEP_BRACKET:
            self._cost += 250 * depth

    def _measure_formatted(self, literal: str) -> None:
        """An f-string's holes hold code, which is not told from its text here."""
        self._tokens += literal.count("{")
        if len(literal) > MAX_EXPRESSION and _LONG_HOLE.search(literal):
            self._exceed(f"an f-string with an expression of over {MAX_EXPRESSION:,} characters")
        if sum(map(literal.count, "([{")) <= _DEEP_BRACKET:
            return
        brackets: list[str] = []  # those inside holes
        for match in _BRACKET.finditer(literal.replace("{{", "").replace("}}", "")):
            bracket = match[0]
            if bracket == "{" or (bracket in "([" and brackets):
                brackets.append(bracket)
            elif brackets and (bracket == "}" or brackets[-1] != "{"):
                while brackets.pop() != "{" and bracket == "}":
                    pass
            depth = len(brackets)
            if depth > _DEEP_BRACKET:
                self._cost += 250 * depth
            if depth > MAX_BRACKET_DEPTH:
                self._exceed(f"an f-string with brackets nested {depth} deep")

    def _exceed(self, reason: str) -> None:
        self.excess = self.excess or (self._start, reason)
