"""What is forgotten of jobs and plans, and that nothing else is, wherever the agent dies."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from agent.made import User, refusal, texts, wait_until
from tunesmith.agent import messages
from tunesmith.agent.client import Client
from tunesmith.agent.messages import PruneParams, PruneResult

DAY_S = 86400
KEPT = {"newest": 0}


def prune(user: User, **fields: object) -> PruneResult:
    params = PruneParams(**fields)  # pyright: ignore[reportArgumentType]
    return user.ask(lambda client: client.ask(messages.PRUNE, params, PruneResult))


def planned(
    user: User, client: Client, key: str, engine: messages.EngineName = "hf", flavor: str = ""
) -> str:
    """A plan of that key."""
    script = str(user.folder / "train.py")
    params = messages.PlanParams(script=script, name=key, engine=engine, flavor=flavor or None)
    return client.ask(messages.PLAN, params, messages.Plan).key


def ended(user: User, client: Client, name: str, engine: messages.EngineName = "hf") -> str:
    """A job of a script that has ended, with all its lines; its id."""
    (user.state / "plans" / name).mkdir(parents=True, exist_ok=True)
    (user.state / "plans" / name / "train.py").write_text("pass")
    key = planned(user, client, name, engine)
    assert user.submit(key).stage == "COMPLETED"
    assert texts(user.log(client, key, follow=True)) == ["one", "two", "three"]
    return key


def left(user: User) -> dict[str, list[str]]:
    """What there is: rows, logs, plans, and folders of local jobs."""
    with user.connect() as client:
        rows = [job.id for job in user.jobs(client).jobs]
    names = {
        folder: sorted(path.stem for path in (user.state / folder).glob("*"))
        for folder in ("logs", "plans")
    }
    local = [state.labels["tunesmith-key"] for state in user.local_server.states()]
    return {"rows": sorted(rows), **names, "local": sorted(local)}


def all_of(*names: str, local: tuple[str, ...] = ()) -> dict[str, list[str]]:
    every = sorted((*names, *local))
    return {"rows": every, "logs": every, "plans": every, "local": sorted(local)}


def test_old_jobs_are_forgotten_at_the_start(user: User):
    user.make_agent(clock=-100 * DAY_S, kept=KEPT)
    with user.connect() as client:
        ended(user, client, "old")
        ended(user, client, "old-local", "local")
    user.stop_agent()
    user.make_agent(kept=KEPT)
    with user.connect() as client:  # those just forgotten are not of this start
        ended(user, client, "new")
        ended(user, client, "new-local", "local")
    assert left(user) == all_of("new", local=("new-local",))
    user.stop_agent()
    assert left(user) == all_of("new", local=("new-local",))


def test_a_job_of_this_machine_that_was_never_sent(user: User):
    user.make_agent(clock=-100 * DAY_S, kept=KEPT)
    user.local_server.fail("submit", "poor")
    with user.connect() as client:
        key = planned(user, client, "refused", "local")
        refusal(lambda: user.submit(key))
        assert [each.stage for each in user.jobs(client).jobs] == ["NOT_SENT"]
    user.stop_agent()
    user.make_agent(kept=KEPT)
    assert left(user)["rows"] == []


def test_the_newest_stay_even_if_the_clock_is_wrong(user: User):
    with user.connect() as client:
        for number in range(3):
            ended(user, client, f"job-{number}")
    user.stop_agent()
    user.make_agent(clock=4000 * DAY_S, kept={"newest": 2})
    assert left(user)["rows"] == ["job-1", "job-2"]


def test_the_oldest_go_where_logs_take_too_much(user: User):
    with user.connect() as client:
        for number in range(4):
            ended(user, client, f"job-{number}")
    size = (user.state / "logs" / "job-0.jsonl").stat().st_size
    user.stop_agent()
    user.make_agent(kept={"newest": 1, "most_bytes": 2 * size})
    assert left(user) == all_of("job-2", "job-3") | {
        "plans": [f"job-{number}" for number in range(4)]  # they are young
    }


def test_what_lives_or_may_still_tell_something_is_kept(user: User):
    user.make_agent(clock=-100 * DAY_S)
    with user.connect() as client:
        running = user.submit(planned(user, client, "running", flavor="long"))
        unsynced = user.submit(planned(user, client, "unsynced", flavor="long"))
        user.server.fail("log", "down", always=True)
        assert unsynced.remote_id
        user.server.move(unsynced.remote_id, "ERROR")
        wait_until(lambda: user.jobs(client).jobs[0].stage == "ERROR")
        local = user.submit(planned(user, client, "local", "local", flavor="long"))
        elsewhere = user.server.add("another")  # of another machine: only its row is here
        user.jobs(client, refresh=True)
    user.stop_agent()
    user.make_agent(kept=KEPT)
    assert prune(user, days=0) == PruneResult(0, 0, 0)
    rows = left(user)["rows"]
    assert sorted([running.id, unsynced.id, local.id, elsewhere]) == rows
    user.server.recover()
    with user.connect() as client:
        assert texts(user.log(client, unsynced.id, follow=True)) == ["one", "two", "three"]
        wait_until(lambda: prune(user, days=0).jobs == 1)
    assert unsynced.id not in left(user)["rows"]
    with user.connect() as client:
        assert user.jobs(client, refresh=True)  # the engine still knows it


def test_a_plan_stays_as_long_as_a_job_of_it(user: User):
    user.make_agent(clock=-100 * DAY_S)
    with user.connect() as client:
        ended(user, client, "first")
    user.stop_agent()
    user.make_agent(kept={"newest": 20})
    with user.connect() as client:
        again = client.ask(messages.RERUN, messages.JobParams("first"), messages.Job)
        user.log(client, again.id, follow=True)
    assert prune(user, days=90).jobs == 1
    found = left(user)
    assert (found["rows"], found["plans"]) == ([again.id], ["first"])


def test_a_dry_run_tells_and_changes_nothing(user: User):
    with user.connect() as client:
        ended(user, client, "one")
        ended(user, client, "two", "local")
    before = left(user)
    told = prune(user, days=0, dry_run=True)
    assert (told.jobs, told.plans) == (2, 0)
    assert told.bytes > 50
    assert left(user) == before
    assert prune(user, days=0) == told
    assert prune(user, days=0) == PruneResult(0, 0, 0)
    assert "days is -1" in refusal(lambda: prune(user, days=-1)).message


def test_files_without_a_row_go_when_they_are_old(user: User):
    user.make_agent(kept=KEPT)
    with user.connect() as client:
        ended(user, client, "known")
    user.stop_agent()
    for folder, name in (("logs", "lost.jsonl"), ("plans", "shown")):
        for age, path in ((100, user.state / folder / name), (0, user.state / folder / f"a{name}")):
            path.touch()
            os.utime(path, (time.time() - age * DAY_S,) * 2)
    found = left(user)
    assert found["logs"] == ["alost", "known"]
    assert found["plans"] == ["ashown", "known"]


def test_a_disk_that_refuses_keeps_nobody_from_asking(user: User):
    user.make_agent(clock=-100 * DAY_S)
    with user.connect() as client:
        ended(user, client, "old", "local")
    user.stop_agent()
    user.local_server.fail("remove", "down", always=True)
    user.make_agent(kept=KEPT)
    assert left(user)["rows"] == ["old"]
    user.local_server.recover()
    assert prune(user).jobs == 1


PLACES = range(5, 38)
"""What a pruning of three jobs passes by, from its question to its answer: see made_agent.py."""


@pytest.mark.parametrize("place", PLACES)
def test_a_kill_at_any_place_leaves_no_half_of_a_job(user: User, place: int):
    places = user.folder / "places"
    user.make_agent(clock=-100 * DAY_S)
    with user.connect() as client:
        for name in ("old", "older"):
            ended(user, client, name)
        ended(user, client, "old-local", "local")
    user.stop_agent()
    user.make_agent(kill_at=place, places=str(places))
    with user.connect() as client:
        ended(user, client, "new", "local")
        user.make_agent()
        (user.folder / "servers" / "armed").touch()
        prune(user)
    expected = all_of(local=("new",))
    prune(user)
    assert {**left(user), "plans": [], "logs": []} == {**expected, "plans": [], "logs": []}
    assert len(places.read_text().splitlines()) == place  # where it died
    with user.connect() as client:
        assert texts(user.log(client, "new")) == ["one", "two", "three"]
    for path in _orphans(user):
        os.utime(path, (time.time() - 100 * DAY_S,) * 2)
    prune(user)
    assert left(user) == expected


def _orphans(user: User) -> list[Path]:
    return [
        path
        for folder in ("logs", "plans")
        for path in (user.state / folder).iterdir()
        if path.stem != "new"
    ]
