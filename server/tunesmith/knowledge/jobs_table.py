"""The keys of a script's `[tool.hf-jobs]` table, as `hf jobs uv run` reads it since 1.32.

Source: `cli/_uv_script_header.py` of huggingface_hub 1.32 to 2.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from tunesmith.named_tuple import NamedTuple

SINCE = "1.32"
"""The first release of huggingface_hub that reads the table."""

_TEXT, _TEXTS, _TABLE, _TIME = "text", "texts", "table", "time"
_EXPECTED = {
    _TEXT: "a string",
    _TEXTS: "a list of strings",
    _TABLE: "a table of strings",
    _TIME: 'a duration such as "2h" or a number of seconds',
}
KEYS: Mapping[str, str] = {
    "image": _TEXT,
    "flavor": _TEXT,
    "python": _TEXT,
    "timeout": _TIME,
    "name": _TEXT,
    "namespace": _TEXT,
    "network_group": _TEXT,
    "env": _TABLE,
    "secrets": _TEXTS,
    "labels": _TABLE,
    "volumes": _TEXTS,
    "network_aliases": _TEXTS,
}
"""Every key that the table may have, and what its value is."""


class WrongType(NamedTuple):
    """A value that `hf` refuses: the path of its key, and what was expected."""

    key: tuple[str, ...]
    expected: str


def wrong_types(table: Mapping[str, Any]) -> Iterator[WrongType]:
    """The values of known keys that have the wrong type."""
    for key, kind in KEYS.items():
        value = table.get(key)
        if value is None:
            continue
        if kind == _TABLE and isinstance(value, dict):
            for name, item in cast("dict[str, Any]", value).items():
                if not isinstance(item, str):
                    yield WrongType((key, name), _EXPECTED[_TEXT])
        elif not _fits(value, kind):
            yield WrongType((key,), _EXPECTED[kind])


def _fits(value: object, kind: str) -> bool:
    if kind == _TEXTS:
        return isinstance(value, list) and all(
            isinstance(item, str) for item in cast("list[object]", value)
        )
    if kind == _TIME:
        return isinstance(value, (str, int)) and not isinstance(value, bool)
    return kind == _TEXT and isinstance(value, str)
