"""The `config.json` of a model that `transformers` saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

MAX_BYTES = 1024 * 1024
"""Larger files are no such configuration; those on the Hub have a few KB."""


def read_model_configuration(text: str) -> Mapping[str, Any] | None:
    """Its fields; None for a text that is no configuration of a model."""
    if '"model_type"' not in text or len(text) > MAX_BYTES:
        return None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    found = cast("dict[str, Any]", fields)
    parts = (found, found.get("text_config") or found)
    return found if all(map(_has_type, parts)) else None


def _has_type(part: object) -> bool:
    fields = cast("dict[str, Any]", part) if isinstance(part, dict) else {}
    return isinstance(fields.get("model_type"), str)
