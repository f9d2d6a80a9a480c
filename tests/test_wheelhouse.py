"""The lock gives every platform and Python one release of each library, with hashes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCK = str(ROOT / "requirements" / "server.txt")

_spec = importlib.util.spec_from_file_location("wheelhouse", ROOT / "scripts" / "wheelhouse.py")
assert _spec is not None
assert _spec.loader is not None
wheelhouse = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = wheelhouse
_spec.loader.exec_module(wheelhouse)


def releases(target: str, minor: int) -> dict[str, str]:
    lines = list(wheelhouse.applicable(wheelhouse.PLATFORMS[target], minor, (LOCK,)))
    assert all("--hash=sha256:" in line for line in lines)
    pairs = [line.split()[0].split("==") for line in lines]
    found = dict(pairs)
    assert len(found) == len(pairs), "two releases of one library"
    return found


@pytest.mark.parametrize("target", wheelhouse.PLATFORMS)
@pytest.mark.parametrize("minor", wheelhouse.MINORS)
def test_every_platform_gets_the_direct_dependencies(target: str, minor: int) -> None:
    direct = {"libcst", "lsprotocol", "packaging", "pygls", "tree-sitter", "tree-sitter-bash"}
    assert direct <= releases(target, minor).keys()


def test_markers_are_evaluated_for_the_target_not_for_this_python() -> None:
    assert "tomli" in releases("linux-x64", 10)
    assert "tomli" not in releases("linux-x64", 11)


def test_macs_with_intel_processors_get_the_last_release_with_wheels_for_them() -> None:
    assert releases("darwin-x64", 12)["libcst"].startswith("1.8.")
    assert releases("darwin-arm64", 12)["libcst"] == releases("linux-x64", 12)["libcst"]


def test_comments_and_continued_lines_of_a_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("# made by\none==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n")
    assert list(wheelhouse.logical_lines(lock)) == ["one==1 --hash=sha256:aa --hash=sha256:bb"]
