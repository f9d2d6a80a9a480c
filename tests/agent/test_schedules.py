"""A plan is one schedule, wherever the Hub fails or the agent dies on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from agent.made import User, refusal
from jobs_server import JobsServer, Plays, running
from tunesmith.agent import messages
from tunesmith.agent.messages import Schedule, ScheduleList, ScheduleParams, SchedulesParams
from tunesmith.jobs.spec import EngineError

MAKE = "POST /api/scheduled-jobs/username"
LIST = "GET /api/scheduled-jobs/username"
BATCH = "POST /api/buckets/.*/batch"


@pytest.fixture
def server(user: User) -> Iterator[JobsServer]:
    with running(Plays()) as made:
        user.use_hub(made.url, settle={"hf": 0.5})
        yield made


def planned(user: User, **fields: Any) -> str:
    with user.connect() as client:
        return user.plan(client, schedule="@daily", **fields).key


def schedule(user: User, key: str, **fields: Any) -> Schedule:
    params = messages.SubmitParams(key, **fields)
    return user.ask(lambda client: client.ask(messages.SCHEDULE, params, Schedule))


def about(user: User, method: str, schedule_id: str, **fields: Any) -> Schedule:
    params = ScheduleParams(schedule_id, **fields)
    return user.ask(lambda client: client.ask(method, params, Schedule))


def check_one(user: User, server: JobsServer, key: str) -> None:
    """The plan can be scheduled now, or was; there is one schedule."""
    made = schedule(user, key)
    assert list(server.schedules) == [made.id]
    assert not server.jobs
    listed = user.ask(
        lambda client: client.ask(messages.SCHEDULES, SchedulesParams(), ScheduleList)
    )
    assert [(each.id, each.when, each.name) for each in listed.schedules] == [
        (made.id, "@daily", "made")
    ]


def test_a_plan_twice_is_one_schedule(user: User, server: JobsServer):
    key = planned(user)
    found: list[Schedule] = []
    threads = [threading.Thread(target=lambda: found.append(schedule(user, key))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.id for each in found}) == 1
    check_one(user, server, key)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_an_answer_that_is_cut_off(user: User, server: JobsServer, cut: str):
    key = planned(user)
    server.fault(MAKE, cut=cut, times=None if cut == "before" else 1)
    if cut == "before":
        assert isinstance(refusal(lambda: schedule(user, key)), EngineError)
        server.faults.clear()
    check_one(user, server, key)


def test_nobody_guesses_while_the_hub_does_not_tell(user: User, server: JobsServer):
    key = planned(user)
    server.fault(MAKE, cut="after")
    server.fault(LIST, status=503, times=None)
    for _ in range(2):
        error = refusal(lambda: schedule(user, key))
        assert "it is not known whether the schedule was made" in error.message
    server.faults.clear()
    check_one(user, server, key)


@pytest.mark.parametrize("step", [BATCH, MAKE])
def test_a_kill_at_a_step(user: User, server: JobsServer, step: str):
    user.use_hub(server.url, settle={"hf": 2.0})
    key = planned(user)
    answering = threading.Event()
    fault = server.fault(step, until=answering)
    thread = threading.Thread(target=schedule, args=[user, key])
    thread.start()
    assert fault.met.wait(60)
    user.kill_agent()
    answering.set()  # the server carries out what it was asked for
    thread.join()
    check_one(user, server, key)


def test_a_refusal(user: User, server: JobsServer):
    key = planned(user)
    server.fault(MAKE, status=402)
    assert "billing" in str(refusal(lambda: schedule(user, key)))
    assert not server.asked(LIST)
    check_one(user, server, key)


def test_what_a_job_needs_a_schedule_needs(user: User, server: JobsServer):
    with user.connect() as client:
        (user.folder / "bad.py").touch()
        bad = user.plan(client, "bad.py", schedule="@daily").key
        once = user.plan(client).key
    assert "speaks against" in refusal(lambda: schedule(user, bad)).message
    secret = planned(user, secrets=["HF_TOKEN"])
    assert "asks for your secrets" in refusal(lambda: schedule(user, secret)).message
    assert "has no schedule" in refusal(lambda: schedule(user, once)).message
    assert "is one of a schedule" in refusal(lambda: user.submit(planned(user))).message
    assert not server.schedules
    assert not server.jobs


def test_suspend_resume_and_delete(user: User, server: JobsServer):
    made = schedule(user, planned(user, suspend=True))
    assert (made.suspended, made.next_run) == (True, None)
    assert about(user, messages.RESUME_SCHEDULE, made.id[:20]).next_run
    assert not server.schedules[made.id].is_paused
    assert about(user, messages.SUSPEND_SCHEDULE, made.id).suspended
    assert server.schedules[made.id].is_paused
    assert about(user, messages.INSPECT_SCHEDULE, made.id).suspended
    for wrong in ("x", "", "*"):
        error = refusal(lambda wrong=wrong: about(user, messages.DELETE_SCHEDULE, wrong))
        assert "scheduled ps" in error.next_step
    assert about(user, messages.DELETE_SCHEDULE, made.id).id == made.id
    assert not server.schedules


def test_the_beginning_of_two_ids_is_neither(user: User, server: JobsServer):
    ids = [schedule(user, planned(user)).id for _ in range(2)]
    error = refusal(lambda: about(user, messages.DELETE_SCHEDULE, ids[0][:4]))
    assert "several schedules" in error.message
    assert list(server.schedules) == ids
