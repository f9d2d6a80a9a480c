"""Jupyter notebooks as JSON: the cells' sources, and the JSON after some of them changed.

Format: https://nbformat.readthedocs.io (versions 3 and 4).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.document import CellKind
from tunesmith.text import Edit, Span, apply_edits, regex

_KINDS = {"code": CellKind.CODE, "markdown": CellKind.MARKDOWN}
_SPACE = regex(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class NotebookError(ValueError):
    """Why a text is no notebook."""


def read_cells(text: str) -> Sequence[tuple[CellKind, str]]:
    """Kind and source of every cell, in order. Code in another language than Python is raw.

    Raises:
        NotebookError: the text is no JSON, or no notebook.
    """
    notebook = _load(text)
    language = _language(notebook)
    return [_read_cell(cell, language) for cell in _cells(notebook)]


def replace_sources(text: str, sources: Mapping[int, str]) -> str:
    """The notebook's JSON after the cells of these indices got new sources.

    All else stays as it is, to the byte; a new source is written in the manner of the old one.
    """
    ensure_ascii = text.isascii() and "\\u" in text
    found = list(_find_sources(text))
    edits: list[Edit] = []
    for index, source in sources.items():
        value, span = found[index]
        edits.append(Edit(span, _dump(source, value, text[span.start : span.end], ensure_ascii)))
    return apply_edits(text, edits)


def _load(text: str) -> dict[str, Any]:
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotebookError(f"it is no valid JSON: {error}") from None
    if not isinstance(notebook, dict):
        raise NotebookError("it is no notebook: its JSON is not an object")
    return cast("dict[str, Any]", notebook)


def _language(notebook: Mapping[str, Any]) -> str:
    """The kernel's language; "python" where the notebook does not say."""
    metadata = _table(notebook, "metadata")
    about_kernel = _table(metadata, "kernelspec").get("language")
    about_language = _table(metadata, "language_info").get("name")
    return str(about_language or about_kernel or "python").lower()


def _table(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(parent: Mapping[str, Any], key: str) -> list[Any]:
    value = parent.get(key)
    return cast("list[Any]", value) if isinstance(value, list) else []


def _cells(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The cells; nbformat 3 keeps them in worksheets."""
    if not isinstance(notebook.get("cells"), list) and "worksheets" not in notebook:
        raise NotebookError("it is no notebook: it has no list of cells")
    for holder in (notebook, *_list(notebook, "worksheets")):
        if isinstance(holder, dict):
            yield from (c for c in _list(cast("dict[str, Any]", holder), "cells") if _is_cell(c))


def _is_cell(value: object) -> bool:
    return isinstance(value, dict)


def _read_cell(cell: Mapping[str, Any], language: str) -> tuple[CellKind, str]:
    kind = _KINDS.get(str(cell.get("cell_type")), CellKind.RAW)
    own_language = str(cell.get("language") or language).lower()
    if kind is CellKind.CODE and own_language not in ("python", "python3", "ipython"):
        kind = CellKind.RAW
    return kind, _joined(cell.get(_source_key(cell)))


def _source_key(cell: Mapping[str, Any]) -> str:
    return "input" if "source" not in cell and "input" in cell else "source"


def _joined(source: object) -> str:
    if isinstance(source, list):
        return "".join(part for part in cast("list[object]", source) if isinstance(part, str))
    return source if isinstance(source, str) else ""


class _Value(NamedTuple):
    """A JSON value and its place in the text."""

    value: Any
    span: Span


def _find_sources(text: str) -> Iterator[_Value]:
    """The sources of the cells, in the order of `read_cells`."""
    top = _members(text, _skip(text, 0))
    holders = [top, *(_members(text, s.span.start) for s in _items_of(text, top, "worksheets"))]
    for holder in holders:
        for cell in _items_of(text, holder, "cells"):
            members = _members(text, cell.span.start)
            empty = Span(cell.span.start + 1, cell.span.start + 1)
            yield members.get(_source_key(cell.value)) or _Value(None, empty)


def _items_of(text: str, parent: Mapping[str, _Value], key: str) -> list[_Value]:
    """The objects in the list under that key."""
    found = parent.get(key)
    if found is None or not isinstance(found.value, list):
        return []
    return [item for item in _items(text, found.span.start) if _is_cell(item.value)]


def _members(text: str, start: int) -> dict[str, _Value]:
    """The members of the object at `start`."""
    members: dict[str, _Value] = {}
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, end = _DECODER.raw_decode(text, at)
        value = _value(text, _skip(text, _skip(text, end) + 1))
        members[key] = value
        at = _next(text, value.span.end)
    return members


def _items(text: str, start: int) -> Iterator[_Value]:
    """The items of the array at `start`."""
    at = _skip(text, start + 1)
    while text[at] != "]":
        value = _value(text, at)
        yield value
        at = _next(text, value.span.end)


def _value(text: str, at: int) -> _Value:
    value, end = _DECODER.raw_decode(text, at)
    return _Value(value, Span(at, end))


def _next(text: str, end: int) -> int:
    """Where the next item begins, or where the closing bracket stands."""
    at = _skip(text, end)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _dump(source: str, old: object, raw: str, ensure_ascii: bool) -> str:
    """The JSON of a source, as a string or a list of lines as it was before."""
    if old is None:
        return f'"source": {json.dumps(source, ensure_ascii=ensure_ascii)}, '
    if not isinstance(old, list):
        return json.dumps(source, ensure_ascii=ensure_ascii)
    items = list(_items(raw, 0))
    written = {item.value: raw[item.span.start : item.span.end] for item in items if item.value}
    lines = source.splitlines(keepends=True)
    if not items or not lines:
        return json.dumps(lines, ensure_ascii=ensure_ascii)
    opening, closing = raw[: items[0].span.start], raw[items[-1].span.end :]
    between = f",{opening[1:]}" if "\n" in opening or len(items) < 2 else _separator(raw, items)
    return opening + between.join(_line(line, written, ensure_ascii) for line in lines) + closing


def _separator(raw: str, items: Sequence[_Value]) -> str:
    return raw[items[0].span.end : items[1].span.start]


def _line(line: str, written: Mapping[str, str], ensure_ascii: bool) -> str:
    return written.get(line) or json.dumps(line, ensure_ascii=ensure_ascii)
