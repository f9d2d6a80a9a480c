"""The Hub is down, slow or cut off at each step of a submission, and asked by its own client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from agent.made import User, refusal, texts, wait_until
from jobs_server import JobsServer, Plays, running
from tunesmith.agent import messages
from tunesmith.jobs.spec import EngineError

JOB = "POST /api/jobs/username"
STEPS = {
    "whoami": "GET /api/whoami-v2",
    "bucket": "POST /api/buckets/username/jobs-artifacts",
    "token": "GET /api/buckets/.*/xet-write-token",
    "data": "POST /cas/v1/xorbs/.*",
    "shard": "POST /cas/v./shards",
    "batch": "POST /api/buckets/.*/batch",
    "job": JOB,
}


@pytest.fixture
def server(user: User) -> Iterator[JobsServer]:
    with running(Plays()) as made:
        user.use_hub(made.url, settle={"hf": 0.5})
        yield made


def check_one_job(user: User, server: JobsServer, key: str) -> None:
    """The plan can be submitted now, or was; there is one job, and all is known of it."""
    job = user.submit(key)
    assert list(server.jobs) == [job.remote_id]
    with user.connect() as client:
        listed = user.jobs(client, refresh=True)
        assert [(each.id, each.remote_id) for each in listed.jobs] == [(key, job.remote_id)]
        assert texts(user.log(client, key, follow=True)) == ["hello", "done"]
        asked = client.ask(messages.INSPECT, messages.JobParams(key), messages.Job)
        assert asked.stage == "COMPLETED"


@pytest.mark.parametrize(
    ("step", "how"),
    [
        ("whoami", {"status": 503}),
        ("bucket", {"cut": "before"}),
        ("batch", {"status": 503}),
        ("job", {"status": 503}),
        ("job", {"cut": "before"}),
    ],
)
def test_a_step_that_fails(user: User, server: JobsServer, step: str, how: dict[str, Any]):
    with user.connect() as client:
        plan = user.plan(client)
    server.fault(STEPS[step], times=None, **how)
    error = refusal(lambda: user.submit(plan.key))
    assert isinstance(error, EngineError)
    assert error.can_retry
    assert "127.0.0.1" in error.message
    assert not server.jobs
    server.faults.clear()
    check_one_job(user, server, plan.key)


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_a_step(user: User, server: JobsServer, step: str):
    user.use_hub(server.url, settle={"hf": 2.0})
    with user.connect() as client:
        plan = user.plan(client)
    answering = threading.Event()
    fault = server.fault(STEPS[step], until=answering)
    thread = threading.Thread(target=user.submit, args=[plan.key])
    thread.start()
    assert fault.met.wait(60)
    user.kill_agent()
    answering.set()  # the server carries out what it was asked for
    thread.join()
    check_one_job(user, server, plan.key)


def test_an_answer_that_is_cut_off(user: User, server: JobsServer):
    with user.connect() as client:
        plan = user.plan(client)
    server.fault(JOB, cut="after")
    check_one_job(user, server, plan.key)


def test_an_answer_that_is_cut_off_by_a_server_that_goes_down(user: User, server: JobsServer):
    with user.connect() as client:
        plan = user.plan(client)
    server.fault(JOB, cut="after")
    server.fault("GET /api/jobs/.*", status=503, times=None)
    error = refusal(lambda: user.submit(plan.key))
    assert "it is not known whether the job was taken" in error.message
    server.faults.clear()
    with user.connect() as client:
        wait_until(lambda: user.jobs(client).jobs[0].stage == "COMPLETED")
    check_one_job(user, server, plan.key)


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [(402, {}, "billing"), (403, {}, "username"), (429, {"Retry-After": "7"}, "7")],
)
def test_a_refusal(user: User, server: JobsServer, status: int, headers: dict[str, str], said: str):
    with user.connect() as client:
        plan = user.plan(client)
    server.fault(JOB, status=status, headers=headers, times=None)
    error = refusal(lambda: user.submit(plan.key))
    assert said in str(error)
    assert isinstance(error, EngineError)
    assert error.retry_after_s == (7 if headers else None)
    with user.connect() as client:
        assert [job.stage for job in user.jobs(client).jobs] == ["NOT_SENT"]
    server.faults.clear()
    check_one_job(user, server, plan.key)
