"""Tables as text: JSON, one row a line, so that a difference shows what a new release changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "server/tunesmith/knowledge/data"


def read(name: str) -> dict[str, Any] | None:
    """A table in the tree; None where there is none yet."""
    path = DATA / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def write(name: str, table: Mapping[str, Any]) -> None:
    path = DATA / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(table), "utf-8", newline="\n")


def text_of(table: Mapping[str, Any]) -> str:
    return _text(table, 0) + "\n"


def _text(value: Any, depth: int) -> str:
    """A mapping that holds mappings or rows takes a line for each; all else is one line."""
    if not _is_open(value, depth):
        return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    margin = " " * (depth + 1)
    if isinstance(value, Mapping):
        entries = [
            f"{margin}{json.dumps(key, ensure_ascii=False)}: {_text(inner, depth + 1)}"
            for key, inner in value.items()
        ]
        return "{\n" + ",\n".join(entries) + "\n" + margin[1:] + "}"
    rows = [margin + json.dumps(row, ensure_ascii=False) for row in value]
    return "[\n" + ",\n".join(rows) + "\n" + margin[1:] + "]"


def _is_open(value: Any, depth: int) -> bool:
    if not value:
        return False
    if isinstance(value, Mapping):
        return depth < 2 or any(isinstance(inner, Mapping) for inner in value.values())
    return depth == 1 and isinstance(value, list) and isinstance(value[0], list)
