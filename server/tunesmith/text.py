"""Offsets, lines and columns: the only module that converts between them.

Inside Tunesmith a position is an offset into a document's text in code points, and a place is a
`Span` of two offsets. Editors speak (line, UTF-16 column), people (line, code-point column).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, AnyStr, cast

from tunesmith.named_tuple import NamedTuple


class _Regex:
    """Compiles its expression when it is first asked for a method, which it then keeps."""

    def __init__(self, expression: Any, flags: int) -> None:
        self._expression, self._flags = expression, flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self._expression, self._flags), name)
        setattr(self, name, value)
        return value


class _RegexWithWords:
    """Searches texts that hold a word, and compiles its expression for the first of them."""

    def __init__(self, regex: _Regex, words: Sequence[str], *, ignores_case: bool) -> None:
        self._regex, self._words, self._ignores_case = regex, words, ignores_case

    def search(self, text: str) -> re.Match[str] | None:
        looked_at = text.casefold() if self._ignores_case else text
        is_possible = any(word in looked_at for word in self._words)
        return self._regex.search(text) if is_possible else None


def regex(expression: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, but at the first use: of hundreds of expressions, a check uses a few dozen.

    It is for calling its methods: functions such as `re.split` do not take it.
    """
    return cast("re.Pattern[AnyStr]", _Regex(expression, flags))


def regex_with_words(expression: str, words: Sequence[str], flags: int = 0) -> re.Pattern[str]:
    """An expression to `search` whole files for, most of which hold none of some words.

    One of the words stands in every match; they are in lower case where the case is ignored.
    Looking for them is some twenty times as fast as trying many alternatives at each character.
    """
    ignores_case = bool(flags & re.IGNORECASE)
    found = _RegexWithWords(_Regex(expression, flags), words, ignores_case=ignores_case)
    return cast("re.Pattern[str]", found)


def close_matches(
    word: str, possible: Iterable[str], n: int = 3, cutoff: float = 0.6
) -> Sequence[str]:
    """As `difflib.get_close_matches`, which is imported when something is misspelt."""
    from difflib import get_close_matches

    return get_close_matches(word, list(possible), n, cutoff)


_LINE_BREAK = regex(r"\r\n|\n|\r")


class Span(NamedTuple):
    """A half-open range of code-point offsets."""

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def touches(self, other: Span) -> bool:
        """Whether the two share a character or meet at an end (an empty span has only ends)."""
        return self.start <= other.end and other.start <= self.end


class Edit(NamedTuple):
    """Replace the text of `span` by `text`."""

    span: Span
    text: str


class Position(NamedTuple):
    """A 0-based line and a 0-based column; the unit of the column is the caller's choice."""

    line: int
    column: int


class LineIndex:
    """Converts offsets of one text to lines and columns, and back.

    Lines end at LF, CRLF or CR, as in the Language Server Protocol. Form feed and U+2028 are
    ordinary characters.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]

    @property
    def line_count(self) -> int:
        return len(self._starts)

    def line_span(self, line: int) -> Span:
        """The span of a 0-based line without its line break."""
        start = self._starts[line]
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self._text)
        while end > start and self._text[end - 1] in "\r\n":
            end -= 1
        return Span(start, end)

    def line_text(self, line: int) -> str:
        span = self.line_span(line)
        return self._text[span.start : span.end]

    def position(self, offset: int) -> Position:
        """Line and code-point column of an offset; an offset past the end is the end."""
        offset = max(0, min(offset, len(self._text)))
        line = bisect_right(self._starts, offset) - 1
        return Position(line, offset - self._starts[line])

    def offset(self, position: Position) -> int:
        """Offset of a code-point position; a column past the line's end is the line's end."""
        if position.line >= len(self._starts):
            return len(self._text)
        span = self.line_span(max(0, position.line))
        return min(span.start + max(0, position.column), span.end)

    def utf16_position(self, offset: int) -> Position:
        """Line and UTF-16 column of an offset."""
        line, column = self.position(offset)
        start = self._starts[line]
        return Position(line, utf16_length(self._text[start : start + column]))

    def utf16_offset(self, position: Position) -> int:
        """Offset of a UTF-16 position; a column inside a surrogate pair is the pair's start."""
        if position.line >= len(self._starts):
            return len(self._text)
        span = self.line_span(max(0, position.line))
        line = self._text[span.start : span.end]
        if line.isascii():
            return min(span.start + max(0, position.column), span.end)
        units = 0
        for index, character in enumerate(line):
            units += 2 if ord(character) > 0xFFFF else 1
            if units > position.column:
                return span.start + index
        return span.end


def utf16_length(text: str) -> int:
    """The length in UTF-16 code units, in which editors count columns."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with every edit made.

    Insertions at one offset keep the order in which they are given.

    Raises:
        ValueError: two edits overlap, or one lies outside the text.
    """
    pieces: list[str] = []
    position = 0
    for (start, end), replacement in sorted(edits, key=lambda edit: edit.span):
        if start < position or end < start or end > len(text):
            raise ValueError(
                f"edit [{start}, {end}) overlaps an edit that ends at {position}, "
                f"or lies outside a text of {len(text)} characters"
            )
        pieces += (text[position:start], replacement)
        position = end
    return "".join((*pieces, text[position:]))


def common_prefix_length(first: str, second: str) -> int:
    """How many characters two texts have in common at their beginning."""
    low, high = 0, min(len(first), len(second))
    while low < high:  # bisection: comparing slices is far faster than comparing characters
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class MappedText(NamedTuple):
    """Text that was taken out of a document, with the place that every character came from.

    Dedented YAML blocks, Markdown quotes, Python strings with escapes and joined lines all lose
    or change characters on the way: `text[i]` stands at `[starts[i], ends[i])` of the document.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def slice(cls, document: str, span: Span) -> MappedText:
        """A part of a document as it stands."""
        start, end = span
        return cls(document[start:end], range(start, end), range(start + 1, end + 1))

    @classmethod
    def join(cls, parts: Sequence[MappedText]) -> MappedText:
        """The parts, one after the other."""
        if len(parts) == 1:
            return parts[0]
        starts = [start for part in parts for start in part.starts]
        ends = [end for part in parts for end in part.ends]
        return cls("".join(part.text for part in parts), starts, ends)

    def part(self, start: int, end: int) -> MappedText:
        return MappedText(self.text[start:end], self.starts[start:end], self.ends[start:end])

    def span(self, start: int, end: int) -> Span:
        """The document's span of `text[start:end]`, which must not be empty."""
        return Span(self.starts[start], self.ends[end - 1])
