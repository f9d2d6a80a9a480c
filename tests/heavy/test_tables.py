"""The tables of signatures against the libraries themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from packaging.version import Version

from libraries import PAIRS, disagreements, expected, installed, libraries_of, pinned

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

RecordProperty = Callable[[str, object], None]

NEEDS_DIFFUSERS = re.compile(r"trl\.\w*(AlignProp|DDPO)\w+")
NOT_HELD = {
    # Arguments of scripts, of libraries' tests and of other frameworks.
    "transformers.GlueDataTrainingArguments",
    "transformers.SquadDataTrainingArguments",
    "transformers.TFTrainingArguments",
    "trl.BaseTrainer",
    "trl.DatasetMixtureConfig",
}


def check(versions: Mapping[str, Version], libraries: Path | None, record: RecordProperty) -> None:
    said = expected(versions)
    answer = disagreements(said, libraries)
    record("versions", " ".join(f"{name} {version}" for name, version in versions.items()))
    record("objects", len(answer["compared"]))
    record("parameters", sum(len(said[name]["parameters"]) for name in answer["compared"]))
    assert answer["disagreements"] == []
    assert all(map(NEEDS_DIFFUSERS.fullmatch, answer["absent"])), answer["absent"]
    assert set(answer["unlisted"]) <= NOT_HELD
    assert len(answer["compared"]) > 100


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.stem)
def test_the_tables_agree_with_what_was_newest_together(
    pair: Path, record_property: RecordProperty
) -> None:
    check(pinned(pair), libraries_of(pair), record_property)


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
