"""The locks, without installing anything."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

import lock_toolchains
from tunesmith.errors import UserError
from tunesmith.toolchains.catalogue import TOOLCHAINS
from tunesmith.toolchains.lock import pinned_for, supported_pythons
from tunesmith.toolchains.plan import current_key, make_plan

TRAIN = TOOLCHAINS["train"]


@pytest.mark.parametrize("minor", [10, 11, 12, 13, 14])
def test_every_python_gets_each_package_once(minor: int):
    python = Version(f"3.{minor}.2")
    assert supported_pythons(TRAIN.lock).contains(python)
    pinned = pinned_for(TRAIN.lock, python)
    names = [each.name for each in pinned]
    assert len(names) == len(set(names))
    assert {*TRAIN.modules, "pip", "uv"} <= set(names)
    assert all(each.size > 0 and each.hashes for each in pinned)


def test_the_lock_is_up_to_date():
    assert list(lock_toolchains.check(TRAIN)) == []


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (r'(?<="name": "trl", "version": ")[^"]+', "0.9", "trl>=1.14 is not met"),
        (r'"python": ">=3.10', '"python": ">=3.11', "for other requirements"),
        (r'"name": "torch"', '"name":  "torch"', "edited by hand"),
        (r"(?<=-py3-none-)win_amd64", "win32", "bitsandbytes .* has no wheel"),
    ],
)
def test_a_lock_that_drifted(tmp_path: Path, before: str, after: str, problem: str):
    copy = tmp_path / "train.json"
    copy.write_text(re.sub(before, after, TRAIN.lock.read_text("utf-8")), "utf-8")
    found = lock_toolchains.check(replace(TRAIN, lock=copy))
    assert any(re.search(problem, each) for each in found)


def test_the_lock_names_no_host():
    assert "://" not in TRAIN.lock.read_text("utf-8")


def test_torch_comes_first_and_nothing_twice():
    plan = make_plan(TRAIN)
    names = [step.name for step in plan.steps]
    assert names[:3] == ["pip", "torch", "libraries 1"]
    assert len(plan.packages) == len({each.name for each in plan.packages})
    assert "uv" not in [each.name for each in plan.packages]
    torch = plan.steps[1]
    # Each build of torch brings its own of these.
    assert not [
        each for each in torch.constraints if each.startswith(("nvidia-", "triton", "cuda-"))
    ]
    assert [each for each in torch.constraints if each.startswith("sympy==")]


def test_a_build_that_uv_knows():
    plan = make_plan(TRAIN, "cpu")
    assert [step.name for step in plan.steps[:3]] == ["pip", "uv", "torch"]
    assert plan.steps[2].uv_backend == "cpu"
    assert plan.key != make_plan(TRAIN).key


def test_the_key_follows_the_content(tmp_path: Path):
    python = Version("3.12.1")
    key = current_key(TRAIN, "default", python)
    assert key == current_key(TRAIN, "default", Version("3.12.9"))
    assert key != current_key(TRAIN, "default", Version("3.13.1"))
    lock = json.loads(TRAIN.lock.read_text("utf-8"))
    next(each for each in lock["packages"] if each["name"] == "peft")["version"] = "9.9"
    copy = tmp_path / "train.json"
    copy.write_text(json.dumps(lock))
    assert key != current_key(replace(TRAIN, lock=copy), "default", python)


@pytest.mark.parametrize("torch", ["cuda", "", "cu", "existing:/nowhere", "default "])
def test_a_torch_that_there_is_not(torch: str):
    with pytest.raises(UserError):
        make_plan(TRAIN, torch)
