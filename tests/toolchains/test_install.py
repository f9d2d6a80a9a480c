"""Real installations, with the real pip, from an index on this machine."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any

import pytest

from toolchains.made import Index, Tiny
from tunesmith.errors import UserError
from tunesmith.platform import interpreter_in
from tunesmith.toolchains.store import Store
from tunesmith.toolchains.use import run_in_toolchain
from tunesmith.workers.events import Progress

pytestmark = pytest.mark.timeout(400)  # seconds when nothing else runs on the machine


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_life(tiny: Tiny, index: Index, monkeypatch: pytest.MonkeyPatch):
    """Everything once, in one installation, as each takes seconds."""
    monkeypatch.setenv("PIP_TARGET", str(tiny.folder / "elsewhere"))
    assert tiny.status() == "missing"

    dry = tiny.run("install", "tiny", "--dry-run", "--json")
    [plan] = lines(dry.stdout)
    wheels = sum(len(content) for content in index.files.values())
    assert plan["plan"]["download_bytes"] == wheels
    assert not tiny.place.exists()
    assert index.asked == []

    ran = tiny.run("install", "tiny", "--json")
    assert ran.returncode == 0, ran.stdout
    plan, *progress, result = lines(ran.stdout)
    assert plan["plan"]["packages"]["omega"] == "1.0"
    done = [event["done"] for event in progress if event["stage"] == "install"]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, wheels)
    assert {event["total"] for event in progress if event["stage"] == "install"} == {wheels}
    assert result["result"]["versions"] == {"torch": "2.13.0", "alpha": "1.0", "omega": "1.0"}
    assert result["result"]["size"] > 3_000_000
    assert not (tiny.folder / "elsewhere").exists()
    assert sorted(path.name.partition("-")[0] for path in tiny.place.iterdir()) == [
        "changing",
        "environment",
        "installed.json",
    ]

    index.asked.clear()
    again = tiny.run("install", "tiny")
    assert again.returncode == 0
    assert again.stdout.startswith("tiny: ok: ")
    assert index.asked == []
    assert tiny.doctor()["status"] == "ok"

    heard: list[Progress] = []
    request = {"modules": {"omega": "omega"}}
    found = run_in_toolchain("tiny", "versions", request, heard.append)
    assert found == {"versions": {"omega": "1.0"}, "failures": {}}
    assert [event.message for event in heard] == ["omega"]

    [environment] = tiny.environments()
    package = next(environment.glob("lib/python3*/site-packages/alpha"))
    (package / "__init__.py").write_text("raise OSError('half a file')")
    found = tiny.doctor()
    assert found["status"] == "damaged"
    assert "cannot import alpha (OSError: half a file)" in found["message"]
    assert found["next_step"] == "`tunesmith toolchain install tiny`"
    assert tiny.run("install", "tiny").returncode == 0
    assert tiny.doctor()["status"] == "ok"

    python = interpreter_in(environment)
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert "is gone, or the Python that it was made with" in tiny.doctor()["message"]
    assert tiny.run("install", "tiny").returncode == 0
    assert tiny.doctor()["status"] == "ok"

    tiny.add_library("alpha", "2.0", requires=["torch"])
    tiny.write()
    assert tiny.doctor()["status"] == "outdated"
    updated = tiny.run("install", "tiny")
    assert updated.returncode == 0, updated.stderr
    assert tiny.environments() != [environment]
    assert len(tiny.environments()) == 1
    assert tiny.doctor()["versions"]["alpha"] == "2.0"

    assert tiny.run("remove", "tiny").stdout == "tiny is removed.\n"
    assert not tiny.place.exists()
    assert tiny.run("remove", "tiny").returncode == 0
    with pytest.raises(UserError, match="tiny is not installed; install it with `tunesmith tool"):
        run_in_toolchain("tiny", "versions", request)


@pytest.mark.parametrize("package", ["pip", "torch", "omega"])
def test_a_killed_installation_goes_on(tiny: Tiny, index: Index, package: str):
    index.stall_at(package)
    with tiny.start("install", "tiny", "--json") as run:
        assert index.stalled.wait(60)
        run.kill()
    index.stall_no_more()
    assert tiny.status() == "missing"
    assert "broken off" in tiny.run("list").stdout

    before = list(index.asked)
    ran = tiny.run("install", "tiny", "--json")
    assert ran.returncode == 0, ran.stdout
    assert tiny.doctor()["status"] == "ok"
    # What was there is not asked for again.
    again = set(before[:-1]) & set(index.asked[len(before) :])
    assert again == set()


def test_killed_while_pip_writes(tiny: Tiny):
    """At moments that nobody chose, with all processes of the installation."""
    for moment in (1.2, 2.1, 2.9, 3.8):
        with tiny.start("install", "tiny", "--json") as run:
            try:
                run.wait(moment)
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, signal.SIGKILL)
        if run.returncode == 0:
            break
        assert tiny.status() == "missing"
    assert tiny.run("install", "tiny").returncode == 0
    assert tiny.doctor()["status"] == "ok"


def test_two_at_once(tiny: Tiny, index: Index):
    index.stall_at("torch")
    with tiny.start("install", "tiny") as first:
        assert index.stalled.wait(60)
        second = tiny.run("install", "tiny")
        removing = tiny.run("remove", "tiny")
        index.stall_no_more()
        _, said = first.communicate(timeout=90)
    assert first.returncode == 0, said
    for ran in (second, removing):
        assert ran.returncode == 2
        assert f"is being installed or removed (process {first.pid}); wait" in ran.stderr
    assert tiny.doctor()["status"] == "ok"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_an_interrupted_installation_leaves_no_process(tiny: Tiny, index: Index, name: str):
    index.stall_at("alpha")
    with tiny.start("install", "tiny") as run:
        assert index.stalled.wait(60)
        run.send_signal(getattr(signal, name))
        _, said = run.communicate(timeout=30)
    assert run.returncode == 2
    assert said.endswith("tunesmith: interrupted\n")
    index.stall_no_more()
    start = time.monotonic()
    assert tiny.run("remove", "tiny").returncode == 0
    assert time.monotonic() - start < 10, "something held the lock"
    assert not tiny.place.exists()


def test_a_full_disk(tiny: Tiny, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TINY_LARGEST_FILE", "2500000")
    ran = tiny.run("install", "tiny")
    monkeypatch.delenv("TINY_LARGEST_FILE")
    assert ran.returncode == 2
    assert f"the disk of {tiny.place} is full, or a limit on files is reached:" in ran.stderr
    assert "are free; make room, then run the same command again: it goes on" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert tiny.status() == "missing"
    assert tiny.run("install", "tiny").returncode == 0


def test_too_little_room(tiny: Tiny):
    fields = tiny.packages["omega"]
    fields["wheels"][0][2] = 10**15
    tiny.write()
    ran = tiny.run("install", "tiny")
    assert ran.returncode == 2
    assert "free, and about 3700000.0 GB are needed; make room there, or set XDG" in ran.stderr
    assert tiny.environments() == []


def test_another_file_than_the_locked_one(tiny: Tiny, index: Index):
    index.files["omega-1.0-py3-none-any.whl"] = b"something else"
    ran = tiny.run("install", "tiny", "--json")
    assert ran.returncode == 2
    error = lines(ran.stdout)[-1]["error"]
    assert "gave a file of omega==1.0" in error["message"]
    assert error["next_step"].startswith("check which index and proxy pip uses")
    assert "canary" not in ran.stdout + ran.stderr
    assert tiny.status() == "missing"


def test_an_index_that_lacks_a_package(tiny: Tiny, index: Index):
    del index.files["alpha-1.0-py3-none-any.whl"]
    ran = tiny.run("install", "tiny")
    assert "or has no alpha==1.0 for this Python and machine; check the network" in ran.stderr
    assert "canary" not in ran.stdout + ran.stderr


def test_no_network(tiny: Tiny, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:canary-secret@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    ran = tiny.run("install", "tiny")
    assert ran.returncode == 2
    assert "the package index cannot be reached; check the network, then run" in ran.stderr
    assert "canary" not in ran.stdout + ran.stderr


def test_a_library_that_cannot_be_imported(tiny: Tiny):
    tiny.add_library("alpha", "1.1", code="import a_thing_that_is_missing")
    tiny.write()
    ran = tiny.run("install", "tiny")
    assert ran.returncode == 2
    assert "does not work: " in ran.stderr
    assert "No module named 'a_thing_that_is_missing'" in ran.stderr
    assert tiny.status() == "missing"


def test_no_suitable_python(tiny: Tiny):
    tiny.write(python=">=3.99")
    ran = tiny.run("install", "tiny")
    assert ran.returncode == 2
    assert "no suitable Python: expected CPython >=3.99, found" in ran.stderr


def test_a_machine_without_builds(tiny: Tiny):
    tiny.packages["omega"]["wheels"][0][0] = "omega-1.0-py3-none-plan9_vax.whl"
    tiny.write()
    ran = tiny.run("install", "tiny")
    assert ran.returncode == 2
    assert "omega 1.0 has no build for Python 3." in ran.stderr
    assert "; use Linux" in ran.stderr


def test_a_folder_that_cannot_be_made(tiny: Tiny):
    (tiny.folder / "tunesmith").write_text("")
    for action in ("install", "doctor", "list"):
        ran = tiny.run(action, *(["tiny"] if action != "list" else []))
        assert "Traceback" not in ran.stderr
        assert ran.returncode == {"install": 2, "doctor": 1, "list": 0}[action]
    said = tiny.run("install", "tiny").stderr
    assert f"cannot write to {tiny.place}: Not a directory; make it writable, or set" in said


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": 99}'])
def test_a_marker_that_cannot_be_read(tiny: Tiny, content: str):
    tiny.place.mkdir(parents=True)
    (tiny.place / "installed.json").write_text(content)
    assert tiny.status() == "missing"


@pytest.fixture
def own(tiny: Tiny) -> Path:
    """An environment of the user's, with a torch only."""
    environment = tiny.folder / "own"
    venv.create(environment, symlinks=os.name == "posix")
    fill(environment, "torch", tiny)
    return environment


