"""Whenever the agent dies on the way, there is one job, and all of its lines."""

from __future__ import annotations

import pytest

from agent.made import User, texts

PLACES = 36
"""What a submission passes by until the job's last line is kept: see made_agent.py."""
SURE = 30
"""Later ones may not be reached before the client has all that it asks for."""


@pytest.mark.parametrize("place", range(1, PLACES + 1))
def test_a_kill_at_any_place_makes_one_job(user: User, place: int):
    places = user.folder / "places"
    user.make_agent(kill_at=place, places=str(places))
    with user.connect() as client:
        plan = user.plan(client)
        user.make_agent()
        (user.folder / "servers" / "armed").touch()
        job = user.submit(plan.key)
    lines = user.ask(lambda client: user.log(client, job.id, follow=True))
    assert texts(lines) == ["one", "two", "three"]
    assert not any(each.gap for each in lines)
    (remote,) = user.server.states()
    listed = user.ask(lambda client: user.jobs(client, refresh=True))
    assert [(each.id, each.remote_id, each.stage) for each in listed.jobs] == [
        (plan.key, remote.id, "COMPLETED")
    ]
    starts = (user.state / "agent.log").read_text().count(" started, process ")
    has_died = len(places.read_text().splitlines()) == place
    assert starts == (2 if has_died else 1)
    assert has_died or place > SURE
