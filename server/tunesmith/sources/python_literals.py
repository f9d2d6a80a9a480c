"""String literals: from what is written to what the program sees, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from tunesmith.named_tuple import NamedTuple
from tunesmith.text import MappedText, regex

_SIMPLE = dict(zip("abfnrtv\\'\"", "\a\b\f\n\r\t\v\\'\"", strict=True))
_ESCAPE = regex(
    r"""\\(?:(?P<newline>\r\n|\r|\n)|(?P<simple>[abfnrtv\\'"])|(?P<octal>[0-7]{1,3})
    |x(?P<x>[0-9a-fA-F]{2})|N\{(?P<name>[^}]*)\}|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8}))
    |(?P<line>\r\n?)|(?P<brace>\{\{|\}\})""",
    re.VERBOSE,
)
_BYTES_ONLY = ("newline", "simple", "octal", "x", "line")


class LiteralPart(NamedTuple):
    """A piece of a string expression: written text, or an expression that an f-string inserts.

    Attributes:
        node: the SimpleString, the FormattedStringText or the inserted expression.
        text: the value and its place within the node's own text; None for an expression.
        is_plain: an inserted expression has neither a conversion nor a format.
    """

    node: cst.CSTNode
    text: MappedText | None
    is_plain: bool = True


def literal_parts(node: cst.BaseExpression) -> Iterator[LiteralPart]:
    """The pieces of a literal, of literals side by side or of an f-string, in order."""
    pending: list[cst.BaseExpression] = [node]
    while pending:
        literal = pending.pop()
        if isinstance(literal, cst.ConcatenatedString):
            pending += (literal.right, literal.left)
        elif isinstance(literal, cst.SimpleString):
            yield LiteralPart(literal, _simple_text(literal))
        elif isinstance(literal, cst.FormattedString):
            is_raw = "r" in literal.start.lower()
            yield from _formatted_parts(literal, is_raw)


def is_bytes(node: cst.BaseExpression) -> bool:
    """Whether a literal (or the first of those side by side) is a bytes literal."""
    while isinstance(node, cst.ConcatenatedString):
        node = node.left
    return isinstance(node, cst.SimpleString) and "b" in node.prefix.lower()


def decode(raw: str, *, is_raw: bool, is_bytes: bool, is_formatted: bool) -> MappedText:
    """The value of the text between a literal's quotes, every character with its place in it.

    An escape that Python would refuse stays as it is written.
    """
    if ("\\" not in raw or is_raw) and "\r" not in raw and not is_formatted:
        return MappedText(raw, range(len(raw)), range(1, len(raw) + 1))
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for match in _ESCAPE.finditer(raw):
        value = _escape_value(match, is_raw=is_raw, is_bytes=is_bytes, is_formatted=is_formatted)
        if value is None:
            continue
        characters += raw[position : match.start()]
        starts += range(position, match.start())
        ends += range(position + 1, match.start() + 1)
        position = match.end()
        if value:
            characters.append(value)
            starts.append(match.start())
            ends.append(match.end())
    characters += raw[position:]
    starts += range(position, len(raw))
    ends += range(position + 1, len(raw) + 1)
    return MappedText("".join(characters), starts, ends)


def _escape_value(
    match: re.Match[str], *, is_raw: bool, is_bytes: bool, is_formatted: bool
) -> str | None:
    """The character that an escape stands for, "" for none, None where it is no escape."""
    kind = match.lastgroup or ""
    text = match[kind]
    if kind == "brace":
        return text[0] if is_formatted else None
    if kind == "line":
        return "\n"
    if is_raw or (is_bytes and kind not in _BYTES_ONLY):
        return None
    if kind == "newline":
        return ""
    if kind == "simple":
        return _SIMPLE[text]
    return _named_character(text) if kind == "name" else _code_point(kind, text)


def _code_point(kind: str, digits: str) -> str | None:
    number = int(digits, 8 if kind == "octal" else 16)
    return chr(number) if number <= 0x10FFFF else None


def _named_character(name: str) -> str | None:
    import unicodedata  # few strings name a character

    try:
        return unicodedata.lookup(name)
    except KeyError:
        return None


def _simple_text(node: cst.SimpleString) -> MappedText:
    prefix = node.prefix.lower()
    start = len(prefix) + len(node.quote)
    raw = node.value[start : len(node.value) - len(node.quote)]
    text = decode(raw, is_raw="r" in prefix, is_bytes="b" in prefix, is_formatted=False)
    return shifted(text, start)


def _formatted_parts(node: cst.FormattedString, is_raw: bool) -> Iterator[LiteralPart]:
    for part in node.parts:
        if isinstance(part, cst.FormattedStringExpression):
            is_plain = not (part.conversion or part.format_spec or part.equal)
            yield LiteralPart(part.expression, None, is_plain)
        elif isinstance(part, cst.FormattedStringText):
            text = decode(part.value, is_raw=is_raw, is_bytes=False, is_formatted=True)
            yield LiteralPart(part, text)


def shifted(text: MappedText, offset: int) -> MappedText:
    """The same text, `offset` characters further on."""
    if isinstance(text.starts, range):
        length = len(text.text)
        first = text.starts.start + offset
        return MappedText(
            text.text, range(first, first + length), range(first + 1, first + length + 1)
        )
    starts = [start + offset for start in text.starts]
    return MappedText(text.text, starts, [end + offset for end in text.ends])