def fill(environment: Path, name: str, tiny: Tiny) -> None:
    python = [sys.executable, "-m", "pip", "--python", str(interpreter_in(environment))]
    subprocess.run([*python, "install", "--quiet", "--no-deps", name], check=True)


def test_an_environment_of_ones_own(tiny: Tiny, own: Path):
    before = sorted(own.rglob("*"))
    lacking = tiny.run("install", "tiny", "--python", str(own))
    assert lacking.returncode == 2
    assert "cannot import alpha (ModuleNotFoundError" in lacking.stderr
    assert f"{interpreter_in(own)} -m pip install alpha omega" in lacking.stderr
    assert sorted(path for path in own.rglob("*") if "__pycache__" not in path.parts) == [
        path for path in before if "__pycache__" not in path.parts
    ]
    assert tiny.status() == "missing"

    fill(own, "alpha", tiny)
    fill(own, "omega", tiny)
    ran = tiny.run("install", "tiny", "--python", str(own))
    assert ran.stdout == f"tiny: ok: {interpreter_in(own)}, your own\n"
    assert tiny.doctor()["status"] == "ok"
    assert "is as it was" in tiny.run("remove", "tiny").stdout
    assert interpreter_in(own).exists()
    assert tiny.status() == "missing"


def test_an_environment_that_is_none(tiny: Tiny):
    ran = tiny.run("install", "tiny", "--python", str(tiny.folder / "nowhere"))
    assert ran.returncode == 2
    assert "nowhere cannot be started: No such file or directory; give the path" in ran.stderr


