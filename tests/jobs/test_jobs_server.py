"""The server of the tests, asked by the Hub's own client."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from jobs_server import JobsServer, Runs, User, running

SCRIPT = """
import os, pathlib, sys
print("arguments", sys.argv[1:2])
print("secret", os.environ["SECRET"], "variable", os.environ["VARIABLE"])
print("read", len(pathlib.Path(sys.argv[2]).read_bytes()))
pathlib.Path(sys.argv[0]).with_name("result.txt").write_text("result")
sys.exit(int(sys.argv[3]))
"""


def client(server: JobsServer) -> HfApi:
    return HfApi(endpoint=server.url, token="hf_of_tests")


def content() -> bytes:
    """Of several chunks, and of all kinds of compression: noise, text, numbers."""
    numbers = b"".join(value.to_bytes(4, "little") for value in range(50_000))
    return random.Random(1).randbytes(300_000) + b"the same again and " * 9_000 + numbers


@pytest.mark.parametrize(("status", "stage"), [("0", "COMPLETED"), ("3", "ERROR")])
def test_what_is_uploaded_is_really_run(tmp_path: Path, status: str, stage: str) -> None:
    script, data = tmp_path / "train.py", tmp_path / "rows.bin"
    script.write_text(SCRIPT)
    data.write_bytes(content())
    with running(Runs(sys.executable)) as server, contextlib.redirect_stdout(io.StringIO()):
        api = client(server)
        job = api.run_job(  # run_uv_job warns that it is experimental
            image="any",
            command=[
                "uv",
                "run",
                "--with",
                "trl",
                "/data/train.py",
                "--x",
                "/data/rows.bin",
                status,
            ],
            env={"VARIABLE": "one"},
            secrets={"SECRET": "two"},
            volumes=api._upload_scripts_to_bucket(
                namespace="username",
                remote_to_local_file_names={"train.py": str(script), "rows.bin": str(data)},
                token=None,
            ),
        )
        lines = list(api.fetch_job_logs(job_id=job.id, follow=True))
        assert api.inspect_job(job_id=job.id).status.stage == stage
        files = {path.rpartition("/")[2]: data for path, data in bucket(server).items()}
    assert lines == ["arguments ['--x']", "secret two variable one", f"read {len(content())}"]
    assert files == {
        "train.py": SCRIPT.encode(),
        "rows.bin": content(),
        "result.txt": b"result",
    }
    assert server.refused == []


def bucket(server: JobsServer) -> dict[str, bytes]:
    return server.repositories["buckets/username/jobs-artifacts"]


def test_jobs_are_listed_newest_first_over_pages(server: JobsServer) -> None:
    server.page_size = 2
    api = client(server)
    made = [run(api, labels={"even": str(number % 2)}) for number in range(5)]
    server.jobs[made[4]].start()
    assert [job.id for job in api.list_jobs(namespace="username")] == made[::-1]
    even = api.list_jobs(namespace="username", labels={"even": "0"}, status="SCHEDULING")
    assert [job.id for job in even] == [made[2], made[0]]


def run(api: HfApi, **more: object) -> str:
    return api.run_job(image="ubuntu", command=["true"], namespace="username", **more).id


def test_repositories_take_and_give_files(server: JobsServer, tmp_path: Path) -> None:
    api = client(server)
    api.create_repo("username/model")
    api.upload_file(path_or_fileobj=b"{}", path_in_repo="config.json", repo_id="username/model")
    path = api.hf_hub_download("username/model", "config.json", local_dir=tmp_path)
    assert Path(path).read_bytes() == b"{}"
    assert server.refused == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"flavor": "a10g-larg"}, "expected one of"),
        ({"labels": {"model": "Qwen3-0.6B"}}, "Invalid label"),
        ({"timeout": -1}, "timeoutSeconds"),
    ],
)
def test_what_the_hub_refuses_is_refused(
    server: JobsServer, more: dict[str, object], said: str
) -> None:
    with pytest.raises(HfHubHTTPError, match=said) as caught:
        run(client(server), **more)
    assert caught.value.response.status_code == 400
    assert not server.jobs


def test_users_have_rights(server: JobsServer) -> None:
    server.anyone = None
    server.users = {
        "hf_reader": User("reader", role="read"),
        "hf_member": User("member", {"their-org": "read"}),
    }
    for token, namespace, status in [
        ("hf_nobody", "reader", 401),
        ("hf_reader", "reader", 403),
        ("hf_member", "their-org", 403),
        ("hf_member", "other-org", 403),
    ]:
        api = HfApi(endpoint=server.url, token=token)
        with pytest.raises(HfHubHTTPError) as caught:
            api.run_job(image="ubuntu", command=["true"], namespace=namespace)
        assert caught.value.response.status_code == status


def test_it_is_a_program_as_well(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jobs_server", "--behaviour", "hand"]
    paths = [str(Path(__file__).parents[1]), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as process:
        assert process.stdout
        url = json.loads(process.stdout.readline())["url"]
        control(url, "fault", {"route": "POST /api/jobs/.*", "status": 402, "message": "no credit"})
        api = HfApi(endpoint=url, token="hf_of_tests")
        with pytest.raises(HfHubHTTPError, match="no credit"):
            run(api)
        job = run(api)
        control(url, f"jobs/{job}/start", {})
        control(url, f"jobs/{job}/print", ["one", "two"])
        control(url, f"jobs/{job}/end", {"stage": "ERROR", "message": "it was told to"})
        assert list(api.fetch_job_logs(job_id=job)) == ["one", "two"]
        with urllib.request.urlopen(f"{url}/_control/jobs") as answer:
            assert [each["status"]["message"] for each in json.load(answer)] == ["it was told to"]
        process.communicate("", timeout=30)
        assert process.returncode == 0


def control(url: str, path: str, content: object) -> None:
    body = json.dumps(content).encode()
    with urllib.request.urlopen(f"{url}/_control/{path}", body) as answer:
        assert answer.status == 200
