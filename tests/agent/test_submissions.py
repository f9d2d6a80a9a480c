"""What may run, and what becomes of answers that are lost."""

from __future__ import annotations

import threading

import pytest

from agent.made import CANARY, User, refusal, wait_until
from tunesmith.agent import messages
from tunesmith.jobs.spec import EngineError


def stages(user: User) -> list[str]:
    with user.connect() as client:
        return [job.stage for job in user.jobs(client).jobs]


def test_a_finding_that_blocks_has_to_be_overridden(user: User):
    with user.connect() as client:
        plan = user.plan(client, "bad.py")
    error = refusal(lambda: user.submit(plan.key))
    assert error.message == "made-up:3 speaks against this job: it fails"
    assert "made-up:3" in error.next_step
    refusal(lambda: user.submit(plan.key, overridden=["made-up:4"]))
    assert stages(user) == []
    user.submit(plan.key, overridden=["made-up:3"])
    assert stages(user) == ["COMPLETED"]


def test_secrets_of_the_header_need_a_yes_once(user: User):
    with user.connect() as client:
        plan = user.plan(client, secrets=["HF_TOKEN"])
        assert plan.needs_consent
        error = refusal(lambda: user.submit(plan.key))
        assert "asks for your secrets: HF_TOKEN" in error.message
        user.submit(plan.key, consent=True)
        assert not user.plan(client, secrets=["HF_TOKEN"]).needs_consent


def test_a_secret_without_a_value(user: User):
    with user.connect() as client:
        plan = user.plan(client, secrets=["WANDB_API_KEY"])
    error = refusal(lambda: user.submit(plan.key, consent=True))
    assert "the secret WANDB_API_KEY has no value" in error.message
    assert stages(user) == []
    user.submit(plan.key, consent=True, secrets={"WANDB_API_KEY": "value"})
    assert stages(user) == ["COMPLETED"]


def test_a_plan_that_nobody_made(user: User):
    error = refusal(lambda: user.submit("nothing"))
    assert "there is no plan 'nothing'" in error.message


def test_what_was_chosen_is_remembered(user: User):
    with user.connect() as client:
        plan = user.plan(client, flavor="a100-large")
        assert user.plan(client).flavor is None  # it was not submitted
        user.submit(plan.key)
        assert user.plan(client).flavor == "a100-large"
        assert user.plan(client, "other.py").flavor is None


