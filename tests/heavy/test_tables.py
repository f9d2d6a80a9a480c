"""The tables of signatures against the libraries themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tunesmith.knowledge.signature_table import signature_table
from tunesmith.knowledge.signatures import signature

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

RecordProperty = Callable[[str, object], None]

COMPARED = ("datasets", "huggingface-hub", "peft", "trackio", "transformers", "trl")
PAIRS = sorted(Path("requirements/pairs").glob("*.txt"))
FOLDERS = Path(os.environ.get("TUNESMITH_PAIRS", "no-pairs"))
"""One folder of installed libraries a pair; `npm run test:heavy` makes and names them."""

NEED_MORE = {"trl.AlignPropTrainer", "trl.DDPOTrainer"}  # diffusers
NOT_HELD = {
    # Arguments of scripts, of libraries' tests and of other frameworks.
    "transformers.GlueDataTrainingArguments",
    "transformers.SquadDataTrainingArguments",
    "transformers.TFTrainingArguments",
    "trl.BaseTrainer",
    "trl.DatasetMixtureConfig",
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
    if found is None:
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


def pinned(pair: Path) -> dict[str, Version]:
    lines = (line for line in pair.read_text("utf-8").splitlines() if not line.startswith("#"))
    pins = {each.name: each for each in map(Requirement, lines)}
    return {
        package: Version(str(pins[package].specifier).removeprefix("=="))
        for package in COMPARED
        if package in pins
    }


def installed() -> dict[str, Version]:
    return {package: Version(metadata.version(package)) for package in COMPARED}


def check(versions: Mapping[str, Version], libraries: Path | None, record: RecordProperty) -> None:
    said = expected(versions)
    answer = disagreements(said, libraries)
    record("versions", " ".join(f"{name} {version}" for name, version in versions.items()))
    record("objects", len(answer["compared"]))
    record("parameters", sum(len(said[name]["parameters"]) for name in answer["compared"]))
    assert answer["disagreements"] == []
    assert set(answer["absent"]) <= NEED_MORE, answer["absent"]
    assert set(answer["unlisted"]) <= NOT_HELD
    assert len(answer["compared"]) > 100


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.stem)
def test_the_tables_agree_with_what_was_newest_together(
    pair: Path, record_property: RecordProperty
) -> None:
    libraries = FOLDERS / pair.stem
    assert libraries.is_dir(), f"{libraries} is missing: `npm run test:heavy` makes it"
    check(pinned(pair), libraries, record_property)


def test_the_tables_agree_with_the_newest(record_property: RecordProperty) -> None:
    check(installed(), None, record_property)


def test_a_wrong_table_is_found_out() -> None:
    said = expected(installed())
    config = said["trl.SFTConfig"]
    config["parameters"]["max_length"]["default"] = "1023"
    config["parameters"]["no_such"] = {**config["parameters"]["max_length"]}
    del config["parameters"]["packing"]
    said["trl.SFTTrainer"]["positional"].reverse()
    found = disagreements({name: said[name] for name in ("trl.SFTConfig", "trl.SFTTrainer")}, None)
    problems = "\n".join(found["disagreements"])
    assert "trl.SFTConfig.max_length has the default 1024, not 1023" in problems
    assert "trl.SFTConfig does not take no_such" in problems
    assert "trl.SFTConfig also takes packing" in problems
    assert "trl.SFTTrainer takes by position ['model'" in problems
    assert len(found["disagreements"]) >= 4
