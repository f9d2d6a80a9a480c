"""Logs: kept once, told to all who look, whatever happens on the way."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from agent.made import User, refusal, texts, wait_until
from tunesmith.agent import messages

NUMBERS = [str(number) for number in range(200)]


@pytest.fixture
def job(user: User) -> messages.Job:
    """A job that runs, and has printed three lines."""
    with user.connect() as client:
        return user.submit(user.plan(client, flavor="long").key)


def file_of(user: User, job: messages.Job) -> Any:
    return user.state / "logs" / f"{job.id}.jsonl"


def remote(job: messages.Job) -> str:
    assert job.remote_id
    return job.remote_id


def test_lines_come_while_the_job_runs(user: User, job: messages.Job):
    heard: list[str] = []

    def hear(method: str, params: Any) -> None:
        if method == messages.LINES:
            heard.extend(texts([params]))
            if heard[-1] == "three":
                user.server.add_lines(remote(job), ["four"])
            if heard[-1] == "four":
                user.server.move(remote(job), "ERROR", "it failed")

    with user.connect() as client:
        params = messages.LogParams(job.id, follow=True)
        ended = client.ask(messages.LOG, params, messages.Job, hear)
    assert heard == ["one", "two", "three", "four"]
    assert (ended.stage, ended.message) == ("ERROR", "it failed")


def test_a_log_is_asked_for_once_for_all(user: User, job: messages.Job):
    wait_until(lambda: user.server.count("log"))
    before = user.server.count("log")
    found: list[list[str]] = []

    def read() -> None:
        with user.connect() as client:
            found.append(texts(user.log(client, job.id, follow=True)))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    user.server.add_lines(remote(job), NUMBERS)
    user.server.move(remote(job), "COMPLETED")
    for thread in threads:
        thread.join()
    assert found == [["one", "two", "three", *NUMBERS]] * 4
    assert user.server.count("log") == before + 1  # the last look, once it has ended


def test_a_stream_that_is_cut_goes_on_where_it_was(user: User):
    user.server.fail("log", "cut", always=True)  # each gives one line
    with user.connect() as client:
        job = user.submit(user.plan(client, flavor="long").key)
    user.server.add_lines(remote(job), NUMBERS)
    wait_until(lambda: user.server.count("log") > 1)
    user.server.recover()
    user.server.move(remote(job), "COMPLETED")
    with user.connect() as client:
        heard = user.log(client, job.id, follow=True)
    assert texts(heard) == ["one", "two", "three", *NUMBERS]
    assert not any(each.gap for each in heard)


def test_another_log_than_before_is_marked(user: User, job: messages.Job):
    with user.connect() as client:
        wait_until(lambda: texts(user.log(client, job.id)) == ["one", "two", "three"])
    user.kill_agent()
    (user.server.jobs / f"{remote(job)}.log").write_text("one\nzwei\nthree\nfour\n")
    user.server.move(remote(job), "COMPLETED")
    with user.connect() as client:
        heard = user.log(client, job.id, follow=True)
    assert texts(heard) == ["one", "two", "three", "one", "zwei", "three", "four"]
    assert [line.ordinal for each in heard for line in each.lines] == list(range(7))
    assert [(each.gap, len(each.lines)) for each in heard if each.gap] == [(True, 4)]


@pytest.mark.parametrize("damage", [b'[1000.0,"tw', b"[100", b"\0\0\0\0\n", b'"abc"\n', b"{}\n"])
def test_a_line_that_was_half_written_is_written_again(
    user: User, job: messages.Job, damage: bytes
):
    wait_until(lambda: file_of(user, job).exists())
    user.kill_agent()
    file_of(user, job).write_bytes(b'[1000.0,"one"]\n' + damage)
    user.server.move(remote(job), "COMPLETED")
    with user.connect() as client:
        heard = user.log(client, job.id, follow=True)
    assert texts(heard) == ["one", "two", "three"]
    assert not any(each.gap for each in heard)


def test_cancelling_the_request_ends_it_alone(user: User, job: messages.Job):
    with user.connect() as client:
        params = {"id": job.id, "follow": True}
        client.channel.send({"jsonrpc": "2.0", "id": 5, "method": "log", "params": params})
        client.channel.send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 5}})
        while (message := client.channel.receive()).get("id") != 5:
            pass
        assert message["result"]["stage"] == "RUNNING"
        assert client.ask(messages.INSPECT, messages.JobParams(job.id), messages.Job) == job


def test_a_job_that_was_started_elsewhere(user: User):
    job_id = user.server.add("a key of another machine", "RUNNING")
    over = user.server.add("another key")
    with user.connect() as client:
        assert user.jobs(client).jobs == ()
        assert {job.id for job in user.jobs(client, refresh=True).jobs} == {job_id, over}
        assert texts(user.log(client, job_id)) == ["one", "two", "three"]
        assert texts(user.log(client, over, follow=True)) == ["one", "two", "three"]
        cancelled = client.ask(messages.CANCEL, messages.JobParams(job_id[:5]), messages.Job)
        assert cancelled.stage == "CANCELED"


def test_a_log_that_is_gone_is_said(user: User):
    over = user.server.add("a key")
    with user.connect() as client:
        user.jobs(client, refresh=True)
        user.server.fail("log", "poor")
        assert "no credit" in refusal(lambda: user.log(client, over)).message


def test_lines_without_end_and_half_characters(user: User, job: messages.Job):
    user.server.add_lines(
        remote(job), ["x" * 300_000, "", "\udcff".encode("utf-8", "replace").decode()]
    )
    user.server.move(remote(job), "COMPLETED")
    with user.connect() as client:
        found = texts(user.log(client, job.id, follow=True))
    assert found[3] == "x" * 100_000 + " … (cut)"
    assert found[4:] == ["", "?"]


def test_a_long_log_comes_in_batches(user: User, job: messages.Job):
    user.server.add_lines(remote(job), ["x" * 500] * 10_000)
    user.server.move(remote(job), "COMPLETED")
    with user.connect() as client:
        heard = user.log(client, job.id, follow=True)
        assert len(texts(heard)) == 10_003
        assert max(len(each.lines) for each in heard) <= 1000
        assert texts(user.log(client, job.id, start=10_001)) == ["x" * 500] * 2
