"""Runs of pip, and what is made of their failures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from tunesmith.errors import UserError
from tunesmith.toolchains import pip
from tunesmith.toolchains.failures import failure, in_words
from tunesmith.toolchains.lock import Pinned
from tunesmith.toolchains.pip import Installer, _Watch

pytestmark = pytest.mark.timeout(400)


def test_an_environment_where_there_is_no_pip_to_lend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pip, "_own_pip", lambda: Version("0"))
    installer = Installer(tmp_path / "environment", tmp_path, ())
    installer.make_environment(Path(sys.executable))
    command = [str(installer.python), "-m", "pip", "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) in told


def test_a_python_that_cannot_make_environments(tmp_path: Path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'ensurepip is not available' >&2\nexit 1\n")
    python.chmod(0o755)
    installer = Installer(tmp_path / "environment", tmp_path, ())
    with pytest.raises(UserError, match="apt-get install python3-venv"):
        installer.make_environment(python)


@pytest.mark.parametrize(
    ("status", "output", "message", "next_step"),
    [
        (-9, "", "pip was ended by signal 9", "run the same command again"),
        (1, "OSError: [Errno 28] No space left on device", "the disk of ", "make room"),
        (1, "[Errno 13] Permission denied: '/x'", "cannot be written to", "make it writable"),
        (1, "error sending request for url", "cannot be reached", "check the network"),
        (
            1,
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n    trl==1.0 from https://a/b:\n",
            "gave a file of trl==1.0 that",
            "check which index",
        ),
        (3, "something new", "pip failed with status 3", "pip said:\n  something new"),
    ],
)
def test_failures(tmp_path: Path, status: int, output: str, message: str, next_step: str):
    error = failure("pip", status, output, tmp_path)
    assert message in error.message
    assert next_step in error.next_step


def test_logins_are_not_shown(tmp_path: Path):
    error = failure("pip", 1, "cannot reach https://user:secret@example.com/simple", tmp_path)
    assert "secret" not in str(error)
    assert "https://****@example.com" in str(error)


def test_bytes_as_pip_tells_them():
    packages = [Pinned(name, "1", "libraries", (), size) for name, size in [("a-b", 10), ("c", 5)]]
    heard: list[tuple[str, int]] = []
    watch = _Watch(packages, lambda name, count: heard.append((name, count)))
    for line in [
        "Collecting a_b==1 (from -r requirements.txt (line 1))",
        "  Downloading a_b-1-py3-none-any.whl (10 B)",
        "Progress 4 of 10",
        "Progress 99 of 10",
        "Collecting c==1",
        "  Using cached c-1-py3-none-any.whl (5 B)",
        "Collecting unknown",
        "Installing collected packages: c, a-b",
    ]:
        watch(line)
    assert heard == [("a-b", 0), ("a-b", 4), ("a-b", 10), ("c", 10), ("unknown", 15)]


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 kB"), (999_499, "999 kB"), (2.5e6, "2 MB"), (9.34e9, "9.3 GB")]
)
def test_bytes_in_words(size: float, words: str):
    assert in_words(size) == words
