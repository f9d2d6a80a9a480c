"""Folders in which nothing is what its name says: no hang, no exception, the rest is checked."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lsp.client import Client
from robustness.nasty.document import COMMAND

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has none of these files")

Json = dict[str, Any]
CREATED, CHANGED, DELETED = 1, 2, 3
TRAIN = "from trl import SFTTrainer\nSFTTrainer('m', model_init_kwargs={})\n"
NAMES = (
    "line\nbreak.py",
    "tab\t.py",
    "\x1b[2Jescape.py",
    "quote'\".py",
    " .py",
    "-r.py",
    "😀.py",
    "%20.py",
    "a" * 250 + ".py",
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A project with one file for every trap, and healthy ones between them."""
    (tmp_path / ".git").mkdir()
    for name in NAMES:
        (tmp_path / name).write_text(TRAIN)
    bad_name = os.fsencode(tmp_path) + b"/\xff\xfe.py"
    Path(os.fsdecode(bad_name)).write_text(TRAIN)
    _make_traps(tmp_path)
    (tmp_path / "run.sh").write_text(f"{COMMAND}\n")
    sockets = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    here = Path.cwd()
    os.chdir(tmp_path)  # the path of a socket has little room
    for each, name in zip(sockets, ("socket.py", "requirements-socket.txt"), strict=True):
        each.bind(name)
    os.chdir(here)
    yield tmp_path
    for each in sockets:
        each.close()
    (tmp_path / "closed").chmod(0o700)
    (tmp_path / "closed.py").chmod(0o600)


def _make_traps(folder: Path) -> None:
    for name in ("train.py", "pyproject.toml", "requirements.txt", "uv.lock", "Makefile"):
        (folder / "folders" / name).mkdir(parents=True)
    (folder / "folders" / "train.py" / "inside.py").write_text(TRAIN)
    (folder / "dangling.py").symlink_to("nowhere.py")
    (folder / "looping.py").symlink_to("looping.py")
    (folder / "one.py").symlink_to("other.py")
    (folder / "other.py").symlink_to("one.py")
    (folder / "parent").symlink_to(folder, target_is_directory=True)
    (folder / "device.py").symlink_to("/dev/zero")
    pipes = folder / "pipes"
    pipes.mkdir()
    for name in ("pipe.py", "run.sh", "pyproject.toml", "requirements.txt", "uv.lock", "x.ipynb"):
        os.mkfifo(pipes / name)
    including = folder / "including"
    including.mkdir()
    lines = ["-r requirements.txt", "-r ../pipes/requirements.txt", "-r /dev/zero", "-r .", "-r \0"]
    (including / "requirements.txt").write_text("\n".join([*lines, "trl==0.24\n"]))
    (including / "train.py").write_text(TRAIN)
    broken = folder / "broken"
    broken.mkdir()
    (broken / "pyproject.toml").write_text("a = " + "[" * 50_000)
    (broken / "requirements.txt").write_bytes(b"\xff\xfe\0" * 1_000)
    (broken / "uv.lock").write_bytes(bytes(range(256)))
    (broken / "train.py").write_text(TRAIN)
    (folder / "closed").mkdir()
    (folder / "closed" / "train.py").write_text(TRAIN)
    (folder / "closed").chmod(0)
    (folder / "closed.py").write_text(TRAIN)
    (folder / "closed.py").chmod(0)


_AS_ANOTHER_USER = """
import contextlib, io, os, sys, tempfile
from tunesmith.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    main(["check", "run.sh"])
    main(["check", "run.sh", "--output-format", "json"])
os.setuid(65534)
sys.exit(main(sys.argv[1:]))
"""
"""A first run as oneself: the interpreter may stand where nobody else can import from it."""


def run(
    folder: Path, *arguments: str, start: Sequence[str] = ("-m", "tunesmith")
) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [sys.executable, *start, "check", *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert ended.returncode in (0, 1, 2), ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
    assert not {"\x1b", "\0"}.intersection(ended.stdout + ended.stderr)
    return ended


def found_in(ended: subprocess.CompletedProcess[str]) -> set[str]:
    return {finding["filename"] for finding in json.loads(ended.stdout)}


def test_the_healthy_files_of_a_folder_are_checked(folder: Path):
    found = found_in(run(folder, ".", "--output-format", "json"))
    assert {*NAMES, "run.sh", "including/train.py", "broken/train.py"} <= found
    assert "folders/train.py/inside.py" in found
    run(folder, ".", "--diff")
    run(folder, ".", "--fix")
    assert found_in(run(folder, ".", "--output-format", "json")).isdisjoint(NAMES)
    assert (folder / "dangling.py").readlink() == Path("nowhere.py")


@pytest.mark.parametrize(
    "name",
    [
        "dangling.py",
        "looping.py",
        "device.py",
        "socket.py",
        "pipes/pipe.py",
        "pipes/run.sh",
        "pipes/x.ipynb",
        "run.sh/train.py",
        "nowhere.py",
        "a" * 5_000,
        "folders/../folders/pyproject.toml/x.py",
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(folder: Path, name: str):
    ended = run(folder, name)
    assert ended.returncode == 2
    assert ended.stderr.count(": error: ") == 1


@pytest.mark.skipif(getattr(os, "getuid", lambda: 1)() != 0, reason="only root can be another user")
def test_what_is_closed_to_the_user_is_named(folder: Path):
    for path in (folder, *folder.parents):
        if path.stat().st_uid == os.getuid():
            path.chmod(path.stat().st_mode | 0o755)
    another = ("-c", _AS_ANOTHER_USER)
    ended = run(folder, ".", "--output-format", "json", start=another)
    assert {"run.sh", "broken/train.py"} <= found_in(ended)
    assert "closed" in ended.stderr
    assert run(folder, "closed.py", start=another).returncode == 2
    assert run(folder, "closed", start=another).returncode == 2
    assert "not fixed" in run(folder, "run.sh", "--fix", start=another).stderr


def test_files_that_come_and_go_during_a_check(folder: Path):
    stop = threading.Event()

    def disturb() -> None:
        while not stop.is_set():
            for number in range(20):
                (folder / f"brief{number}.py").write_text(TRAIN)
                (folder / "brief").mkdir(exist_ok=True)
                (folder / "brief" / "run.sh").write_text(COMMAND)
            for number in range(20):
                (folder / f"brief{number}.py").unlink()
            shutil.rmtree(folder / "brief")
            time.sleep(0.001)

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for options in ((), ("--fix",), ("--diff",), ("--output-format", "json")):
            assert "please report" not in run(folder, ".", *options).stderr
    finally:
        stop.set()
        thread.join()


def test_a_server_reads_the_folder_and_what_changes_in_it(folder: Path):
    client = Client()
    try:
        client.initialize(folder)
        client.wait_until_ready()
        paths = [Path(root, name) for root, _, names in os.walk(folder) for name in names]
        for kind in (CHANGED, DELETED, CREATED):
            changes = [{"uri": uri_of(path), "type": kind} for path in paths]
            client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        uri = (folder / "including" / "train.py").as_uri()
        client.open(uri, TRAIN)
        assert client.codes(uri, 1) == ["misplaced-model-init-kwargs"]
        for name in NAMES:
            client.open(uri_of(folder / name), TRAIN)
            assert client.codes(uri_of(folder / name), 1) == ["misplaced-model-init-kwargs"]
        assert client.shut_down() == 0
        assert "Traceback" not in client.log
    finally:
        client.close()


def uri_of(path: Path) -> str:
    return path.as_uri()
