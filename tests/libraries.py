"""What the tables say of the libraries' objects, and what the libraries themselves say to that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.version import Version

from tunesmith.knowledge.signature_table import signature_table
from tunesmith.knowledge.signatures import signature

COMPARED = ("datasets", "huggingface-hub", "peft", "trackio", "transformers", "trl")
PAIRS = sorted(Path("requirements/pairs").glob("*.txt"))
"""Sets of releases that were newest together."""
FOLDERS = Path(os.environ.get("TUNESMITH_PAIRS", "no-pairs"))
"""One folder of installed libraries a pair; `npm run test:heavy` makes and names them."""

INCOMPLETE = {"trl.DataCollatorForCompletionOnlyLM", "trl.TrlParser"}
"""Objects whose bases the tables do not hold: of what these lack nothing follows."""


def pinned(pair: Path) -> dict[str, Version]:
    """The releases that a pair's requirements name."""
    lines = (line for line in pair.read_text("utf-8").splitlines() if not line.startswith("#"))
    pins = {each.name: each for each in map(Requirement, lines)}
    return {
        package: Version(str(pins[package].specifier).removeprefix("=="))
        for package in COMPARED
        if package in pins
    }


def libraries_of(pair: Path) -> Path:
    """The folder in which a pair is installed."""
    folder = FOLDERS / pair.stem
    assert folder.is_dir(), f"{folder} is missing: `npm run test:heavy` makes it"
    return folder


def installed() -> dict[str, Version]:
    """The releases that this Python has."""
    return {package: Version(metadata.version(package)) for package in COMPARED}


def installed_in(folder: Path, packages: Sequence[str]) -> dict[str, Version]:
    """The releases that a folder of libraries holds."""
    found = {path.name.partition("-")[0]: path for path in folder.glob("*.dist-info")}
    return {
        package: Version(found[package.replace("-", "_")].stem.split("-")[1])
        for package in packages
    }


def expected(versions: Mapping[str, Version]) -> dict[str, Any]:
    """What the tables say of every object in these releases."""
    return {
        name: told
        for package in versions
        for name in signature_table(package) or ()
        if (told := _expected(name, versions))
    }


def _expected(name: str, versions: Mapping[str, Version]) -> dict[str, Any] | None:
    found = signature(name, versions)
    if found is None or name in INCOMPLETE:
        return None
    assert found.is_complete, f"{name} has a base that the tables lack"
    parameters: dict[str, Any] = {}
    for parameter, taken in found.parameters.items():
        owner = signature(taken.owner, versions)
        assert owner is not None
        parameters[parameter] = {
            "default": taken.facts.default,
            "deprecated": taken.facts.deprecated,
            "module": owner.module,
        }
    return {
        "module": found.module,
        "takes_any": found.takes_any,
        "positional": list(found.positional),
        "parameters": parameters,
    }


def disagreements(said: Mapping[str, Any], libraries: Path | None) -> dict[str, Any]:
    """What the libraries in a folder, or this Python's own, say to the contrary."""
    program = str(Path(__file__).with_name("disagreements.py"))
    environment = {**os.environ, "TRL_EXPERIMENTAL_SILENCE": "1"}
    if libraries:
        search = [str(libraries), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, search))
    asked = subprocess.run(
        [sys.executable, program],
        input=json.dumps(said),
        text=True,
        capture_output=True,
        env=environment,
    )
    assert asked.returncode == 0, asked.stderr[-2000:]
    return json.loads(asked.stdout.splitlines()[-1])
