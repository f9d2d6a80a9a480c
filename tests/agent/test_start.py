"""One agent a user, however many start it, and whatever the last one left."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agent.made import PROGRAM, User, refusal, wait_until
from tunesmith import __version__
from tunesmith.agent import lease, messages
from tunesmith.agent.channel import DisconnectedError, connect
from tunesmith.agent.client import connect_if_running
from tunesmith.platform import local_address

posix_only = pytest.mark.skipif(os.name == "nt", reason="needs signals and modes of POSIX")


def test_many_clients_at_once_start_one_agent(user: User):
    found: list[int] = []

    def start() -> None:
        with user.connect() as client:
            found.append(client.status.pid)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert (user.state / "agent.log").read_text().count(" started, process ") == 1


def test_the_command_starts_shows_and_ends_it(user: User):
    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "tunesmith", "agent", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=user.folder)
        return done.returncode, done.stdout + done.stderr

    assert run("status") == (1, "No agent runs.\n")
    starting = [
        subprocess.Popen(
            [sys.executable, "-m", "tunesmith", "agent", "start", "--json"],
            stdout=subprocess.PIPE,
            cwd=user.folder,
        )
        for _ in range(2)
    ]
    first, second = (json.loads(process.communicate()[0]) for process in starting)
    assert first["pid"] == second["pid"]
    status, said = run("status")
    assert status == 0
    assert f"Agent {__version__} runs since" in said
    assert "following 0 jobs" in said
    assert run("stop") == (0, "The agent has ended; jobs go on.\n")
    assert run("stop") == (0, "No agent runs.\n")
    assert not lease.is_held(user.state)


@posix_only
def test_nobody_else_can_look_into_the_state(user: User):
    user.state.mkdir(mode=0o755)
    user.connect().__exit__()
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (user.state, user.state / "agent.key", user.state / "agent.json")
    }
    assert modes == {"state": 0o700, "agent.key": 0o600, "agent.json": 0o600}


@posix_only
def test_a_long_path_has_its_socket_elsewhere(user: User, monkeypatch: pytest.MonkeyPatch):
    user.state = user.folder / ("a" * 100)
    monkeypatch.setenv("TUNESMITH_STATE", str(user.state))
    with user.connect() as client:
        assert client.status.protocol == messages.AGENT_PROTOCOL
    notice = lease.read_notice(user.state)
    assert notice
    address = Path(notice.address)
    assert len(os.fsencode(address)) < 100
    assert stat.S_IMODE(address.parent.stat().st_mode) == 0o700
    user.stop_agent()
    address.parent.rmdir()


@posix_only
def test_a_folder_that_others_have_laid_there_is_not_used(
    user: User, monkeypatch: pytest.MonkeyPatch
):
    folder = user.folder / ("b" * 100)
    place = Path(local_address(folder, "agent")[1]).parent
    place.rmdir()
    place.symlink_to(user.folder)
    monkeypatch.setenv("TUNESMITH_STATE", str(folder))
    try:
        assert "is a link" in refusal(user.connect).message
    finally:
        place.unlink()


def test_a_state_folder_relative_to_where_the_client_is(
    user: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(user.folder)
    monkeypatch.setenv("TUNESMITH_STATE", "state")
    with user.connect() as client:
        assert client.status.protocol == messages.AGENT_PROTOCOL
    assert [path.name for path in user.state.glob("state*")] != ["state"]


@posix_only
def test_an_agent_whose_folder_is_deleted_ends(user: User):
    user.make_agent(settings={"idle": 0.4})
    user.state.mkdir()
    old = subprocess.Popen([*PROGRAM], cwd=user.folder)
    wait_until(lambda: lease.read_notice(user.state))
    other = connect_if_running()  # so that it is not idle
    assert other
    user.state.rename(user.folder / "gone")
    with other, user.connect() as client:
        assert client.status.pid != old.pid
        assert old.wait(60) == 0
        assert lease.read_notice(user.state)


def test_a_state_folder_that_cannot_be_made(user: User, monkeypatch: pytest.MonkeyPatch):
    (user.folder / "file").touch()
    monkeypatch.setenv("TUNESMITH_STATE", str(user.folder / "file" / "state"))
    error = refusal(user.connect)
    assert str(user.folder / "file" / "state") in error.message
    assert "TUNESMITH_STATE" in error.next_step


@pytest.mark.parametrize("left", ["{", "[]", '{"pid": 1}', ""])
def test_a_notice_that_makes_no_sense(user: User, left: str):
    user.state.mkdir()
    (user.state / "agent.json").write_text(left)
    with user.connect() as client:
        assert client.status.version == __version__


def test_who_is_silent_or_does_not_know_the_key_keeps_nobody_waiting(user: User):
    user.connect().__exit__()
    notice = lease.read_notice(user.state)
    assert notice
    with pytest.raises(DisconnectedError):
        connect(notice.family, notice.address, b"a wrong key")
    if notice.family == "AF_UNIX":
        silent = [socket.socket(socket.AF_UNIX) for _ in range(5)]
        for each in silent:
            each.connect(notice.address)
            each.send(b"\0\0")  # the beginning of a length
        with user.connect() as client:
            assert client.status.connections >= 1
        for each in silent:  # each is let go after a while
            each.settimeout(60)
            while each.recv(1000):
                pass
            each.close()


@posix_only
def test_a_signal_ends_it_in_order(user: User):
    with user.connect() as client:
        plan = user.plan(client)
        job = user.submit(plan.key)
        os.kill(client.status.pid, signal.SIGTERM)
    wait_until(lambda: not lease.is_held(user.state))
    assert lease.read_notice(user.state) is None
    assert (user.state / "agent.log").read_text().endswith("agent ends\n")
    with user.connect() as client:
        assert [each.id for each in user.jobs(client).jobs] == [job.id]


def test_it_ends_when_there_is_nothing_to_do(user: User):
    user.make_agent(settings={"idle": 0.1})
    with user.connect() as client:
        plan = user.plan(client, flavor="long")
        job = user.submit(plan.key)
    seen = user.server.count("inspect")
    wait_until(lambda: user.server.count("inspect") > seen + 20)  # a second or more
    assert lease.is_held(user.state)
    assert job.remote_id
    user.server.move(job.remote_id, "COMPLETED")
    wait_until(lambda: not lease.is_held(user.state))
    with user.connect() as client:
        assert [each.stage for each in user.jobs(client).jobs] == ["COMPLETED"]


def test_an_older_agent_is_replaced_when_nobody_needs_it(user: User):
    user.make_agent(version="0.0.1", protocol=0)
    old = subprocess.Popen([*PROGRAM], cwd=user.folder)
    wait_until(lambda: lease.read_notice(user.state))
    user.make_agent()
    with user.connect() as client:
        assert client.status.version == __version__
        assert client.status.pid != old.pid
    assert old.wait(60) == 0


@pytest.mark.parametrize(
    ("version", "protocol", "message", "next_step"),
    [
        ("0.0.1", 0, "0.0.1 runs, and does not understand", "tunesmith agent stop"),
        ("99.0", 99, "99.0 runs; this is", "update to 99.0"),
    ],
)
def test_an_agent_of_another_protocol(
    user: User, version: str, protocol: int, message: str, next_step: str
):
    user.make_agent(version=version, protocol=protocol)
    with subprocess.Popen([*PROGRAM], cwd=user.folder):
        wait_until(lambda: lease.read_notice(user.state))
        other = connect_if_running()  # with one more connection it is not idle
        assert other
        with other:
            error = refusal(user.connect)
            assert message in error.message
            assert next_step in error.next_step
        user.stop_agent()


def test_an_older_agent_with_work_is_used(user: User):
    user.make_agent(version="0.0.1")
    with subprocess.Popen([*PROGRAM], cwd=user.folder):
        wait_until(lambda: lease.read_notice(user.state))
        other = connect_if_running()
        assert other
        with other, user.connect() as client:
            assert client.status.version == "0.0.1"
        user.stop_agent()


def test_a_newer_database_stays_as_it_is(user: User):
    user.connect().__exit__()
    user.stop_agent()
    path = user.state / "state.sqlite3"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    before = path.read_bytes()
    error = refusal(user.connect)
    assert "of version 99" in error.message
    assert "update Tunesmith" in error.next_step
    assert path.read_bytes() == before
    assert not lease.is_held(user.state)


@pytest.mark.parametrize("damage", ["no database", "a page"])
def test_a_damaged_database_is_set_aside(user: User, damage: str):
    with user.connect() as client:
        plan = user.plan(client)
    job = user.submit(plan.key)
    user.stop_agent()
    path = user.state / "state.sqlite3"
    bytes_before = path.read_bytes()
    if damage == "no database":
        damaged = b"something else" * 1000
    else:
        damaged = bytes_before[:4096] + b"\xff" * (len(bytes_before) - 4096)
    path.write_bytes(damaged)
    with user.connect() as client:
        (problem,) = client.status.problems
        listed = user.jobs(client, refresh=True)
        assert [each.remote_id for each in listed.jobs] == [job.remote_id]
        assert problem in listed.problems
    (aside,) = user.state.glob("state.sqlite3.damaged-*")
    assert aside.name in problem
    assert aside.read_bytes() == damaged
