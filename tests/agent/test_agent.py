"""The agent as its clients meet it."""

from __future__ import annotations

from agent.made import User, texts
from tunesmith.agent import messages


def test_from_plan_to_log(user: User):
    with user.connect() as client:
        plan = user.plan(client)
        assert plan.engine == "hf"
        heard: list[str] = []
        params = messages.SubmitParams(plan.key)
        job = client.ask(
            messages.SUBMIT, params, messages.Job, lambda _, params: heard.append(params.stage)
        )
        assert (job.id, job.engine, job.stage) == (plan.key, "hf", "COMPLETED")
        assert heard == ["SENDING", "COMPLETED"]
        assert job.remote_id == user.server.states()[0].id
        lines = user.log(client, job.id, follow=True)
        assert texts(lines) == ["one", "two", "three"]
        assert [line.ordinal for each in lines for line in each.lines] == [0, 1, 2]
        assert texts(user.log(client, job.id, start=2)) == ["three"]
        assert user.jobs(client).jobs == (job,)


def test_the_same_plan_twice_is_one_job(user: User):
    with user.connect() as client:
        plan = user.plan(client)
        assert user.submit(plan.key) == user.submit(plan.key)
    assert len(user.server.states()) == 1
    assert user.server.count("submit") == 1