def test_two_windows_submit_the_same_plan_at_once(user: User):
    with user.connect() as client:
        plan = user.plan(client)
    user.server.fail("submit", "slow")
    found: list[messages.Job] = []
    threads = [
        threading.Thread(target=lambda: found.append(user.submit(plan.key))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: user.server.count("submit"))
    with user.connect() as client:  # nobody waits for them
        assert [job.stage for job in user.jobs(client).jobs] == ["SENDING"]
    (user.server.folder / "go").touch()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({job.remote_id for job in found}) == 1
    assert user.server.count("submit") == 1


@pytest.mark.parametrize("fault", ["down", "busy", "poor"])
def test_a_refusal_is_said_and_the_plan_can_be_sent_again(user: User, fault: str):
    with user.connect() as client:
        plan = user.plan(client)
    user.server.fail("submit", fault)
    error = refusal(lambda: user.submit(plan.key))
    assert isinstance(error, EngineError)
    assert error.can_retry == (fault != "poor")
    assert error.retry_after_s == (0.05 if fault == "busy" else None)
    assert stages(user) == ["NOT_SENT"]
    job = user.submit(plan.key)
    assert (job.stage, job.message) == ("COMPLETED", None)
    assert len(user.server.states()) == 1
    assert stages(user) == ["COMPLETED"]


def test_a_lost_answer_is_found(user: User):
    with user.connect() as client:
        plan = user.plan(client)
    user.server.fail("submit", "lost")
    assert user.submit(plan.key).remote_id == user.server.states()[0].id
    assert len(user.server.states()) == 1


def test_a_lost_answer_of_a_server_that_is_down(user: User):
    with user.connect() as client:
        plan = user.plan(client)
    user.server.fail("submit", "lost")
    user.server.fail("find", "down", always=True)
    error = refusal(lambda: user.submit(plan.key))
    assert isinstance(error, EngineError)
    assert error.may_be_done
    assert "it is not known whether the job was taken" in error.message
    assert stages(user) == ["SENDING"]
    refusal(lambda: user.submit(plan.key))  # it is not sent again on a guess
    assert user.server.count("submit") == 1
    user.server.recover()
    wait_until(lambda: stages(user) == ["COMPLETED"])
    assert user.server.count("submit") == 1


def test_a_mistake_of_an_engine_may_have_started_the_job(user: User):
    with user.connect() as client:
        plan = user.plan(client)
    user.server.fail("submit", "crash")
    error = refusal(lambda: user.submit(plan.key))
    assert "by a mistake of Tunesmith" in error.message
    assert "agent.log" in error.next_step
    wait_until(lambda: stages(user) == ["NOT_SENT"])
    assert user.submit(plan.key).stage == "COMPLETED"


def test_a_server_that_is_slower_than_its_agent_lives(user: User):
    """The agent is killed, the server takes the job later, the next agent waits for that."""
    with user.connect() as client:
        plan = user.plan(client)
    user.server.fail("submit", "slow")
    user.make_agent(settings={"settle": {"hf": 30.0}})
    thread = threading.Thread(target=user.submit, args=[plan.key])
    thread.start()
    wait_until(lambda: user.server.count("submit"))
    user.kill_agent()
    wait_until(lambda: user.server.count("find") > 1)
    late = user.server.add(plan.key)
    thread.join()
    with user.connect() as client:
        assert [job.remote_id for job in user.jobs(client).jobs] == [late]
    assert user.server.count("submit") == 1


def test_a_job_that_was_never_sent_says_so(user: User):
    with user.connect() as client:
        plan = user.plan(client)
        user.server.fail("submit", "poor")
        refusal(lambda: user.submit(plan.key))
        for method in (messages.CANCEL, messages.RERUN, messages.LOG):
            params = messages.JobParams(plan.key)
            error = refusal(lambda m=method, p=params: client.ask(m, p, messages.Job))
            assert "was never sent: there is no credit left" in error.message


def test_a_rerun_is_another_job(user: User):
    with user.connect() as client:
        job = user.submit(user.plan(client).key)
        again = client.ask(messages.RERUN, messages.JobParams(job.id[:6]), messages.Job)
        assert again.id != job.id
        assert again.remote_id != job.remote_id
        assert [each.id for each in user.jobs(client).jobs] == [again.id, job.id]
    assert len(user.server.states()) == 2


def test_a_token_that_stands_in_an_argument_is_not_kept(user: User):
    with user.connect() as client:
        error = refusal(lambda: user.plan(client, arguments=["--token", CANARY]))
        assert "the value of a secret" in error.message
        assert CANARY not in str(error)


def test_what_is_being_sent_is_noted_before_the_agent_ends(user: User):
    with user.connect() as client:
        plan = user.plan(client)
        user.server.fail("submit", "slow")
        client.channel.send(
            {"jsonrpc": "2.0", "id": 9, "method": "submit", "params": {"key": plan.key}}
        )
        wait_until(lambda: user.server.count("submit"))
        thread = threading.Thread(target=user.stop_agent)
        thread.start()
        wait_until(lambda: "agent ends" in (user.state / "agent.log").read_text())
        (user.server.folder / "go").touch()
        while (message := client.channel.receive()).get("id") != 9:
            pass
        assert message["result"]["stage"] == "COMPLETED"
        thread.join()
    assert stages(user) == ["COMPLETED"]
    assert user.server.count("find") == 0
