"""String literals and lists of strings in Python code: where launch commands hide.

`PythonScript.strings_matching(pattern)` and `PythonScript.sequences_matching(pattern)` give these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from tunesmith.text import MappedText, Span

HOLE = "\ufffc"
"""Stands in a text for a part that the program makes while it runs, one character a part."""


@dataclass(frozen=True, slots=True)
class StringLiteral:
    """A string as the program sees it: escapes decoded, neighbouring literals joined.

    Attributes:
        node: the outermost expression: a literal, literals side by side, an f-string, or a sum
            of these.
        span: the whole expression as written, with prefixes and quotes.
        value: its text, every character with its place. What an f-string or a sum inserts stands
            as the text of a known constant (placed at the inserting expression), else as HOLE.
        is_statement: it stands alone as a statement, as docstrings do.
    """

    node: cst.BaseExpression
    span: Span
    value: MappedText
    is_statement: bool


@dataclass(frozen=True, slots=True)
class StringElement:
    """One element of a `StringSequence`.

    Attributes:
        text: the element's value; None where it is not known or is no string.
        span: the element as written, with its quotes, without its comma.
        value: the characters with their places, for an element that is itself a string literal
            (or an f-string; it may hold HOLE and then `text` is None); None for everything else.
        is_unpacked: `*more`, of which neither the texts nor their number are known.
    """

    text: str | None
    span: Span
    value: MappedText | None = None
    is_unpacked: bool = False


@dataclass(frozen=True, slots=True)
class StringSequence:
    """A list or tuple display, such as the argv of a subprocess.

    Attributes:
        node: the display.
        span: the display with its brackets.
        elements: its elements, then what `name += [...]`, `.append(...)` and `.extend([...])`
            add without a condition to the one name that it is assigned to.
        is_open: more elements may follow (added under a condition, in a loop, by another function).
    """

    node: cst.List | cst.Tuple
    span: Span
    elements: Sequence[StringElement]
    is_open: bool
