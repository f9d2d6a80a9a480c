"""Hugging Face Jobs, by the Hub's own client, with a server that really runs scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import OIDCError

from jobs.contract import EngineContract
from jobs.hub_engine import SPEC, TOKEN, engine_of, failure
from jobs_server import JobsServer, Runs, User, running
from tunesmith.jobs.account import Account
from tunesmith.jobs.hf_jobs import HfJobs
from tunesmith.jobs.spec import (
    Engine,
    JobSpec,
    Offer,
    Scheduler,
    Stage,
)


class TestContract(EngineContract):
    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        with running(Runs(sys.executable)) as server:
            engine = engine_of(server)
            assert isinstance(engine, Engine)
            assert isinstance(engine, Scheduler)
            yield engine
            assert server.refused == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"labels": {"model": "Qwen3-0.6B"}}, "model=Qwen3-0.6B"),
        ({"labels": {"a b": "c"}}, "a b=c"),
        ({"labels": {"a": "b" * 101}}, "at most 100"),
        ({"volumes": ("me/data:/rows",)}, "hf://[type/]source:/mount[:ro]"),
        ({"volumes": ("hf://datasets/me/rows",)}, "hf://datasets/me/rows"),
        ({"namespace": "my org"}, "'my org'"),
        ({"key": "not a key"}, "not a key"),
    ],
)
def test_what_the_hub_would_refuse_is_refused_before(
    server: JobsServer, engine: HfJobs, changes: dict[str, Any], named: str
) -> None:
    assert named in str(failure(lambda: engine.submit(replace(SPEC, **changes), {})))
    assert not server.asked("POST .*")


def test_a_script_and_a_volume_do_not_share_a_folder(
    server: JobsServer, engine: HfJobs, tmp_path: Path
) -> None:
    (tmp_path / "train.py").touch()
    spec = JobSpec("key", str(tmp_path / "train.py"), volumes=("hf://datasets/me/rows:/data",))
    assert "/data" in failure(lambda: engine.submit(spec, {})).message
    assert not server.asked("POST .*")


def test_files_of_one_name_stay_apart(server: JobsServer, engine: HfJobs, tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "train.py", tmp_path / "b" / "train.py", tmp_path / "train.py"]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# {path}")
    arguments = (str(paths[1]), str(paths[2]), str(paths[1]), str(tmp_path))
    engine.submit(JobSpec("key", str(paths[0]), arguments), {})
    names = ["train.py", "train(0).py", "train(1).py"]
    command = server.job.spec["command"]
    assert command[2:] == [f"/data/{names[at]}" for at in (0, 1, 2, 1)] + [str(tmp_path)]
    files = server.repositories["buckets/username/jobs-artifacts"]
    expected = {
        f"key/{name}": f"# {path}".encode() for name, path in zip(names, paths, strict=True)
    }
    assert files == expected


def test_a_job_of_an_organization_stays_there(server: JobsServer, engine: HfJobs) -> None:
    job = engine.submit(replace(SPEC, namespace="my-org"), {})
    assert job.namespace == "my-org"
    assert job.url == f"{server.url}/jobs/my-org/{job.id}"
    assert engine.inspect(job).id == job.id
    assert engine.find(SPEC.key, "my-org") == engine.inspect(job)
    assert engine.find(SPEC.key, None) is None
    assert [each.id for each in engine.jobs("my-org")] == [job.id]
    engine.cancel(job)
    assert engine.inspect(job).stage is Stage.CANCELED
    assert "other-org" in failure(lambda: list(engine.jobs("other-org"))).message


def test_whose_token_it_is_is_asked_once(server: JobsServer, engine: HfJobs) -> None:
    for _ in range(3):
        engine.find("any", None)
    assert len(server.asked("GET /api/whoami-v2")) == 1


def test_the_token_of_the_last_login_is_used(server: JobsServer, tmp_path: Path) -> None:
    server.anyone = None
    server.users = {"hf_first": User("first"), "hf_second": User("second")}
    engine = engine_of(server, None)
    place = Path(huggingface_hub.constants.HF_TOKEN_PATH)
    try:
        for token, namespace in [("hf_first", "first"), ("hf_second", "second")]:
            place.write_text(token)
            assert engine.submit(replace(SPEC, key=token), {}).namespace == namespace
    finally:
        place.unlink(missing_ok=True)


def test_a_login_that_cannot_be_renewed_is_named(
    server: JobsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> str:
        raise OIDCError(f"no {TOKEN}")

    monkeypatch.setattr(huggingface_hub, "get_token", refuse)
    assert "OIDCError" in failure(lambda: engine_of(server, None).submit(SPEC, {})).message


def test_200_jobs_are_listed_over_pages(server: JobsServer, engine: HfJobs) -> None:
    for number in range(205):
        server.add_job("username", {"labels": {"number": str(number)}}, {"type": "user", "id": "1"})
    listed = list(engine.jobs(None))
    assert [job.labels["number"] for job in listed] == [str(n) for n in reversed(range(205))]
    assert len(server.asked(r"GET /api/jobs/username")) == 3


def test_a_stage_of_later_releases_is_not_final(server: JobsServer, engine: HfJobs) -> None:
    job = engine.submit(SPEC, {})
    server.job.stage = "PAUSED_BY_THE_HUB"
    assert engine.inspect(job).stage is Stage.RUNNING


def test_machines_have_what_the_hub_says(engine: HfJobs) -> None:
    machines = {machine.flavor: machine for machine in engine.hardware()}
    assert machines["cpu-basic"] == Offer("cpu-basic", "CPU Basic", 0.01, "2 vCPU", "16 GB")
    two = machines["a10g-largex2"]
    assert (two.dollars, two.gpu, two.gpus, two.gpu_memory) == (3.0, "Nvidia A10G", 2, "24 GB")


def test_machines_need_no_token(server: JobsServer) -> None:
    assert engine_of(server, None).hardware()


def test_a_rerun_has_the_secrets_of_the_first(server: JobsServer, engine: HfJobs) -> None:
    job = engine.submit(replace(SPEC, secrets=("HF_TOKEN",)), {"HF_TOKEN": TOKEN})
    again = engine.rerun(job, "another-key")
    assert server.jobs[again.id].spec["secrets"] == {"HF_TOKEN": TOKEN}
    assert "canary" not in repr(again)


def test_an_account_shows_no_token() -> None:
    account = Account.of_environment({"HF_TOKEN": " hf_canary\n", "HF_ENDPOINT": "http://x/ "})
    assert (account.endpoint, account.token, account.offline) == ("http://x", TOKEN, False)
    assert "canary" not in repr(account)
    assert Account.of_environment({"HF_HUB_OFFLINE": "1"}).offline
    assert Account.of_environment({}) == Account()
