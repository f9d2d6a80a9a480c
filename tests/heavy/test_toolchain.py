"""The real `train` toolchain, which `npm run test:heavy` has installed with the command line."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from tunesmith.toolchains.catalogue import TOOLCHAINS
from tunesmith.toolchains.lock import pinned_for

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

TRAIN = TOOLCHAINS["train"]


@pytest.fixture
def environment() -> dict[str, str]:
    """The variables with which the command line finds it."""
    if "TUNESMITH_TOOLCHAIN_DATA" not in os.environ:
        pytest.skip("npm run test:heavy installs the toolchain and names its place")
    data = os.environ["TUNESMITH_TOOLCHAIN_DATA"]
    return {**os.environ, "XDG_DATA_HOME": data, "LOCALAPPDATA": data}


def doctor(environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tunesmith", "toolchain", "doctor", "train", "--json"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    [found] = json.loads(ran.stdout.splitlines()[-1])["result"]["toolchains"]
    return found


def test_every_library_imports_in_the_locked_release(
    environment: dict[str, str], record_property: Callable[[str, object], None]
):
    found = doctor(environment)
    assert (found["status"], found["message"]) == ("ok", "")
    of_toolchain = [found["python"], "-c", "import platform; print(platform.python_version())"]
    python = subprocess.run(of_toolchain, capture_output=True, text=True, check=True).stdout.strip()
    locked = {each.name: each.version for each in pinned_for(TRAIN.lock, Version(python))}
    public = {name: Version(each).public for name, each in found["versions"].items()}
    assert public == {name: locked[name] for name in TRAIN.modules}
    record_property("platform", f"Python {python}, {platform.machine()}")
    record_property("GB on disk", round(found["size"] / 1e9, 1))


def test_a_library_that_is_damaged(environment: dict[str, str]):
    """As by a full disk or a hand: said, with what to do."""
    found = doctor(environment)
    site_packages = next(Path(found["python"]).parents[1].glob("lib/python3*/site-packages"))
    folder = site_packages / "peft"
    folder.rename(folder.with_name("peft-away"))
    try:
        found = doctor(environment)
    finally:
        folder.with_name("peft-away").rename(folder)
    assert found["status"] == "damaged"
    assert "cannot import peft" in found["message"]
    assert found["next_step"] == "`tunesmith toolchain install train`"
