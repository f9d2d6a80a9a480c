"""TOML: its values, and where its keys and array elements stand, which TOML readers do not tell."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tunesmith.named_tuple import NamedTuple
from tunesmith.text import Span, regex

_tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

_TOKEN = regex(
    r'''(?P<string>"""(?:\\.|[^\\])*?"""(?:"{1,2}(?!"))?|\'\'\'.*?\'\'\'(?:'{1,2}(?!'))?'''
    r"""|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
    r"""|(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<space>[ \t\r]+)"""
    r"""|(?P<mark>[\[\]{}=,])|(?P<word>[^\s\[\]{}=,"'\#]+)""",
    re.DOTALL,
)
MAX_KEY_PARTS = 500
"""Readers of TOML need quadratic time and memory for the parts of a dotted key."""

_TRIVIA = ("comment", "newline", "space")


class _Token(NamedTuple):
    kind: str
    text: str
    span: Span


class Element(NamedTuple):
    """An array's element, and the comma behind it if there is one."""

    span: Span
    comma: Span | None


class Place(NamedTuple):
    """Where a key (or a table's name) stands, and its value.

    Attributes:
        key: the key as written; of a table the whole `[name]`.
        value: the value as written; of a table the same as `key`.
        elements: the elements where the value is an array.
    """

    key: Span
    value: Span
    elements: Sequence[Element] = ()


def read_toml(text: str) -> dict[str, Any]:
    """The values of a TOML text.

    Raises:
        ValueError: it is no TOML; the message ends with the place as "(at line 1, column 2)".
    """
    _refuse_long_keys(text)
    try:
        return _tomllib.loads(text)
    except RecursionError:
        raise ValueError("Nested too deeply") from None


def _refuse_long_keys(text: str) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_KEY_PARTS and line.partition("=")[0].count(".") >= MAX_KEY_PARTS:
            place = f"(at line {number}, column 1)"
            raise ValueError(f"Key of more than {MAX_KEY_PARTS} parts {place}")


def places(toml: str) -> Mapping[tuple[str, ...], Place]:
    """The place of every key outside inline tables, by its full name ("tool", "uv", "index").

    Of a text that is no TOML the answer is incomplete, but there is one.
    """
    found: dict[tuple[str, ...], Place] = {}
    table: tuple[str, ...] = ()
    for statement in _statements(toml):
        if statement[0].text == "[":
            table = _name(statement)
            span = Span(statement[0].span.start, statement[-1].span.end)
            found.setdefault(table, Place(span, span))
            continue
        key, value = _split_at_equals(statement)
        if key and value:
            place = Place(_extent(key), _extent(value), tuple(_elements(value)))
            found.setdefault((*table, *_name(key)), place)
    return found


def _statements(toml: str) -> Iterator[list[_Token]]:
    """The tokens of every statement, without the space and the comments around it."""
    statement: list[_Token] = []
    depth = 0
    for match in _TOKEN.finditer(toml):
        token = _Token(match.lastgroup or "", match[0], Span(*match.span()))
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.text, 0)
        if token.kind == "newline" and depth <= 0:
            if statement:
                yield statement
            statement, depth = [], 0
        elif token.kind not in _TRIVIA:
            statement.append(token)
    if statement:
        yield statement


def _split_at_equals(statement: Sequence[_Token]) -> tuple[Sequence[_Token], Sequence[_Token]]:
    for index, token in enumerate(statement):
        if token.text == "=":
            return statement[:index], statement[index + 1 :]
    return statement, ()


def _elements(value: Sequence[_Token]) -> Iterator[Element]:
    """The elements of an array; nothing for any other value."""
    if value[0].text != "[":
        return
    element: list[_Token] = []
    depth = 0
    for token in value[1:-1]:
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.text, 0)
        if token.text == "," and depth == 0:
            if element:
                yield Element(_extent(element), token.span)
            element = []
        else:
            element.append(token)
    if element:
        yield Element(_extent(element), None)


def _name(tokens: Sequence[_Token]) -> tuple[str, ...]:
    parts: list[str] = []
    for token in tokens:
        if token.kind == "string":
            parts.append(token.text[1:-1])
        elif token.kind == "word":
            parts += filter(None, token.text.split("."))
    return tuple(parts)


def _extent(tokens: Sequence[_Token]) -> Span:
    return Span(tokens[0].span.start, tokens[-1].span.end)
