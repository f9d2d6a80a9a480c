"""Tables that a test makes, in force instead of the packaged ones."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from tunesmith.knowledge import tables

_KNOWLEDGE = "tunesmith.knowledge."


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


@cache
def cut(day: str) -> Mapping[str, Any]:
    """All tables; those of releases and signatures as they were before a day (ISO)."""
    made: dict[str, Any] = {
        path.stem: _packaged(path.stem) for path in tables.PACKAGED.glob("*.json")
    }
    made["tables"] = {**made["tables"], "date": day}
    for path in (tables.PACKAGED / "releases").glob("*.json"):
        releases = _packaged(f"releases/{path.stem}")
        late = {name for name, uploaded in releases["releases"].items() if uploaded >= day}
        made[f"releases/{path.stem}"] = _before(releases, late)
        if (tables.PACKAGED / "signatures" / path.name).exists():
            signatures = _packaged(f"signatures/{path.stem}")
            made[f"signatures/{path.stem}"] = _before(signatures, late)
    return made


def _packaged(name: str) -> Any:
    return json.loads((tables.PACKAGED / f"{name}.json").read_text("utf-8"))


def _before(value: Any, late: Set[str]) -> Any:
    """A table without releases, as keys, as items and as starts of changes."""
    if isinstance(value, dict):
        kept = {key: _before(one, late) for key, one in value.items() if key not in late}
        return {key: one for key, one in kept.items() if not _is_unborn(one)}
    if isinstance(value, list):
        return [
            _before(one, late)
            for one in value
            if not (one in late if isinstance(one, str) else _starts_late(one, late))
        ]
    return value


def _starts_late(item: Any, late: Set[str]) -> bool:
    return isinstance(item, list) and len(item) == 2 and str(item[0]) in late


def _is_unborn(row: Any) -> bool:
    """Whether nothing is left of an object or a parameter."""
    return isinstance(row, dict) and ([] in (row.get("module"), row.get("default")))


def _forget() -> None:
    modules = [module for name, module in sys.modules.items() if name.startswith(_KNOWLEDGE)]
    for module in modules:
        for each in vars(module).values():
            if hasattr(each, "cache_clear"):
                each.cache_clear()
