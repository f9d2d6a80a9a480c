"""What the tables say of the libraries' objects, and what the libraries themselves say to that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.version import Version

from tunesmith.knowledge.signature_table import signature_table
from tunesmith.knowledge.signatures import signature

INCOMPLETE = {"trl.DataCollatorForCompletionOnlyLM", "trl.TrlParser"}
"""Objects whose bases the tables do not hold: of what these lack nothing follows."""


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
