"""Workers as processes, in an interpreter that knows nothing of Tunesmith."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tunesmith.platform import is_running, try_lock
from tunesmith.workers import client
from tunesmith.workers.client import Worker, run_worker
from tunesmith.workers.events import (
    Failure,
    Hello,
    Progress,
    Result,
    WorkerError,
    from_line,
    to_line,
)
from workers.made import serve_worker

FOREVER = "import time; time.sleep(600)"


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with no library at all."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name == "posix")
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@pytest.fixture
def made_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Adds a worker to a copy of the few files that workers are made of."""

    def make(body: str) -> str:
        serve_worker(tmp_path, body, "made", monkeypatch)
        return "made"

    return make


def is_dead(process_id: int) -> bool:
    """Whether a process has ended, or is a zombie that nobody has waited for."""
    state = Path(f"/proc/{process_id}/stat")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if not is_running(process_id) or state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return not is_running(process_id)
        time.sleep(0.05)
    return False


def test_versions_of_libraries(python: Path):
    heard: list[Progress] = []
    modules = {"pip": "pip", "no-such-library": "no_such_library"}
    found = run_worker(Path(sys.executable), "versions", {"modules": modules}, heard.append)
    assert set(found["versions"]) == {"pip"}
    assert found["failures"] == {
        "no-such-library": "ModuleNotFoundError: No module named 'no_such_library'"
    }
    assert [(event.stage, event.done, event.total, event.message) for event in heard] == [
        ("import", 0, 2, "pip"),
        ("import", 1, 2, "no-such-library"),
    ]
    assert run_worker(python, "versions", {"modules": {}}) == {"versions": {}, "failures": {}}


def test_every_event_survives_the_wire():
    for event in (
        Hello("0.1.0", "3.11.7"),
        Progress("steps", 1, 2.5, "line\nfeed \u65e5"),
        Progress("start"),
        Result({"peak": 1.5, "of": [1, None]}),
        Failure("a", "b"),
    ):
        assert "\n" not in to_line(event)
        assert from_line(to_line(event)) == event


@pytest.mark.parametrize("line", ["", "{", "[]", "3", '{"stage": 1, "x": 2}', "[" * 100_000])
def test_what_is_no_event(line: str):
    with pytest.raises(ValueError, match="is no event of a worker"):
        from_line(line)


def test_what_libraries_print_is_no_event(python: Path, made_worker: Callable[[str], str]):
    name = made_worker(
        "print('{\"result\": {}}', flush=True)\n"
        "os.write(1, b'loud')\n"
        "subprocess.run([sys.executable, '-c', 'print(1)'])\n"
        "return {'read': sys.stdin.read(), 'isolated': sys.flags.isolated, 'path': sys.path}"
    )
    result = run_worker(python, name, {})
    assert result["read"] == ""
    assert result["isolated"] == 1
    assert not [folder for folder in result["path"] if "tunesmith" in folder]


def test_a_large_request_and_a_large_result(python: Path, made_worker: Callable[[str], str]):
    text = "x" * 3_000_000
    name = made_worker("return request")
    assert run_worker(python, name, {"text": text})["text"] == text


def test_an_error_says_what_to_do(python: Path, made_worker: Callable[[str], str]):
    name = made_worker("raise WorkerError('no model', 'give one')")
    with pytest.raises(WorkerError, match="no model; give one"):
        run_worker(python, name, {})


def test_an_exception_is_an_error(python: Path, made_worker: Callable[[str], str]):
    name = made_worker("return 1 / 0")
    with pytest.raises(WorkerError, match="failed with ZeroDivisionError: division by zero"):
        run_worker(python, name, {})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("print('gone', file=sys.stderr); os._exit(7)", r"with status 7 without .*\n  gone"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "by signal 9 .* run out of memory"),
        ("import ctypes; ctypes.string_at(0)", "by signal 11"),
        ("sys.exit(3)", "with status 3"),
    ],
    ids=["exit", "killed", "crash", "sys.exit"],
)
def test_a_worker_that_dies(python: Path, made_worker: Callable[[str], str], body: str, said: str):
    with pytest.raises(WorkerError) as raised:
        run_worker(python, made_worker(body), {})
    assert_matches(said, str(raised.value))


