"""What is chosen, against what the real uv chose (scripts/record_resolutions.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tunesmith.knowledge.resolution import Early, Order, Request, resolve
from tunesmith.knowledge.uv_settings import moment

CASES = json.loads((Path(__file__).parent / "data" / "resolutions.json").read_text("utf-8"))[
    "cases"
]
ALWAYS_TOLD = frozenset(
    ("datasets", "huggingface-hub", "peft", "trackio", "transformers", "trl", "unsloth")
)
"""Libraries that rules speak of: told wherever uv installs them."""
DISAGREEMENTS = {
    "diffusers, vllm!=0.25.1, sentence-transformers==3.2.1, huggingface-hub 3.11 "
    "2026-11-20T00:00:00Z": (
        "uv's search for a vllm leads over packages that no table has, such as tokenspeed-mla"
    ),
}
"""Header -> why another answer than uv's is given."""
MOSTLY = 0.8
"""The share of the impossible headers that must be told from those that nobody can tell."""


def name_of(case: Mapping[str, Any]) -> str:
    told = ("python", "exclude_newer", "exclude_newer_package", "prerelease", "resolution")
    options = [str(case[option]) for option in told if option in case]
    more = (*case.get("constraints", ()), *case.get("overrides", ()))
    return " ".join((", ".join(case["requirements"]), *options, *more))


def marked(case: Mapping[str, Any]) -> Any:
    why = DISAGREEMENTS.get(name_of(case))
    marks = [pytest.mark.xfail(reason=why, strict=True)] if why else []
    return pytest.param(case, id=name_of(case), marks=marks)


def request_of(case: Mapping[str, Any]) -> Request:
    def requirements(kind: str) -> tuple[Requirement, ...]:
        return tuple(map(Requirement, case.get(kind, ())))

    dates = case.get("exclude_newer_package", {})
    return Request(
        requirements("requirements"),
        Version(case["python"]),
        constraints=requirements("constraints"),
        overrides=requirements("overrides"),
        exclude_newer=moment(case["exclude_newer"], None),
        exclude_newer_package=tuple((name, moment(dates[name], None)) for name in dates),
        early=Early(case.get("prerelease", "if-necessary")),
        order=Order(case.get("resolution", "highest")),
    )


@pytest.mark.parametrize("case", [marked(case) for case in CASES if "versions" in case])
def test_the_releases_are_those_that_uv_chose(case: Mapping[str, Any]) -> None:
    found = resolve(request_of(case))
    assert found.is_known
    assert not found.clash, "; ".join(map(str, found.clash))
    chosen = {name: Version(version) for name, version in case["versions"].items()}
    assert found.versions == {name: chosen.get(name) for name in found.versions}
    named = {canonicalize_name(Requirement(text).name) for text in case["requirements"]}
    needed = (ALWAYS_TOLD | named) & chosen.keys()
    assert needed <= found.versions.keys() | found.unknown


IMPOSSIBLE = [case for case in CASES if "impossible" in case]


@pytest.mark.parametrize("case", IMPOSSIBLE, ids=name_of)
def test_what_uv_finds_impossible_has_no_answer(case: Mapping[str, Any]) -> None:
    found = resolve(request_of(case))
    assert found.clash or found.unknown or not found.is_known


def test_most_impossible_headers_are_told_from_unknown_ones() -> None:
    told = [case for case in IMPOSSIBLE if resolve(request_of(case)).clash]
    assert len(told) >= MOSTLY * len(IMPOSSIBLE)


def test_the_record_is_varied() -> None:
    assert len(CASES) >= 150
    assert len(IMPOSSIBLE) >= 15
    assert {case["python"] for case in CASES} >= {"3.9", "3.10", "3.11", "3.12", "3.13", "3.14"}
    assert {case["exclude_newer"][:4] for case in CASES} >= {"2024", "2025", "2026"}
