"""`tunesmith submit` and `tunesmith jobs`, with the real agent, engines and Hub's client."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tunesmith
from jobs_server import JobsServer, Runs, running

CANARY = "hf_canaryCANARYcanary0123456789abcd"
HELLO = "import os, sys\nprint('hello', *sys.argv[1:])\nprint(len(os.environ.get('MY_KEY', '')))\n"
BROKEN = """\
# /// script
# dependencies = ["trl==1.16.0"]
# ///
from trl import SFTTrainer

SFTTrainer("Qwen/Qwen3-0.6B", train_dataset=data, model_init_kwargs={}).train()
"""
RESUMABLE = """\
from trl import SFTConfig, SFTTrainer

config = SFTConfig(output_dir="out", push_to_hub=True, hub_strategy="checkpoint")
trainer = SFTTrainer(model="Qwen/Qwen3-0.6B", args=config, train_dataset=data)
trainer.train()
"""


class Shell:
    """A user in a terminal; each command is a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        source = str(Path(tunesmith.__file__).parents[1])
        paths = [source, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
            "TUNESMITH_STATE": str(folder / "state"),
            "HF_HOME": str(folder / "hf"),
        }

    def run(self, *arguments: str, status: int = 0) -> str:
        """What a command prints."""
        ran = self.process(*arguments)
        assert ran.returncode == status, ran.stdout + ran.stderr
        return ran.stdout

    def process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tunesmith", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
        )

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def jobs(self) -> list[dict[str, Any]]:
        return self.json("jobs", "ps", "--all")["jobs"]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "hello.py").write_text(HELLO)
    (tmp_path / "broken.py").write_text(BROKEN)
    made = Shell(tmp_path)
    yield made
    made.run("agent", "stop")


@pytest.fixture
def server(shell: Shell) -> Iterator[JobsServer]:
    with running(Runs(sys.executable)) as made:
        shell.environment.update(HF_ENDPOINT=made.url, HF_TOKEN=CANARY)
        yield made


HERE = ("--engine", "local", "--python", sys.executable)


def test_a_script_runs_here(shell: Shell) -> None:
    said = shell.run("submit", "hello.py", *HERE, "--yes", "--follow", "--", "--lr", "1e-4")
    assert said.startswith("hello.py on this machine\n")
    assert said.endswith("hello --lr 1e-4\n0\n")
    [job] = shell.jobs()
    assert (job["stage"], job["engine"], job["name"]) == ("COMPLETED", "local", "hello")
    assert shell.run("jobs", "logs", job["id"][:6]) == "hello --lr 1e-4\n0\n"
    assert "COMPLETED" in shell.run("jobs", "ps", "--all")
    assert "no jobs" in shell.run("jobs", "ps")


def test_a_script_runs_on_hugging_face(shell: Shell, server: JobsServer) -> None:
    shell.environment["MY_KEY"] = "12345"
    options = ("--timeout", "1h", "--secrets", "MY_KEY", "--yes", "--follow")
    said = shell.run("submit", "hello.py", *options, "--", "x")
    assert "hello.py on Hugging Face Jobs" in said
    assert said.endswith("hello x\n5\n")
    [job] = shell.jobs()
    assert (job["stage"], job["engine"]) == ("COMPLETED", "hf")
    again = shell.json("jobs", "rerun", job["id"])
    assert again["id"] != job["id"]
    assert shell.run("jobs", "wait", again["id"]) == ""
    assert len(shell.jobs()) == 2


def test_programs_are_found_where_the_user_is(shell: Shell) -> None:
    shell.run("agent", "start")  # with another PATH
    programs = shell.folder / "programs"
    programs.mkdir()
    (programs / "uv").write_text("#!/bin/sh\necho the uv of the user\n")
    (programs / "uv").chmod(0o755)
    shell.environment["PATH"] = f"{programs}{os.pathsep}{shell.environment['PATH']}"
    said = shell.run("submit", "hello.py", "--engine", "local", "--yes", "--follow")
    assert said.endswith("the uv of the user\n")


def test_the_exit_status_is_the_jobs(shell: Shell) -> None:
    (shell.folder / "hello.py").write_text("raise SystemExit(3)\n")
    shell.run("submit", "hello.py", *HERE, "--yes", "--follow", status=1)
    [job] = shell.jobs()
    assert (job["stage"], job["exit_code"]) == ("ERROR", 3)
    assert "exit code    3" in shell.run("jobs", "inspect", job["id"])


