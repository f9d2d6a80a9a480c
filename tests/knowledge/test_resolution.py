"""What a request means; that the answers are uv's is in test_resolutions_of_uv.py."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tunesmith.knowledge import resolution
from tunesmith.knowledge.candidates import (
    LINUX,
    Platform,
    Target,
    candidates,
    just_before,
    lowest_python,
)
from tunesmith.knowledge.releases import all_releases, release, releases
from tunesmith.knowledge.resolution import Order, Request, Resolution, resolve

DAY = datetime.datetime(2026, 11, 20, tzinfo=datetime.timezone.utc)


def request(*requirements: str, python: str = "3.12", **more: Any) -> Request:
    options = {"exclude_newer": DAY, **more}
    return Request(tuple(map(Requirement, requirements)), Version(python), **options)


def resolved(*requirements: str, **more: Any) -> Resolution:
    return resolve(request(*requirements, **more))


def told(found: Resolution) -> list[str]:
    return [str(cause) for cause in found.clash]


# What is taken


def test_a_package_from_elsewhere_is_unknown_and_holds_nobody_back() -> None:
    found = resolved("trl @ git+https://example.com/trl", "transformers<4.40")
    assert found.unknown == {"trl"}
    assert found.versions["transformers"] == Version("4.39.3")
    assert not found.clash


def test_a_package_of_another_index_is_unknown() -> None:
    found = resolved("torch==2.1.0", "trl", unknown=frozenset({"torch"}))
    assert "torch" in found.unknown
    assert "torch" not in found.versions
    assert "triton" not in found.versions
    assert found.versions["trl"] == resolved("trl").versions["trl"]


def test_a_release_that_no_table_has_is_unknown() -> None:
    found = resolved("trl>=999", "peft", exclude_newer=None)
    assert found.unknown == {"trl"}
    assert "peft" in found.versions


def test_a_pin_that_no_table_has_is_unknown() -> None:
    assert resolved("transformers==3.5.1").unknown == {"transformers"}
    assert resolved("trl==1.15.99", exclude_newer=None).unknown == {"trl"}


def test_a_package_that_nobody_tracks_is_left_out() -> None:
    assert resolved("unheard-of==1", "peft") == resolved("peft")


def test_names_are_normalised() -> None:
    assert "huggingface-hub" in resolved("Huggingface_Hub").versions


def test_nothing_is_asked_for() -> None:
    assert resolved() == Resolution()


def test_a_withdrawn_release_is_taken_only_where_it_is_pinned() -> None:
    withdrawn = release("transformers", Version("5.10.0"))
    assert withdrawn is not None
    assert withdrawn.yanked
    assert resolved("transformers>5.9.0,<5.10.1").clash
    assert resolved("transformers==5.10.0").versions["transformers"] == withdrawn.version


def test_a_late_patch_of_an_old_line_is_found_by_its_version() -> None:
    newest = max(one for one in releases("transformers") if one < Version("5"))
    assert resolved("transformers<5").versions["transformers"] == newest


def test_an_old_python_gets_an_old_release() -> None:
    found = resolved("trl", "transformers", python="3.9").versions
    for name in ("trl", "transformers"):
        chosen = release(name, found[name])
        assert chosen is not None
        assert chosen.requires_python == ">=3.9" or chosen.requires_python == ">=3.9.0"


def test_an_upper_bound_on_python_does_not_count() -> None:
    assert lowest_python(">=3.9,<3.13,!=3.9.7") == (False, Version("3.9"))
    assert lowest_python("<4") is None
    assert lowest_python(">3.9") == (True, Version("3.9"))
    assert lowest_python("==3.11.*") == (False, Version("3.11"))


def test_a_release_without_a_wheel_for_the_python_is_passed_over() -> None:
    row = release("torch", Version("2.3.0"))
    assert row is not None
    assert Target(Version("3.12")).has_wheel(row)
    assert not Target(Version("3.13")).has_wheel(row)
    assert Target(Version("3.13"), Platform("Darwin", "arm64")).has_wheel(row)


def test_markers_are_those_of_the_platform() -> None:
    wanted = ("peft ; sys_platform == 'darwin'", "trl")
    mac = Platform("Darwin", "arm64")
    assert "peft" not in resolved(*wanted).versions
    assert "peft" in resolved(*wanted, platform=mac).versions
    assert "triton" in resolved("torch").versions
    assert "triton" not in resolved("torch", platform=mac).versions
    assert LINUX.has_known_wheels


def test_an_extra_adds_what_it_names() -> None:
    assert "peft" not in resolved("trl").versions
    assert "peft" in resolved("trl[peft]").versions


def test_the_same_extra_twice_and_an_unknown_extra() -> None:
    assert resolved("trl[peft]", "trl[Peft]") == resolved("trl[peft]")
    assert resolved("trl[nonsense]") == resolved("trl")


def test_the_lowest_release_that_is_admitted() -> None:
    found = resolved("trl>=0.20", order=Order.LOWEST_DIRECT)
    assert found.versions["trl"] == Version("0.20.0")
    assert found.versions["transformers"] > Version("5")


def test_the_lowest_release_without_a_bound_is_unknown() -> None:
    assert "trl" in resolved("trl", order=Order.LOWEST_DIRECT).unknown


def test_an_old_trl_gets_an_old_transformers() -> None:
    found = resolved("trl<0.13").versions
    assert found["trl"] == Version("0.12.2")
    assert found["transformers"] == Version("4.12.2")


def test_a_search_that_leads_out_of_the_tables_is_unknown() -> None:
    assert resolved("trl", "tokenizers<0.5") == Resolution(is_known=False)


def test_preferences_hold_where_nothing_speaks_against_them() -> None:
    old = (("peft", Version("0.18.0")), ("trl", Version("0.9.6")))
    found = resolved("peft", "trl>=1", preferences=old).versions
    assert found["peft"] == Version("0.18.0")
    assert found["trl"] >= Version("1")


# What clashes


def test_a_clash_says_who_needs_what() -> None:
    found = resolved("trl==0.24.0", "transformers<4.50", "peft")
    assert told(found) == [
        "trl==0.24.0 is asked for",
        "transformers<4.50 is asked for",
        "trl 0.24.0 needs transformers>=4.56.1",
    ]
    assert not found.versions
    assert found.is_known


def test_the_causes_of_a_clash_have_parts() -> None:
    asked, _, need = resolved("trl==0.24.0", "transformers<4.50").clash
    assert (asked.package, asked.needs) == ("", "trl==0.24.0")
    assert (need.package, need.versions) == ("trl", (Version("0.24.0"),))
    assert need.needs == "transformers>=4.56.1"


def test_a_clash_over_several_releases_names_their_span() -> None:
    found = told(resolved("transformers>=5.1,<5.10", "huggingface_hub<1"))
    assert "transformers 5.1.0 to 5.3.0 need huggingface-hub<2.0,>=1.3.0" in found


def test_a_clash_of_two_requirements_of_one_package() -> None:
    assert told(resolved("numpy<2", "numpy>=2.1", "trl")) == [
        "numpy<2 is asked for",
        "numpy>=2.1 is asked for",
    ]


@pytest.mark.parametrize(
    ("requirements", "python", "says"),
    [
        (("trl==1.16.0",), "3.9", "trl 1.16.0 needs Python >=3.11"),
        (("torch==2.3.0",), "3.13", "torch 2.3.0 has no wheel for Python 3.13"),
        (("trl>=1.8",), "3.12", "trl has no such release from before 2024-06-15 00:00 UTC"),
    ],
)
def test_a_clash_says_what_a_release_lacks(
    requirements: tuple[str, ...], python: str, says: str
) -> None:
    early = datetime.datetime(2024, 6, 15, tzinfo=datetime.timezone.utc)
    limit = early if "2024" in says else DAY
    assert says in told(resolved(*requirements, python=python, exclude_newer=limit))


def test_constraints_and_overrides_take_part_in_clashes() -> None:
    bound = (Requirement("transformers<4.50"),)
    assert told(resolved("trl==0.24.0", constraints=bound))
    assert not resolved("trl==0.24.0", overrides=bound).clash


def test_a_constraint_installs_nothing() -> None:
    bound = (Requirement("peft==0.18.0"),)
    assert "peft" not in resolved("trl", constraints=bound).versions


# What it costs


def test_a_search_that_is_given_up_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolution, "STEPS", 3)
    asked = request("trl", "peft", python="3.12.1")
    assert resolve(asked) == Resolution(is_known=False)


def test_the_same_request_is_answered_from_memory() -> None:
    assert resolved("trl", "peft") is resolved("trl", "peft")


@pytest.mark.parametrize(
    "requirements",
    [
        ("unsloth", "vllm", "trl<0.10", "transformers>=5"),
        ("vllm", "tokenizers<0.15", "unsloth", "torch<2.2"),
        ("lighteval", "lm-eval", "unsloth", "vllm<0.4", "numpy<1.25"),
    ],
)
def test_hopeless_headers_come_to_an_end(requirements: tuple[str, ...]) -> None:
    found = resolved(*requirements)
    assert found.clash or found.versions or not found.is_known


# The sets of candidates

SPECIFIERS = (
    ">=4.50", ">4.50.0", "<5", "<5.0.0rc1", "<=4.57.1", "==4.50.*", "!=4.50.*", "~=4.50.1",
    "~=4.5", "==4.50.0", "===4.50.0", "!=4.57.0,<6,>=4.49", ">=5.0.0rc0", "==4.40", "<4.31.0",
    ">999", "<0", "",
)  # fmt: skip


@pytest.mark.parametrize("text", SPECIFIERS)
@pytest.mark.parametrize("package", ["transformers", "torch", "xformers"])
def test_a_set_holds_what_the_specifiers_admit(package: str, text: str) -> None:
    known = candidates(package)
    admitted = known.admitted(SpecifierSet(text))
    kept = [one for place, one in enumerate(known.versions) if admitted & 2 << place]
    assert kept == [
        one for one in known.versions if SpecifierSet(text).contains(one, prereleases=True)
    ]


@pytest.mark.parametrize(
    ("version", "before"),
    [("4.31.0", "4.30.99999999"), ("2.0.0", "1.99999999"), ("0.0.1", "0.0.0.99999999")],
)
def test_a_release_just_before_another(version: str, before: str) -> None:
    assert just_before(Version(version)) == Version(before)
    assert Version(before) < Version(version)


def test_candidates_ascend_and_have_their_releases() -> None:
    known = candidates("transformers", (Version("3.5.1"), Version("4.50.0")))
    assert list(known.versions) == sorted(known.versions)
    assert len(known.versions) == len(all_releases("transformers")) + 4
    for place, version in enumerate(known.versions, start=1):
        row = known.release(place)
        assert row is None or row.version == version
    assert not known.stable & known.early
