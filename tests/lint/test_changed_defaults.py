"""The rows of changed defaults say what the tables of signatures say."""

from __future__ import annotations

import ast

import pytest
from packaging.version import Version

from builders import project, understood
from tunesmith.knowledge.signature_table import signature_table
from tunesmith.knowledge.signatures import signature
from tunesmith.lint.changed_defaults import CHANGED_DEFAULTS, ChangedDefault
from tunesmith.lint.engine import check
from tunesmith.project import FolderFacts
from tunesmith.sources.requirements import Pin, read_requirement

SET_LATER = ("bf16",)
"""The default is None, which `__post_init__` turns into True where fp16 is off."""

CASES = [(row, name) for row in CHANGED_DEFAULTS for name in row.objects]


def releases() -> list[Version]:
    table = signature_table("trl")
    assert table
    return list(table.releases)


def default(name: str, parameter: str, trl: Version) -> object:
    versions = {"trl": trl, "transformers": Version("4.49.0")}
    found = signature(name, versions)
    assert found, (name, trl)
    return ast.literal_eval(found.parameters[parameter].facts.default or "None")


@pytest.mark.parametrize(("row", "name"), CASES)
def test_the_new_default_holds_from_the_release_that_the_row_names(row: ChangedDefault, name: str):
    since = Version(row.since)
    before = max(each for each in releases() if each < since)
    new = None if row.parameter in SET_LATER else ast.literal_eval(row.new)
    assert default(name, row.parameter, since) == new
    assert default(name, row.parameter, releases()[-1]) == new
    if _has(name, before):
        assert default(name, row.parameter, before) == ast.literal_eval(row.old)


@pytest.mark.parametrize(("row", "name"), CASES)
def test_the_old_default_holds_from_the_release_that_the_row_names(row: ChangedDefault, name: str):
    held = [
        each
        for each in releases()
        if Version(row.held_from) <= each < Version(row.since) and _has(name, each)
    ]
    assert held
    found = {default(name, row.parameter, each) for each in held}
    assert found == {ast.literal_eval(row.old)}


def _has(name: str, release: Version) -> bool:
    table = signature_table("trl")
    assert table
    position = table.position(release)
    return position is not None and table.has(name, position)


SCRIPT = "import trl\n\ntrl.SFTConfig('out', fp16=True)\n"


@pytest.mark.parametrize(("is_hearsay", "expected"), [(False, ["changed-default"]), (True, [])])
def test_a_bound_that_only_a_readme_gives_names_no_release(is_hearsay: bool, expected: list[str]):
    requirement = read_requirement("trl>=0.19")
    assert requirement
    pin = Pin(requirement, "README.md", text="trl>=0.19", is_hearsay=is_hearsay)
    facts = FolderFacts(mentioned=[pin]) if is_hearsay else FolderFacts(pins=[pin])
    made = project({"train.py": SCRIPT}, folders={"": facts})
    found = check(understood("train.py", SCRIPT), made)
    assert [each.name for each in found if each.name == "changed-default"] == expected
