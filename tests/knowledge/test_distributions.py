"""What brings a module, and what comes along, against the metadata of installed packages."""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distributions, packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tunesmith.knowledge.distributions import brought_by, distributions_of, is_known
from tunesmith.knowledge.tables import table

INSTALLED = [each for each in distributions() if is_known(canonicalize_name(each.name))]


def test_modules_come_from_what_installs_them():
    checked = 0
    for module, names in packages_distributions().items():
        expected = {canonicalize_name(name) for name in names}
        found = set(distributions_of(module))
        if found and module.isidentifier():
            assert found & expected, module
            checked += 1
    assert checked >= 10


@pytest.mark.parametrize("one", INSTALLED, ids=lambda one: one.name)
def test_what_a_release_requires_comes_along(one: Distribution):
    along = brought_by([canonicalize_name(one.name)])
    assert along
    for text in one.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None:
            assert canonicalize_name(requirement.name) in along


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("PIL", ["pillow"]),
        ("sentence_transformers", ["sentence-transformers"]),
        ("yaml", ["pyyaml"]),
        ("json", []),
        ("my_helpers", []),
        ("IPython", []),
    ],
)
def test_a_module_has_its_distributions(module: str, found: list[str]):
    assert list(distributions_of(module)) == found


def test_what_is_unknown_may_bring_anything():
    assert brought_by(["trl", "my-team-tools"]) is None


def test_solved_packages_bring_no_tracked_ones():
    assert "requests" in (brought_by(["transformers"]) or ())
    assert "requests" not in (brought_by(["transformers"], ["transformers"]) or ())
    assert "regex" in (brought_by(["transformers"], ["transformers"]) or ())


def test_names_are_normalised():
    data = table("distributions")
    names = [name for many in data["requires"].values() for name in many]
    names += [*data["requires"], *(name for many in data["modules"].values() for name in many)]
    assert [name for name in names if name != canonicalize_name(name)] == []
    assert not set(data["modules"]) & set(sys.stdlib_module_names)


def test_backends_are_normalised():
    data = table("backends")
    names = [each for key in ("report_to", "optim", "evaluate") for each in data[key].values()]
    assert all(name == canonicalize_name(name) for many in names for name in many)
    assert all(re.compile(pattern) for pattern in data["image_models"])
