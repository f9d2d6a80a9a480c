from __future__ import annotations

import json

import pytest

from tunesmith.knowledge import tables
from tunesmith.knowledge.signature_table import read_signatures

PACKAGES = [path.stem for path in sorted((tables.PACKAGED / "signatures").glob("*.json"))]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_table_read_by_objects_says_what_its_json_says(package: str):
    text = (tables.PACKAGED / "signatures" / f"{package}.json").read_text("utf-8")
    read, whole = read_signatures(text), json.loads(text)
    assert not isinstance(read["objects"], dict), "the whole table was read at once"
    assert list(read["objects"]) == list(whole["objects"])
    assert {**read, "objects": dict(read["objects"])} == whole


@pytest.mark.parametrize("indent", [None, 1, 2])
def test_a_table_may_be_written_in_another_way(indent: int | None):
    path = tables.PACKAGED / "signatures" / "trackio.json"
    whole = json.loads(path.read_text("utf-8"))
    read = read_signatures(json.dumps(whole, indent=indent))
    assert {**read, "objects": dict(read["objects"])} == whole
