"""Findings as text, for people: the place, the message, the line with a caret, the fix."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.rule import Applicability, Fix, Severity
from tunesmith.named_tuple import NamedTuple
from tunesmith.output.result import Result, place_of
from tunesmith.text import Span

_MAX_CHARACTERS = 120
"""Longer lines are clipped around what is found."""
_BEFORE_SPAN = 40
_TAB = "    "
_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFORMATION: "36"}


class TextFormat(NamedTuple):
    """How to write.

    Attributes:
        colour: use terminal colours.
        unsafe_fixes: the user asked for unsafe fixes, so that they need no warning.
    """

    colour: bool = False
    unsafe_fixes: bool = False

    def render(self, result: Result) -> Iterator[str]:
        """The lines for one file, an empty one behind each finding."""
        for finding in result.findings:
            yield self._headline(result, finding)
            yield from self._snippet(result, finding)
            for index, fix in enumerate(finding.fixes):
                word = self._bold("or" if index else "fix")
                yield f"  = {word}: {printable(self._fix(fix))}"
            yield ""

    def _headline(self, result: Result, finding: Diagnostic) -> str:
        place = place_of(result.document, finding.span.start)
        cell = f"cell {place.cell}:" if place.cell is not None else ""
        where = self._bold(f"{printable(result.name)}:{cell}{place.row}:{place.column}:")
        severity = self._paint(finding.severity, finding.severity.name.lower())
        return f"{where} {severity} {finding.name}: {printable(finding.message)}"

    def _snippet(self, result: Result, finding: Diagnostic) -> Iterator[str]:
        lines = result.document.lines
        line = lines.line_span(lines.position(finding.span.start).line)
        text = result.document.text[line.start : line.end]
        start = finding.span.start - line.start
        end = max(start + 1, min(finding.span.end, line.end) - line.start)
        shown, offset = _clip(text, Span(start, end))
        before, marked = shown[: start - offset], shown[start - offset : end - offset]
        number = str(place_of(result.document, finding.span.start).row)
        margin = " " * len(number)
        carets = "^" * max(1, _width(marked))
        yield f"{margin} |"
        yield f"{number} | {printable(shown)}"
        yield f"{margin} | {' ' * _width(before)}{self._paint(finding.severity, carets)}"

    def _fix(self, fix: Fix) -> str:
        is_unsafe = fix.applicability is Applicability.UNSAFE
        return f"{fix.title} (unsafe)" if is_unsafe and not self.unsafe_fixes else fix.title

    def _bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def _paint(self, severity: Severity, text: str) -> str:
        return f"\x1b[1;{_COLOURS[severity]}m{text}\x1b[0m" if self.colour else text


def summary(results: Sequence[Result], fixed: int) -> str:
    """The last line: how many findings of which severity, and what can be fixed."""
    findings = [finding for result in results for finding in result.findings]
    done = f"Fixed {_plural(fixed, 'finding')}. " if fixed else ""
    if not findings:
        return f"{done}No findings in {_plural(len(results), 'file')}."
    counts = Counter(finding.severity for finding in findings)
    parts = [
        _plural(counts[Severity.ERROR], "error"),
        _plural(counts[Severity.WARNING], "warning"),
        f"{counts[Severity.INFORMATION]} information",
    ]
    shown = ", ".join(part for part in parts if not part.startswith("0 "))
    return f"{done}{shown} in {_plural(len(results), 'file')}.{_fixable(findings)}"


def printable(text: str) -> str:
    """The text on one line and without anything that would steer a terminal."""
    return "".join(map(_printable, text))


def _fixable(findings: Sequence[Diagnostic]) -> str:
    kinds = Counter(finding.fix.applicability for finding in findings if finding.fix)
    safe, unsafe = kinds[Applicability.SAFE], kinds[Applicability.UNSAFE]
    by_safe = f" {safe} can be fixed with --fix" if safe else ""
    by_unsafe = f" {unsafe} {'more ' if safe else 'can be fixed '}with --fix --unsafe-fixes"
    parts = [part for part in (by_safe, by_unsafe if unsafe else "") if part]
    return f"{','.join(parts)}." if parts else ""


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _clip(text: str, span: Span) -> tuple[str, int]:
    """The part of a line to show around a span, and the offset of its first character."""
    if len(text) <= _MAX_CHARACTERS:
        return text, 0
    start = max(0, min(span.start - _BEFORE_SPAN, len(text) - _MAX_CHARACTERS))
    part = text[start : start + _MAX_CHARACTERS]
    if start:
        part = "\N{HORIZONTAL ELLIPSIS}" + part[1:]
    if start + _MAX_CHARACTERS < len(text):
        part = part[:-1] + "\N{HORIZONTAL ELLIPSIS}"
    return part, start


def _printable(character: str) -> str:
    if character == "\t":
        return _TAB
    category = unicodedata.category(character)
    if category in ("Cc", "Cs", "Zl", "Zp") or character in _DIRECTION_MARKS:
        return "\N{REPLACEMENT CHARACTER}"
    return character


_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _width(text: str) -> int:
    """How many columns of a terminal a text takes, tabs as `printable` writes them."""
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if character == "\t":
        return len(_TAB)
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return int(character in _DIRECTION_MARKS)
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