def assert_matches(pattern: str, text: str) -> None:
    import re

    assert re.search(pattern, text, re.DOTALL), text


def test_no_such_interpreter(tmp_path: Path):
    with pytest.raises(WorkerError, match=r"none cannot be started: No such file.*give the path"):
        run_worker(tmp_path / "none", "versions", {})


def test_something_that_is_no_worker(tmp_path: Path):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    with pytest.raises(WorkerError, match="'hello' is no event"):
        run_worker(program, "versions", {})


def test_another_version(python: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client, "__version__", "9.9.9")
    with pytest.raises(WorkerError, match=r"is of Tunesmith 0.*, expected 9\.9\.9; start"):
        run_worker(python, "versions", {"modules": {}})


def test_one_that_never_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nsleep 600\n")
    program.chmod(0o755)
    monkeypatch.setattr(client, "START_LIMIT_S", 0.2)
    with pytest.raises(WorkerError, match="said nothing for 0 s"):
        run_worker(program, "versions", {})


FAMILY = f"""
child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}])
signal.signal(signal.SIGTERM, signal.SIG_IGN)
report(Progress('family', message=f'{{os.getpid()}} {{child.pid}}'))
time.sleep(600)
"""


def members(worker: Worker) -> Iterator[int]:
    event = worker._event()
    while not isinstance(event, Progress):
        event = worker._event()
    return map(int, event.message.split())


def test_cancel_ends_the_whole_family(
    python: Path, made_worker: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tunesmith.processes.GRACE_S", 0.2)
    with Worker(python, made_worker(FAMILY), {}) as worker:
        family = list(members(worker))
        assert all(map(is_running, family))
        worker.cancel()
        with pytest.raises(WorkerError, match="was cancelled"):
            worker.result()
    assert all(map(is_dead, family))


def test_a_result_leaves_nobody_behind(python: Path, made_worker: Callable[[str], str]):
    body = f"return {{'child': subprocess.Popen([sys.executable, '-c', {FOREVER!r}]).pid}}"
    assert is_dead(run_worker(python, made_worker(body), {})["child"])


HOST = """
import sys
from pathlib import Path
from tunesmith.workers import client
from tunesmith.workers.client import Worker
client.bootstrap.__file__ = sys.argv[2]
with Worker(Path(sys.argv[1]), "made", {}) as worker:
    worker.result(lambda event: print(event.message, flush=True))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_killed_host_takes_its_workers_along(
    python: Path, made_worker: Callable[[str], str], tmp_path: Path
):
    made_worker(FAMILY)
    command = [sys.executable, "-c", HOST, str(python), client.bootstrap.__file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout
        family = [int(each) for each in host.stdout.readline().split()]
        assert all(map(is_running, family))
        host.kill()
    assert all(map(is_dead, family))


def test_a_lock_holds_as_long_as_the_worker(
    python: Path, made_worker: Callable[[str], str], tmp_path: Path
):
    descriptor = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    assert try_lock(descriptor, shared=True)
    worker = Worker(python, made_worker(FAMILY), {}, inherited=[descriptor])
    list(members(worker))
    os.close(descriptor)
    other = os.open(tmp_path / "lock", os.O_RDWR)
    assert try_lock(other, shared=True)
    assert not try_lock(other)
    os.kill(worker._program._process.pid, signal.SIGKILL)
    worker.cancel()
    assert try_lock(other)
    os.close(other)


def test_the_request_is_not_in_the_argument_list(python: Path, made_worker: Callable[[str], str]):
    result: Any = run_worker(python, made_worker("return {'argv': sys.orig_argv}"), {"a": "canary"})
    assert "canary" not in json.dumps(result)
