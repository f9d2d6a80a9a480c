"""Several windows of one user, and many jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent.made import User, refusal, texts, wait_until
from tunesmith.agent import messages


def test_two_windows_see_the_same_changes(user: User):
    heard: dict[str, list[tuple[str, str]]] = {"first": [], "second": []}

    def hear(window: str) -> Any:
        return lambda _, job: heard[window].append((job.id, job.stage))

    with user.connect() as first, user.connect() as second:
        plan = user.plan(first, flavor="long")
        job = user.submit(plan.key)
        assert job.remote_id
        user.server.move(job.remote_id, "ERROR")
        wait_until(lambda: listened(first, hear("first")) and heard["first"][-1][1] == "ERROR")
        wait_until(lambda: listened(second, hear("second")) and heard["second"][-1][1] == "ERROR")
        assert user.jobs(first) == user.jobs(second)
    assert heard["first"] == heard["second"]
    assert heard["first"] == [(job.id, stage) for stage in ("SENDING", "RUNNING", "ERROR")]


def listened(client: Any, hear: Any) -> bool:
    client.listen(hear, 1)
    return True


def test_two_hundred_jobs(user: User):
    ids = [user.server.add(f"key {number}") for number in range(200)]
    with user.connect() as client:
        found = user.jobs(client, refresh=True)
        assert not found.problems
        assert [job.id for job in found.jobs] == ids[::-1]
        assert len(user.jobs(client, limit=10).jobs) == 10
        assert user.jobs(client, limit=-1).jobs == ()
        live = client.ask(messages.JOBS, messages.JobsParams(), messages.JobList)
        assert live.jobs == ()
        again = user.jobs(client, refresh=True)
        assert again == found


def test_two_hundred_jobs_are_followed(user: User):
    user.make_agent(settings={"poll": {"hf": 1.0}})
    for number in range(200):
        user.server.add(f"key {number}", "SCHEDULING")
    with user.connect() as client:
        for job in user.jobs(client, refresh=True).jobs:
            user.log(client, job.id)
        status = client.ask(messages.STATUS, {}, messages.AgentStatus)
        assert status.following == 200
        for state in user.server.states():
            user.server.move(state.id, "CANCELED")
        for state in user.server.states():
            assert texts(user.log(client, state.id, follow=True)) == ["one", "two", "three"]


def test_an_engine_that_does_not_answer_leaves_the_list(user: User):
    with user.connect() as client:
        job = user.submit(user.plan(client).key)
        user.server.fail("jobs", "down")
        listed = user.jobs(client, refresh=True)
        assert listed.jobs == (job,)
        assert listed.problems == ("hf: the server is down; try again",)


def test_a_job_that_nobody_can_follow_is_told_of(user: User):
    with user.connect() as client:
        job = user.submit(user.plan(client, flavor="long").key)
        user.server.fail("inspect", "down", always=True)
        wait_until(lambda: user.jobs(client).problems)
        assert user.jobs(client).problems == ("the server is down; try again",)
        assert job.remote_id
        user.server.move(job.remote_id, "COMPLETED")
        user.server.recover()
        wait_until(lambda: user.jobs(client).jobs[0].stage == "COMPLETED")
        assert not user.jobs(client).problems


def test_an_id_has_to_be_clear(user: User):
    with user.connect() as client:
        user.server.add("key 1")
        user.server.add("key 2")
        jobs = user.jobs(client, refresh=True).jobs
        for wrong, message in (
            ("", "id is empty"),
            ("no such", "there is no job 'no such'"),
        ):
            params = messages.JobParams(wrong)
            error = refusal(lambda p=params: client.ask(messages.INSPECT, p, messages.Job))
            assert message in error.message
        for job in jobs:
            params = messages.JobParams(job.id)
            assert client.ask(messages.INSPECT, params, messages.Job) == job


def test_what_has_ended_stays_so(user: User):
    with user.connect() as client:
        job = user.submit(user.plan(client).key)
        assert job.remote_id
        user.server.move(job.remote_id, "RUNNING")
        params = messages.JobParams(job.id)
        assert client.ask(messages.INSPECT, params, messages.Job).stage == "COMPLETED"


def test_jobs_of_an_organization_are_refreshed_too(user: User):
    job_id = user.server.add("a key", "RUNNING")
    user.server.write(replace(user.server.state(job_id), namespace="acme"))
    with user.connect() as client:
        (job,) = user.jobs(client, refresh=True).jobs
        assert job.namespace == "acme"
    assert user.server.count("jobs of acme") == 0  # they were among the others
    user.server.hide("acme")
    user.server.move(job_id, "COMPLETED")
    with user.connect() as client:
        (job,) = user.jobs(client, refresh=True).jobs
        assert job.stage == "COMPLETED"
    assert user.server.count("jobs of acme") == 1


def test_a_local_job_is_the_same_for_each_hub(user: User):
    with user.connect() as client:
        job = user.submit(user.plan(client, engine="local").key)
    user.account = {"HF_ENDPOINT": "http://127.0.0.1:9"}
    with user.connect() as client:
        assert user.jobs(client, refresh=True).jobs == (job,)


def test_a_token_that_is_refused_gives_way_to_a_newer_one(user: User):
    with user.connect() as client:
        job = user.submit(user.plan(client, flavor="long").key)
    assert job.remote_id
    user.server.fail("inspect", f"not {user.account['HF_TOKEN']}", always=True)
    user.account = {"HF_TOKEN": "hf_newer_newer"}
    user.server.move(job.remote_id, "COMPLETED")
    with user.connect() as client:
        wait_until(lambda: user.jobs(client).jobs[0].stage == "COMPLETED")
