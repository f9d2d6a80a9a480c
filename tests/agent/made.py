"""A user with an own state folder, whose agent has a made engine."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

import tunesmith
from agent.file_engine import FileServer
from tunesmith.agent import lease, messages
from tunesmith.agent.client import Client, LostError, connect_or_start
from tunesmith.errors import UserError

PROGRAM = (sys.executable, str(Path(__file__).with_name("made_agent.py")))
CANARY = "hf_canaryCANARYcanary0123456789abcd"
DEADLINE_S = 60
T = TypeVar("T")


class User:
    """Who asks. Its environment is that of this process, changed for one test."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.folder = folder
        self.state = folder / "state"
        self.server = FileServer(folder / "servers" / "hf")
        self.local_server = FileServer(folder / "servers" / "local")
        self.account = {"HF_TOKEN": CANARY}
        source = str(Path(tunesmith.__file__).parent.parent)
        paths = [source, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        patch.setenv("PYTHONPATH", os.pathsep.join(dict.fromkeys(paths)))
        patch.setenv("TUNESMITH_STATE", str(self.state))
        self.make_agent()

    def make_agent(self, **how: Any) -> None:
        """Say how the next agent is made: see made_agent.py."""
        made = {"server": str(self.folder / "servers"), **how}
        self._patch.setenv("MADE_AGENT", json.dumps(made))

    def use_hub(self, url: str, **settings: Any) -> None:
        """Have the next agent run jobs on Hugging Face, which is at that address."""
        self._patch.setenv("MADE_AGENT", json.dumps({"settings": settings}))
        self._patch.setenv("HF_HOME", str(self.folder / "hf"))
        self.account = {"HF_TOKEN": CANARY, "HF_ENDPOINT": url}
        (self.folder / "train.py").write_text("print('hello')\n")

    def connect(self) -> Client:
        """Ask the agent, which is started where there is none."""
        return connect_or_start(self.account, PROGRAM)

    def plan(self, client: Client, name: str = "train.py", **fields: Any) -> messages.Plan:
        """Plan a job of a script."""
        params = messages.PlanParams(script=str(self.folder / name), **fields)
        return client.ask(messages.PLAN, params, messages.Plan)

    def submit(self, key: str, **fields: Any) -> messages.Job:
        """Run a plan."""
        params = messages.SubmitParams(key, **fields)
        return self.ask(lambda client: client.ask(messages.SUBMIT, params, messages.Job))

    def ask(self, question: Callable[[Client], T]) -> T:
        """The answer to a question, as often as agents die over it."""
        for _ in range(5):
            try:
                with self.connect() as client:
                    return question(client)
            except LostError:
                continue
        raise AssertionError("no agent lives long enough")

    def jobs(self, client: Client, **fields: Any) -> messages.JobList:
        """All jobs."""
        params = messages.JobsParams(all=True, **fields)
        return client.ask(messages.JOBS, params, messages.JobList)

    def log(self, client: Client, job_id: str, **fields: Any) -> list[messages.Lines]:
        """What a job has printed."""
        heard: list[messages.Lines] = []

        def hear(method: str, params: Any) -> None:
            if method == messages.LINES:
                heard.append(params)

        client.ask(messages.LOG, messages.LogParams(job_id, **fields), messages.Job, hear)
        return heard

    def stop_agent(self) -> None:
        """End the agent, if there is one."""
        from tunesmith.agent.client import connect_if_running, stop

        client = connect_if_running()
        if client:
            with client:
                stop(client)

    def kill_agent(self) -> None:
        """End the agent as by the power cord."""
        notice = lease.read_notice(self.state)
        assert notice
        os.kill(notice.pid, 9)
        wait_until(lambda: not lease.is_held(self.state))


def texts(heard: list[messages.Lines]) -> list[str]:
    return [line.text for lines in heard for line in lines.lines]


def wait_until(holds: Callable[[], object]) -> None:
    """Wait for something that is sure to come."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def refusal(action: Callable[[], object]) -> UserError:
    """What is said instead of doing something."""
    with pytest.raises(UserError) as caught:
        action()
    return caught.value
