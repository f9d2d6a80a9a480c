"""The releases of the libraries that rules speak of, newest last.

`data/releases.json` is made by `scripts/update_releases.py` from the package index.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from packaging.version import Version


@cache
def _table() -> dict[str, list[str]]:
    text = (Path(__file__).parent / "data" / "releases.json").read_text("utf-8")
    return json.loads(text)["releases"]


@cache
def releases(package: str) -> Sequence[Version]:
    """The final releases of a package in ascending order; empty for a package not in the table."""
    return tuple(Version(release) for release in _table().get(package, ()))
