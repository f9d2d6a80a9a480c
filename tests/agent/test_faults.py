"""Full disks, clocks that jump, secrets: nothing lost, nothing doubled, one clear message."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from agent.made import CANARY, User, refusal, texts, wait_until
from tunesmith.agent import lease, messages
from tunesmith.errors import UserError

posix_only = pytest.mark.skipif(os.name == "nt", reason="needs limits of POSIX")


@posix_only
def test_a_full_disk_sends_nothing(user: User):
    with user.connect() as client:
        plan = user.plan(client)
    user.stop_agent()
    user.make_agent(room=6_000)
    error = refusal(lambda: user.submit(plan.key))
    assert "cannot keep state in" in error.message
    assert "free space" in error.next_step
    assert user.server.count("submit") == 0
    user.stop_agent()
    user.make_agent()
    assert user.submit(plan.key).stage == "COMPLETED"
    assert user.server.count("submit") == 1


@posix_only
@pytest.mark.parametrize("room", range(4_000, 40_000, 3_000))
def test_a_disk_that_fills_up_on_the_way(user: User, room: int):
    """Whichever write is the one that fails: there is one job, and it is known in the end."""
    with user.connect() as client:
        plan = user.plan(client)
    user.stop_agent()
    user.make_agent(room=room)
    sent, said = None, "free space"
    try:
        sent = user.submit(plan.key)
    except UserError as error:
        said = error.next_step
    assert "free space" in said
    user.stop_agent()
    user.make_agent()
    job = user.submit(plan.key)
    assert sent is None or sent.remote_id == job.remote_id
    assert [each.id for each in user.server.states()] == [job.remote_id]
    lines = user.ask(lambda client: user.log(client, job.id, follow=True))
    assert texts(lines) == ["one", "two", "three"]


@posix_only
def test_a_log_that_has_no_room_is_fetched_when_there_is(user: User):
    with user.connect() as client:
        plan = user.plan(client, flavor="long")
    user.stop_agent()
    user.make_agent(room=150_000)
    with user.connect() as client:
        job = user.submit(plan.key)
        assert job.remote_id
        lines = [f"{number} {'x' * 90}" for number in range(3000)]
        user.server.add_lines(job.remote_id, lines)
        user.server.move(job.remote_id, "COMPLETED")
        wait_until(lambda: user.jobs(client).problems)
        (problem,) = user.jobs(client).problems
        assert "cannot keep a log" in problem
        assert "the lines are fetched again" in problem
        kept = texts(user.log(client, job.id))
        assert kept == ["one", "two", "three", *lines][: len(kept)]
    user.stop_agent()
    user.make_agent()
    with user.connect() as client:
        heard = user.log(client, job.id, follow=True)
    assert texts(heard) == ["one", "two", "three", *lines]
    assert not any(each.gap for each in heard)


def test_a_clock_that_jumps(user: User):
    keys: list[str] = []
    for clock in (0, 10 * 365 * 86400, -10 * 365 * 86400):
        user.make_agent(clock=clock)
        with user.connect() as client:
            plan = user.plan(client, flavor="long")
            keys.append(plan.key)
            assert user.submit(plan.key).stage == "RUNNING"
        user.stop_agent()
        user.make_agent()
        with user.connect() as client:
            assert user.submit(user.plan(client, "other.py").key).stage == "COMPLETED"
        user.stop_agent()
    with user.connect() as client:
        assert len(user.jobs(client).jobs) == 6
        for state in user.server.states():
            user.server.move(state.id, "COMPLETED")
        for key in keys:
            assert texts(user.log(client, key, follow=True)) == ["one", "two", "three"]


def test_old_plans_are_forgotten_unless_they_were_run(user: User):
    user.make_agent(clock=-8 * 86400)
    with user.connect() as client:
        run, left = user.plan(client), user.plan(client)
        user.submit(run.key)
    (user.state / "plans" / left.key).mkdir(parents=True)
    (user.state / "plans" / run.key).mkdir()
    user.stop_agent()
    user.make_agent()
    user.connect().__exit__()
    assert [path.name for path in (user.state / "plans").iterdir()] == [run.key]
    assert "there is no plan" in refusal(lambda: user.submit(left.key)).message


def everything_written(user: User) -> bytes:
    files = [path for path in user.state.rglob("*") if path.is_file()]
    with sqlite3.connect(user.state / "state.sqlite3") as database:
        dump = "\n".join(database.iterdump()).encode()
    database.close()
    return b"".join(path.read_bytes() for path in files) + dump


def command_lines() -> bytes:
    found = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += path.read_bytes()
        except OSError:  # it has ended
            continue
    return found


def test_no_secret_is_written_or_said(user: User):
    value = "wandb-canary-0123456789"
    said: list[str] = []
    with user.connect() as client:
        plan = user.plan(client, flavor="long", secrets=["HF_TOKEN", "WANDB_API_KEY"])
        for fault in ("leak", "crash"):
            user.server.fail("submit", fault)
            secrets = {"WANDB_API_KEY": value}
            said.append(
                str(refusal(lambda s=secrets: user.submit(plan.key, consent=True, secrets=s)))
            )
        job = user.submit(plan.key, secrets={"WANDB_API_KEY": value})
        assert job.remote_id
        user.server.add_lines(job.remote_id, [f"my token is {CANARY}", f"{value}{value}"])
        user.server.fail("inspect", "leak")
        user.server.move(job.remote_id, "ERROR", f"failed with {CANARY}")
        heard = user.log(client, job.id, follow=True)
        assert texts(heard)[3:] == ["my token is [secret]", "[secret][secret]"]
        said.extend(texts(heard))
        said.append(repr(user.jobs(client)))
        said.append(repr(client.ask(messages.INSPECT, messages.JobParams(job.id), messages.Job)))
        notice = lease.read_notice(user.state)
        assert notice
        if Path("/proc").exists():
            environment = Path(f"/proc/{notice.pid}/environ").read_bytes()
            assert CANARY.encode() not in environment
            assert CANARY.encode() not in command_lines()
        written = everything_written(user)
    for secret in (CANARY, value):
        assert secret not in "\n".join(said)
        assert secret.encode() not in written
    assert b"a mistake near [secret]" in written  # the crash was written, with its traceback
