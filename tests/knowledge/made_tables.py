"""Tables that a test makes, in force instead of the packaged ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from tunesmith.knowledge import histories, releases, signature_table, signatures, tables

_CACHED = (
    tables.folder,
    tables.date,
    tables.table,
    signature_table.signature_table,
    signatures._composed,
    histories._entries,
    histories.histories,
    releases.releases,
    releases.all_releases,
)


@contextmanager
def in_force(folder: Path, made: Mapping[str, Any]) -> Iterator[None]:
    """Write tables by name, as "signatures/trl", below an empty folder and read only those."""
    for name, content in {"tables": {"format": 1, "date": "2026-11-22"}, **made}.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), "utf-8")
    with mock.patch.object(tables, "PACKAGED", folder):
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    for cached in _CACHED:
        cached.cache_clear()