def test_torch_that_exists(tiny: Tiny, own: Path, index: Index, monkeypatch: pytest.MonkeyPatch):
    index.asked.clear()
    monkeypatch.setenv("VIRTUAL_ENV", str(own))
    ran = tiny.run("install", "tiny", "--torch", "existing")
    assert ran.returncode == 0, ran.stderr
    assert not [name for name in index.asked if name.startswith("torch")]
    found = tiny.doctor()
    assert found["versions"]["torch"] == "2.13.0"
    assert str(own) not in found["python"]

    monkeypatch.delenv("VIRTUAL_ENV")
    assert tiny.run("install", "tiny").stdout.startswith("tiny: ok"), "the choice is remembered"

    tiny.add_library("alpha", "1.1", requires=["torch>=3"])
    tiny.write()
    ran = tiny.run("install", "tiny")
    assert ran.returncode == 2
    assert "alpha 1.1 has requirement torch>=3, but you have torch 2.13.0; install" in ran.stderr
    assert f"another torch in {interpreter_in(own)} and run `tunesmith toolchain" in ran.stderr
    assert "or add `--torch default` to that" in ran.stderr

    torch = next(own.glob("lib/python3*/site-packages/torch"))
    (torch / "__init__.py").unlink()
    torch.rename(torch.with_name("gone"))
    assert tiny.doctor()["status"] == "damaged"