def test_a_job_is_cancelled(shell: Shell) -> None:
    (shell.folder / "hello.py").write_text("import time\ntime.sleep(600)\n")
    job = json.loads(shell.run("submit", "hello.py", *HERE, "--yes", "--json"))
    said = shell.run("jobs", "cancel", job["id"])
    assert " ends; " in said or "is CANCELED" in said  # it may be that quick
    assert "RUNNING" not in said
    shell.run("jobs", "logs", "-f", job["id"], status=1)
    assert shell.jobs()[0]["stage"] == "CANCELED"


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_who_stops_to_follow_is_told_that_the_job_goes_on(shell: Shell) -> None:
    (shell.folder / "hello.py").write_text(
        "import time\nprint('up', flush=True)\ntime.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "tunesmith", "submit", "hello.py", *HERE, "--yes", "--follow"],
        cwd=shell.folder,
        env=shell.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert any(line == "up\n" for line in process.stdout)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    [job] = shell.jobs()
    assert process.returncode == 2
    assert job["stage"] == "RUNNING"
    assert f"the job goes on: `tunesmith jobs logs -f {job['id'][:8]}`" in said
    assert said.endswith("tunesmith: interrupted\n")
    shell.run("jobs", "cancel", job["id"])


def test_a_job_goes_on_from_its_checkpoint(shell: Shell) -> None:
    (shell.folder / "train.py").write_text(RESUMABLE)
    first = json.loads(shell.run("submit", "train.py", *HERE, "--yes", "--json"))
    shell.run("jobs", "logs", "-f", first["id"], status=1)  # there is no trl here
    said = shell.run("jobs", "resume", first["id"], "--yes")
    assert "  +trainer.train(resume_from_checkpoint=" in said
    assert len(shell.jobs()) == 2


def test_a_dry_run_sends_and_starts_nothing(shell: Shell, server: JobsServer) -> None:
    said = shell.run("submit", "hello.py", "--flavor", "t4-small", "--dry-run")
    command = said.partition("same as")[2].strip()
    assert shlex.split(command) == shlex.split("hf jobs uv run --flavor t4-small hello.py")
    assert "No agent runs" in shell.run("agent", "status", status=1)
    assert not server.exchanges
    shell.environment["TRANSFORMERS_OFFLINE"] = "1"
    assert "hello.py on this machine" in shell.run("submit", "hello.py", "--dry-run")
    del shell.environment["TRANSFORMERS_OFFLINE"], shell.environment["HF_TOKEN"]
    assert "hello.py on this machine" in shell.run("submit", "hello.py", "--dry-run")
    (shell.folder / "hf").mkdir()
    (shell.folder / "hf" / "token").write_text(CANARY)  # of `hf auth login`
    assert "hello.py on Hugging Face Jobs" in shell.run("submit", "hello.py", "--dry-run")


def test_the_hub_is_asked_before_the_plan(shell: Shell) -> None:
    shell.environment["HF_ENDPOINT"] = "nonsense"
    ran = shell.process("submit", "hello.py", "--dry-run", "--online")
    assert ran.returncode == 0
    assert "HF_ENDPOINT is 'nonsense', which is no address" in ran.stderr
    assert "hello.py on " in ran.stdout


def test_a_schedule_lives_on_hugging_face(shell: Shell, server: JobsServer) -> None:
    how = ("--schedule", "0 3 * * *", "--flavor", "t4-small", "--timeout", "1h", "--suspend")
    said = shell.run("submit", "hello.py", *how, "--yes")
    assert "0 3 * * *, at most 31 runs a month; suspended until it is resumed" in said
    assert "0.40 dollars a run and 12.40 a month" in said
    assert "hello is started 0 3 * * * on t4-small" in said
    [schedule] = server.schedules
    assert shell.run("jobs", "scheduled", "ps") == "1 suspended; --all shows them, too\n"
    assert "next       20" in shell.run("jobs", "scheduled", "resume", schedule)
    assert "t4-small  hello" in shell.run("jobs", "scheduled", "ps")
    assert "none: it is suspended" in shell.run("jobs", "scheduled", "suspend", schedule[:12])
    assert shell.json("jobs", "scheduled", "inspect", schedule)["suspended"]
    said = shell.run("jobs", "scheduled", "delete", schedule)
    assert said == "hello is not started 0 3 * * * any more\n"
    assert "no schedules" in shell.run("jobs", "scheduled", "ps")
    assert not server.jobs


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--schedule", "hourly"), "'hourly' is no schedule"),
        (("--schedule", "@daily", "--follow"), "nothing to follow"),
        (("--suspend",), "suspend is for a schedule"),
    ],
)
def test_what_cannot_be_scheduled(
    shell: Shell, server: JobsServer, options: tuple[str, ...], message: str
) -> None:
    ran = shell.process("submit", "hello.py", *options, "--yes")
    assert ran.returncode == 2
    assert message in ran.stderr
    assert not server.schedules


