"""What goes wrong with Hugging Face Jobs is said, and makes no second job."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import huggingface_hub
import pytest

from jobs.hub_engine import SPEC, TOKEN, failure
from jobs_server import JobsServer
from jobs_server.http import Answer
from tunesmith.jobs.account import Account
from tunesmith.jobs.hf_jobs import HfJobs
from tunesmith.jobs.spec import (
    JobSpec,
)

SUBMIT = "POST /api/jobs/username"


RERUN = "1111111111111111"
SECRET = "another-canary"


@pytest.mark.parametrize(
    ("status", "named", "can_retry", "may_be_done"),
    [
        (400, "made by a test", False, False),
        (401, "hf auth login", False, False),
        (402, "settings/billing", False, False),
        (403, "permission to manage jobs", False, False),
        (404, "not there", False, False),
        (409, "done already", False, False),
        (422, "made by a test", False, False),
        (429, "try again in 7 s", True, False),
        (500, "status.huggingface.co", True, True),
        (502, "status.huggingface.co", True, True),
        (503, "status.huggingface.co", True, True),
        (504, "status.huggingface.co", True, True),
    ],
)
def test_a_refusal_is_explained_and_not_repeated(
    server: JobsServer,
    engine: HfJobs,
    status: int,
    named: str,
    *,
    can_retry: bool,
    may_be_done: bool,
) -> None:
    server.fault(SUBMIT, status=status, headers={"Retry-After": "7"}, times=None)
    error = failure(lambda: engine.submit(SPEC, {}))
    assert named in str(error)
    assert (error.can_retry, error.may_be_done) == (can_retry, may_be_done)
    assert error.retry_after_s == (7 if status == 429 else None)
    assert len(server.asked(SUBMIT)) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
        ({"RateLimit": '"api";r=3;t=55'}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_the_wait_that_the_hub_asks_for_is_read(
    server: JobsServer, engine: HfJobs, headers: dict[str, str], seconds: float | None
) -> None:
    server.fault(SUBMIT, status=429, headers=headers)
    assert failure(lambda: engine.submit(SPEC, {})).retry_after_s == seconds


def test_what_the_hub_repeats_of_secrets_is_hidden(server: JobsServer, engine: HfJobs) -> None:
    spec = replace(SPEC, secrets=("KEY",))
    server.fault(SUBMIT, status=400, message=f"who is {TOKEN}, and what is {SECRET}?")
    error = failure(lambda: engine.submit(spec, {"KEY": SECRET}))
    assert "who is ***, and what is ***?" in error.message


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_lost_answer_leaves_one_job_at_most(server: JobsServer, engine: HfJobs, cut: str) -> None:
    server.fault(SUBMIT, cut=cut, times=None)
    error = failure(lambda: engine.submit(SPEC, {}))
    assert (error.can_retry, error.may_be_done) == (True, True)
    assert len(server.asked(SUBMIT)) == 1
    found = engine.find(SPEC.key, None)
    assert (found.id if found else None) == (server.job.id if cut == "after" else None)


def test_a_silent_hub_is_given_up(
    server: JobsServer, engine: HfJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()
    server.fault(SUBMIT, until=answer)
    engine.find("any", None)  # connects, and asks whose token it is
    session = huggingface_hub.get_session()
    monkeypatch.setattr(session, "timeout", httpx2.Timeout(0.3))
    error = failure(lambda: engine.submit(SPEC, {}))
    answer.set()
    assert (error.can_retry, error.may_be_done) == (True, True)


def test_a_hub_that_is_not_there_did_nothing() -> None:
    error = failure(lambda: HfJobs(Account("http://127.0.0.1:9", TOKEN)).submit(SPEC, {}))
    assert "http://127.0.0.1:9 cannot be reached (Connection refused)" in error.message
    assert (error.can_retry, error.may_be_done) == (True, False)


def test_a_hub_without_a_trusted_certificate_is_named(server: JobsServer, tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = server.url.replace("http:", "https:")
    error = failure(lambda: HfJobs(Account(address, TOKEN)).submit(SPEC, {}))
    assert "SSL_CERT_FILE" in error.next_step
    assert not error.may_be_done


@pytest.mark.parametrize("answer", [b"<html>Welcome</html>", b"[]", b"{}", b'{"id": 3}'])
def test_another_server_is_recognised(
    engine: HfJobs, monkeypatch: pytest.MonkeyPatch, server: JobsServer, answer: bytes
) -> None:
    engine.find("any", None)
    monkeypatch.setattr(server, "answer", lambda _: Answer(answer))
    error = failure(lambda: engine.submit(SPEC, {}))
    assert "HF_ENDPOINT" in error.next_step
    assert error.may_be_done


@pytest.mark.parametrize(
    ("account", "named"),
    [
        (Account("http://127.0.0.1:9", None), "hf auth login"),
        (Account("http://127.0.0.1:9", TOKEN, offline=True), "HF_HUB_OFFLINE"),
        (Account("huggingface.co", TOKEN), "HF_ENDPOINT"),
        (Account("http://[", TOKEN), "HF_ENDPOINT"),
    ],
)
def test_nothing_is_sent_where_it_cannot_be(account: Account, named: str) -> None:
    error = failure(lambda: HfJobs(account).submit(SPEC, {}))
    assert named in str(error)
    assert not error.may_be_done


@pytest.mark.parametrize(
    ("route", "status", "named"),
    [
        ("POST /api/buckets/username/jobs-artifacts", 500, "500"),
        ("GET /api/buckets/.*/xet-write-token", 403, "permission"),
        ("POST /cas/v1/xorbs/.*", 401, "hf auth login"),
        ("POST /cas/v1/shards", 400, "refuses"),
        ("POST /api/buckets/.*/batch", 403, "permission"),
    ],
)
def test_a_script_that_cannot_be_uploaded_is_not_run(
    server: JobsServer, engine: HfJobs, tmp_path: Path, route: str, status: int, named: str
) -> None:
    path = tmp_path / "train.py"
    path.write_text(f"# {route}")
    fault = server.fault(route, status=status, times=None)
    error = failure(lambda: engine.submit(JobSpec("key", str(path)), {}))
    assert fault.met.is_set()
    assert "upload the script" in error.message
    assert named in str(error)
    assert not error.may_be_done
    assert not server.asked(SUBMIT)
    server.faults.clear()
    assert engine.submit(JobSpec("key", str(path)), {}).id == server.job.id


@pytest.mark.parametrize(
    ("fault", "runs"),
    [
        ({"route": "PUT .*/labels", "cut": "before"}, 0),
        ({"route": "PUT .*/labels", "cut": "after"}, 0),
        ({"route": "POST .*/duplicate", "cut": "before"}, 0),
        ({"route": "POST .*/duplicate", "status": 500}, 0),
        ({"route": "POST .*/duplicate", "cut": "after"}, 1),
        ({"route": "PUT .*/labels", "cut": "before", "skip": 1}, 1),
        ({"route": "PUT .*/labels", "cut": "after", "skip": 1}, 1),
        ({"route": "PUT .*/labels", "status": 429, "skip": 1}, 1),
    ],
)
@pytest.mark.parametrize("copies_labels", [True, False])
def test_a_rerun_that_is_cut_off_is_found(
    server: JobsServer, engine: HfJobs, fault: dict[str, Any], runs: int, *, copies_labels: bool
) -> None:
    old = engine.submit(SPEC, {})
    if not copies_labels:
        add = server.add_job
        forget = lambda namespace, spec, who: add(namespace, {**spec, "labels": {}}, who)  # noqa: E731
        server.add_job = forget  # type: ignore[method-assign]
    fault = dict(fault)
    if fault.pop("skip", 0):
        server.fault(fault["route"])  # takes the first, and does no harm
    server.fault(**fault)
    error = failure(lambda: engine.rerun(old, RERUN))
    assert error.can_retry
    assert len(server.jobs) == 1 + runs
    assert error.may_be_done or not runs
    first = engine.find(SPEC.key, None)
    assert first is not None
    assert first.id == old.id
    found = engine.find(RERUN, None) or engine.rerun(old, RERUN)
    assert (found.id, len(server.jobs)) == (server.job.id, 2)
    assert server.job.spec["labels"] == {"tunesmith-key": RERUN, "name": "true"}


def test_a_rerun_is_not_taken_for_another(server: JobsServer, engine: HfJobs) -> None:
    old = engine.submit(SPEC, {})
    engine.rerun(old, RERUN)
    server.fault("POST .*/duplicate", cut="before")
    failure(lambda: engine.rerun(old, "third"))
    assert engine.find("third", None) is None


@pytest.mark.parametrize(
    ("version", "named"), [(None, "not installed"), ("2.5.0", "2.5.0"), ("1.9.0", "1.9.0")]
)
def test_another_client_is_named(
    monkeypatch: pytest.MonkeyPatch, version: str | None, named: str
) -> None:
    module = None
    if version:
        module = types.ModuleType("huggingface_hub")
        module.__version__ = version  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    error = failure(HfJobs(Account("http://127.0.0.1:9", TOKEN)).hardware)
    assert named in error.message
    assert "pip install 'tunesmith[jobs]'" in error.next_step


def test_nothing_is_printed(
    server: JobsServer,
    engine: HfJobs,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = tmp_path / "train.py"
    path.write_text("print('hello')")
    spec = replace(SPEC, script=str(path), command=(), secrets=("HF_TOKEN",))
    job = engine.submit(spec, {"HF_TOKEN": TOKEN})
    server.job.end()
    list(engine.log(job, follow=True))
    assert capfd.readouterr() == ("", "")
    assert "canary" not in caplog.text
