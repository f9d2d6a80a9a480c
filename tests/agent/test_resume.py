"""Going on where a job ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.made import User, refusal
from tunesmith.agent import messages
from tunesmith.agent.store import Store

SCRIPT = """\
from trl import SFTConfig, SFTTrainer

config = SFTConfig(output_dir="out", push_to_hub=True, hub_strategy="checkpoint")
trainer = SFTTrainer(model="Qwen/Qwen3-0.6B", args=config, train_dataset=data)
trainer.train({})
"""


def write(user: User, text: str) -> Path:
    path = user.folder / "train.py"
    path.write_text(text)
    (user.folder / "pyproject.toml").touch()
    return path


def resumed(user: User, job: messages.Job) -> messages.Plan:
    params = messages.JobParams(job.id)
    return user.ask(lambda client: client.ask(messages.RESUME, params, messages.Plan))


@pytest.fixture
def job(user: User) -> messages.Job:
    path = write(user, SCRIPT.format(""))
    with user.connect() as client:
        plan = user.plan(client, path.name, flavor="a10g-small", arguments=["--lr", "1"])
        return user.submit(plan.key)


def test_it_is_started_as_before_from_an_edited_copy(user: User, job: messages.Job):
    plan = resumed(user, job)
    assert plan.key != job.id
    assert (plan.flavor, plan.arguments) == ("a10g-small", ("--lr", "1"))
    assert "+trainer.train(resume_from_checkpoint=" in plan.diff
    assert plan.script == str(user.folder / "train.py")
    assert Path(plan.script).read_text() == SCRIPT.format("")
    again = user.submit(plan.key)
    assert again.id != job.id
    copy = (user.state / "plans" / plan.key / "train.py").read_text()
    assert "resume_from_checkpoint=snapshot_download(trainer.hub_model_id" in copy
    compile(copy, "train.py", "exec")


def test_here_it_finds_what_lies_beside_the_script(user: User):
    path = write(user, SCRIPT.format(""))
    with user.connect() as client:
        job = user.submit(user.plan(client, path.name, engine="local").key)
    plan = resumed(user, job)
    user.stop_agent()
    kept = Store(user.state).plan(plan.key)
    assert kept
    assert kept.spec.environment == {"PYTHONPATH": str(user.folder)}


def test_a_script_that_goes_on_by_itself_stays_as_it_is(user: User, job: messages.Job):
    write(user, SCRIPT.format("resume_from_checkpoint=last"))
    assert resumed(user, job).diff == ""


def test_a_script_that_cannot_go_on(user: User, job: messages.Job):
    write(user, "print('hello')\n")
    error = refusal(lambda: resumed(user, job))
    assert "train.py cannot go on where it ended: no trainer" in error.message
    assert error.next_step


def test_a_job_that_was_started_elsewhere_cannot(user: User):
    job_id = user.server.add("a key", "RUNNING")
    with user.connect() as client:
        (job,) = user.jobs(client, refresh=True).jobs
        assert job.id == job_id
    assert "was started elsewhere" in refusal(lambda: resumed(user, job)).message


def test_a_rerun_can_go_on_as_well(user: User, job: messages.Job):
    params = messages.JobParams(job.id)
    with user.connect() as client:
        again = client.ask(messages.RERUN, params, messages.Job)
    assert resumed(user, again).flavor == "a10g-small"