def test_ended_jobs_are_forgotten_after_a_yes(shell: Shell) -> None:
    shell.run("submit", "hello.py", *HERE, "--yes", "--follow")
    assert shell.run("jobs", "prune").startswith("0 jobs and 0 plans would be forgotten")
    ran = shell.process("jobs", "prune", "--days", "0")
    assert (ran.returncode, len(shell.jobs())) == (2, 1)
    assert "nothing is forgotten; say --yes" in ran.stderr
    assert shell.json("jobs", "prune", "--days", "0", "--dry-run")["jobs"] == 1
    said = shell.run("jobs", "prune", "--days", "0", "--yes")
    assert "1 job and 0 plans are forgotten" in said
    assert shell.jobs() == []
    assert not list((shell.folder / "state" / "local").iterdir())
    assert not list((shell.folder / "state" / "logs").iterdir())
    ran = shell.process("jobs", "prune", "--days", "-1")
    assert "expected a whole number of days" in ran.stderr


def test_findings_stop_a_job_until_each_is_overridden(shell: Shell) -> None:
    ran = shell.process("submit", "broken.py", *HERE, "--yes")
    assert ran.returncode == 2
    assert "misplaced-model-init-kwargs in line 6 speaks against it" in ran.stderr
    assert shell.jobs() == []
    override = ("--override", "misplaced-model-init-kwargs:6")
    shell.run("submit", "broken.py", *HERE, "--yes", *override)
    assert len(shell.jobs()) == 1


def test_nothing_is_sent_where_nobody_can_be_asked(shell: Shell) -> None:
    ran = shell.process("submit", "hello.py", *HERE)
    assert ran.returncode == 2
    assert "nothing was sent; say --yes" in ran.stderr
    assert shell.jobs() == []


@pytest.mark.parametrize(("answer", "jobs"), [("y", 1), ("n", 0), ("", 0)])
def test_a_person_is_asked(shell: Shell, answer: str, jobs: int) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tunesmith", "submit", "hello.py", *HERE],
        cwd=shell.folder,
        env=shell.environment,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.write(ours, f"{answer}\n".encode())
    assert process.wait(60) == (0 if jobs else 2)
    os.close(theirs)
    os.close(ours)
    assert len(shell.jobs()) == jobs


def test_a_script_that_is_not_there(shell: Shell) -> None:
    ran = shell.process("submit", "gone.py", "--yes")
    assert ran.returncode == 2
    assert ran.stderr == "gone.py: error: No such file or directory\n"


def test_a_secret_without_a_value_stops_a_job(shell: Shell) -> None:
    ran = shell.process("submit", "hello.py", *HERE, "--secrets", "MY_KEY", "--yes")
    assert ran.returncode == 2
    assert "no value here for MY_KEY" in ran.stderr


def test_a_dead_server_is_told_and_nothing_is_lost(shell: Shell, server: JobsServer) -> None:
    shell.environment["HF_ENDPOINT"] = "http://127.0.0.1:9"
    ran = shell.process("submit", "hello.py", "--yes")
    assert ran.returncode == 2
    assert "127.0.0.1:9" in ran.stderr
    assert [job["stage"] for job in shell.json("jobs", "ps", "--all", "--here")["jobs"]] in (
        [],
        ["NOT_SENT"],
    )


def test_a_token_is_nowhere(shell: Shell, server: JobsServer) -> None:
    said = shell.run("submit", "hello.py", "--secrets", "HF_TOKEN", "--yes", "--follow")
    assert CANARY not in said
    files = [path for path in (shell.folder / "state").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]