def test_torch_that_does_not_exist(tiny: Tiny):
    environment = tiny.folder / "empty"
    venv.create(environment, symlinks=os.name == "posix")
    ran = tiny.run("install", "tiny", "--torch", f"existing:{environment}")
    assert f"{interpreter_in(environment)} has no torch; install it there" in ran.stderr
    assert "called 'cuda'" in tiny.run("install", "tiny", "--torch", "cuda").stderr


SLOW = """
import os, time
place = os.environ.get("TINY_WAITS")
while place and os.path.exists(place):
    time.sleep(0.05)
"""


def test_what_is_used_is_not_removed(tiny: Tiny, monkeypatch: pytest.MonkeyPatch):
    tiny.add_library("omega", "1.2", code=SLOW)
    tiny.write()
    assert tiny.run("install", "tiny").returncode == 0
    waits = tiny.folder / "waits"
    waits.touch()
    monkeypatch.setenv("TINY_WAITS", str(waits))
    with tiny.start("doctor", "tiny", "--json") as doctor:
        assert doctor.stdout
        while "omega" not in doctor.stdout.readline():
            pass
        ran = tiny.run("remove", "tiny")
        assert ran.returncode == 2
        assert "the toolchain tiny is used by a worker; wait" in ran.stderr
        [environment] = tiny.environments()
        store = Store("tiny")
        assert store.is_used(environment)
        assert store.delete(environment) == [f"{environment}: a worker uses it"]
        waits.unlink()
        doctor.communicate(timeout=60)
    assert doctor.returncode == 0
    assert tiny.run("remove", "tiny").returncode == 0
    assert not tiny.place.exists()


def test_on_a_terminal_it_asks_first(tiny: Tiny, index: Index):
    ours, theirs = pty.openpty()
    ends = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    with subprocess.Popen(tiny.command("install", "tiny"), **ends) as run:
        os.close(theirs)
        shown = b""
        while b"[Y/n]" not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, b"n\n")
        while b"Nothing is installed." not in shown:
            shown += os.read(ours, 4096)
        assert run.wait(30) == 0
    os.close(ours)
    assert b"up to 5 MB to download" in shown
    assert index.asked == []


def test_an_unknown_toolchain(tiny: Tiny):
    ran = tiny.run("install", "big")
    assert ran.returncode == 2
    assert ran.stderr == "tunesmith: there is no toolchain 'big': expected tiny; choose one\n"
