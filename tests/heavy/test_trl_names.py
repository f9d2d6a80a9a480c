"""A name that the tables say a release of TRL lacks cannot be imported from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version

from libraries import PAIRS, installed, libraries_of, pinned
from tunesmith.knowledge.signature_table import signature_table

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

IMPORTS = """
import importlib.util, json, pkgutil, sys
import trl

experimental = importlib.util.find_spec("trl.experimental")
folders = experimental.submodule_search_locations if experimental else ()
modules = [f"trl.experimental.{each.name}" for each in pkgutil.iter_modules(folders)]
found = []
for name in json.load(sys.stdin):
    places = modules if name.startswith("trl.experimental.") else ["trl"]
    for module in places:
        try:
            importlib.import_module(module)
        except ImportError:
            continue  # asks for a package that is not installed
        if hasattr(sys.modules[module], name.rpartition(".")[2]):
            found.append(f"{module}: {name}")
print(json.dumps(found))
"""


def names_lacking_in(trl: Version) -> list[str]:
    table = signature_table("trl")
    assert table
    position = table.position(trl)
    assert position is not None
    is_import = ("trl.", "trl.experimental.")
    return [
        name
        for name in table
        if not table.has(name, position) and f"{name.rpartition('.')[0]}." in is_import
    ]


def found(names: list[str], libraries: Path | None) -> list[str]:
    """Those of the names that can be imported."""
    environment = {**os.environ, "PYTHONPATH": str(libraries or "")}
    answer = subprocess.run(
        [sys.executable, "-Wignore", "-c", IMPORTS],
        input=json.dumps(names),
        env=environment,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


@pytest.mark.parametrize("pair", [None, *PAIRS], ids=lambda pair: pair.stem if pair else "newest")
def test_what_a_release_lacks_cannot_be_imported(
    pair: Path | None, record_property: Callable[[str, object], None]
) -> None:
    trl = (pinned(pair) if pair else installed())["trl"]
    names = names_lacking_in(trl)
    record_property("names", len(names))
    assert len(names) > 20
    assert found(names, libraries_of(pair) if pair else None) == []


def test_a_name_that_is_there_is_found() -> None:
    assert found(["trl.SFTTrainer"], None) == ["trl: trl.SFTTrainer"]
