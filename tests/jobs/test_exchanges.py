"""What the Hub's client sends for each thing that an engine is asked, as recorded in golden/.

    TUNESMITH_RECORD=1 python -m pytest tests/jobs/test_exchanges.py -n 0

writes the files anew, as for another release of the client. Read the difference before you commit.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi

from jobs_server import Exchange, JobsServer, Plays, running
from tunesmith.jobs import hf_jobs
from tunesmith.jobs.account import Account
from tunesmith.jobs.hf_jobs import HfJobs
from tunesmith.jobs.spec import JobSpec

GOLDEN = Path(__file__).parent / "golden"
KEY = "0123456789abcdef"
SECRETS = {"HF_TOKEN": "hf_canary"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JobsServer]:
    monkeypatch.setattr(hf_jobs, "PAUSE_S", 0.01)
    monkeypatch.setattr(hf_jobs, "METRICS_SILENCE_S", 0.2)
    with running(Plays(("one", "two"))) as made:
        yield made


@pytest.fixture
def engine(server: JobsServer) -> HfJobs:
    return HfJobs(Account(server.url, "hf_canary"))


@pytest.fixture
def script(tmp_path: Path) -> JobSpec:
    """All that can be asked of a script."""
    path, rows = tmp_path / "train me.py", tmp_path / "rows.jsonl"
    path.write_text("print('hello')\n")
    rows.write_text("{}\n")
    return JobSpec(
        key=KEY,
        script=str(path),
        arguments=("--rows", str(rows), "--lr", "1e-4"),
        flavor="a10g-large",
        timeout_s=7200,
        python="3.12",
        dependencies=("trl>=1.16", "peft"),
        environment={"WANDB_MODE": "offline"},
        secrets=("HF_TOKEN",),
        labels={"team": "nlp"},
        volumes=("hf://datasets/me/rows/train:/rows:ro", "hf://buckets/me/out:/out"),
        name="my run",
    )


def recorded(server: JobsServer, name: str) -> None:
    """Hold what was asked against the record of it."""
    told = [_told(exchange) for exchange in server.exchanges]
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("TUNESMITH_RECORD"):
        path.write_text(text, encoding="utf-8")
    assert json.loads(text) == json.loads(path.read_text(encoding="utf-8"))
    assert server.refused == []


def _told(exchange: Exchange) -> dict[str, Any]:
    request = exchange.request
    told: dict[str, Any] = {"request": _steady(request.route), "status": exchange.status}
    if request.query:
        told["query"] = [list(pair) for pair in request.query]
    if not request.token:
        told["anonymous"] = True
    if request.content_type == "application/json":
        told["body"] = json.loads(_steady(request.body.decode()))
    elif request.content_type == "application/x-ndjson":
        told["body"] = [json.loads(_steady(line)) for line in request.body.decode().splitlines()]
        told["body"].sort(key=lambda each: each["path"])
    elif request.body:
        told["body"] = "<binary>"
    return told


def _steady(text: str) -> str:
    """Without what differs from run to run."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "<hash>", text)
    text = re.sub(r"\b[0-9a-f]{24}\b", "<id>", text)
    text = re.sub(r'("mtime": ?)\d+', r'\1"<time>"', text)
    text = re.sub(r'("checksum":)\{[^}]*\}', r'\1"<checksum>"', text)
    return re.sub(r'("length":)\d+', r'\1"<length>"', text)


def test_a_script(server: JobsServer, engine: HfJobs, script: JobSpec) -> None:
    engine.submit(script, SECRETS)
    recorded(server, "submit-script")
    files = server.repositories["buckets/username/jobs-artifacts"]
    assert files == {f"{KEY}/train_me.py": b"print('hello')\n", f"{KEY}/rows.jsonl": b"{}\n"}


def test_the_plainest_script(server: JobsServer, engine: HfJobs, script: JobSpec) -> None:
    engine.submit(JobSpec(KEY, script=script.script), {})
    recorded(server, "submit-plain")


def test_a_script_of_the_web_in_an_organization(server: JobsServer, engine: HfJobs) -> None:
    address = "https://example.org/sft.py?raw=1"
    engine.submit(JobSpec(KEY, script=address, arguments=("--x",), namespace="my-org"), {})
    recorded(server, "submit-address")


def test_a_command(server: JobsServer, engine: HfJobs) -> None:
    command = ("python", "-c", "print(1)")
    engine.submit(JobSpec(KEY, command=command, image="python:3.12", flavor="t4-small"), {})
    recorded(server, "submit-command")


def test_life_of_a_job(server: JobsServer, engine: HfJobs) -> None:
    job = engine.submit(JobSpec(KEY, command=("true",)), {})
    server.job.wait(lambda: server.job.is_final)
    server.exchanges.clear()
    assert engine.find(KEY, None) == engine.inspect(job)
    assert [line.text for line in engine.log(job, follow=True)] == ["one", "two"]
    assert list(engine.metrics(job)) == []
    assert [each.id for each in engine.jobs(None)] == [job.id]
    engine.cancel(job)
    engine.rerun(job, "fedcba9876543210")
    engine.hardware()
    recorded(server, "life")


def test_schedules(server: JobsServer, engine: HfJobs, script: JobSpec) -> None:
    made = engine.schedule(script, "0 9 * * 1", SECRETS)
    assert (made.when, made.is_paused, made.flavor) == ("0 9 * * 1", False, "a10g-large")
    assert made.next_run
    engine.pause(made)
    assert [each.is_paused for each in engine.schedules(None)] == [True]
    engine.resume(made)
    assert [each.is_paused for each in engine.schedules(None)] == [False]
    engine.delete(made)
    assert engine.schedules(None) == []
    waiting = engine.schedule(script, "@daily", SECRETS, is_paused=True)
    assert (waiting.when, waiting.is_paused) == ("@daily", True)
    assert engine.find_schedule(KEY, None) == replace(waiting, next_run=None)
    assert engine.find_schedule("another", None) is None
    recorded(server, "schedules")


def test_it_is_what_the_client_itself_sends(
    server: JobsServer, engine: HfJobs, script: JobSpec
) -> None:
    """But for the name, the label with the key, and the folder of the files."""
    from huggingface_hub import Volume

    engine.submit(script, SECRETS)
    volumes = [
        Volume(type="dataset", source="me/rows", mount_path="/rows", path="train", read_only=True),
        Volume(type="bucket", source="me/out", mount_path="/out"),
    ]
    api = HfApi(endpoint=server.url, token="hf_canary")
    with (
        contextlib.redirect_stdout(io.StringIO()),
        pytest.warns(UserWarning, match="experimental"),
    ):
        api.run_uv_job(
            script.script,
            script_args=list(script.arguments),
            dependencies=list(script.dependencies),
            python=script.python,
            env=dict(script.environment),
            secrets=SECRETS,
            flavor=script.flavor,
            timeout="2h",
            name="my-run",
            labels=dict(script.labels),
            volumes=volumes,
        )
    ours, theirs = (request.json() for request in server.asked("POST /api/jobs/username"))
    assert ours["labels"].pop("tunesmith-key") == KEY
    assert ours["volumes"][-1].pop("path") == KEY
    assert theirs["volumes"][-1].pop("path")
    assert ours == theirs
