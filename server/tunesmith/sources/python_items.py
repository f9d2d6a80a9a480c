"""Items between commas (arguments, imported names): taking one out, putting one in."""

from __future__ import annotations

from collections.abc import Sequence

from tunesmith.named_tuple import NamedTuple
from tunesmith.text import Edit, Span


class Item(NamedTuple):
    """One item: its place without the comma, and the offset of the comma that follows, if any."""

    span: Span
    comma: int | None

    @property
    def end(self) -> int:
        """The end of the item with its comma."""
        return self.span.end if self.comma is None else self.comma + 1


def remove_item(text: str, items: Sequence[Item], index: int) -> Edit:
    """The edit that takes an item out; comments beside it stay, and so does valid syntax."""
    item = items[index]
    line_start, line_end = _line_around(text, item.span.start, item.end)
    before, after = text[line_start : item.span.start], text[item.end : line_end]
    if not before.strip():
        if not after.strip() and line_end < len(text):
            return Edit(Span(line_start, _after_line_break(text, line_end)), "")
        if item.comma is not None:
            return Edit(Span(item.span.start, item.end + _blanks(after)), "")
    if index + 1 < len(items):
        return Edit(Span(item.span.start, item.end + _blanks(after)), "")
    if index and "#" not in text[items[index - 1].end : item.span.start]:
        return Edit(Span(items[index - 1].span.end, item.span.end), "")
    return Edit(Span(item.span.start, item.end), "")


def insert_item(
    text: str, items: Sequence[Item], index: int, item: str, *, newline: str, may_break: bool = True
) -> Edit:
    """The edit that puts an item before `items[index]`, or behind all, in the layout found there.

    Args:
        text: the document.
        items: at least one.
        index: where to put it; `len(items)` for the end.
        item: what to put in.
        newline: the line break to write.
        may_break: line breaks are allowed there, as inside brackets.
    """
    neighbour = items[min(index, len(items) - 1)]
    line_start, line_end = _line_around(text, neighbour.span.start, neighbour.end)
    indent = text[line_start : neighbour.span.start]
    starts_line = may_break and not indent.strip()
    if index < len(items):
        separator = f",{newline}{indent}" if starts_line else ", "
        return Edit(Span(neighbour.span.start, neighbour.span.start), item + separator)
    if not starts_line:
        if neighbour.comma is None:
            return Edit(Span(neighbour.span.end, neighbour.span.end), f", {item}")
        return Edit(Span(neighbour.end, neighbour.end), f" {item},")
    rest = text[neighbour.end : line_end]
    is_last_on_line = not rest.strip() or rest.lstrip().startswith("#")
    if not is_last_on_line:
        comma = "" if neighbour.comma is not None else ","
        return Edit(Span(neighbour.end, neighbour.end), f"{comma}{newline}{indent}{item}")
    if neighbour.comma is not None:
        return Edit(Span(line_end, line_end), f"{newline}{indent}{item},")
    return Edit(Span(neighbour.span.end, line_end), f",{rest}{newline}{indent}{item}")


def line_start(text: str, offset: int) -> int:
    """Where the line of an offset starts."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def line_end(text: str, offset: int) -> int:
    """Where the line of an offset ends, before its line break."""
    ends = (text.find(character, offset) for character in "\r\n")
    return min((end for end in ends if end >= 0), default=len(text))


def _line_around(text: str, start: int, end: int) -> tuple[int, int]:
    return line_start(text, start), line_end(text, end)


def _after_line_break(text: str, offset: int) -> int:
    return offset + (2 if text.startswith("\r\n", offset) else 1)


def _blanks(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))
