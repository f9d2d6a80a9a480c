"""The agent on standard input and output, as the extension asks it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import IO, Any

import pytest

from agent.made import User
from tunesmith.agent import lease

COMMAND = [sys.executable, "-m", "tunesmith", "agent", "bridge"]


@pytest.fixture
def bridge(user: User) -> Iterator[subprocess.Popen[bytes]]:
    user.connect().__exit__()  # the made agent is there
    with subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=user.folder,
    ) as process:
        yield process
        process.kill()


def write(stream: IO[bytes] | None, text: bytes) -> None:
    assert stream
    stream.write(b"Content-Length: %d\r\nContent-Type: x\r\n\r\n" % len(text) + text)
    stream.flush()


def read(stream: IO[bytes] | None) -> Any:
    assert stream
    headers = dict(line.split(b": ") for line in iter(lambda: stream.readline().strip(), b""))
    return json.loads(stream.read(int(headers[b"Content-Length"])))


def ask(process: subprocess.Popen[bytes], request_id: int, method: str, **params: Any) -> Any:
    message = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
    write(process.stdin, json.dumps(message).encode())
    while (answer := read(process.stdout)).get("id") != request_id:
        assert "method" in answer
    return answer


def test_a_job_over_the_bridge(user: User, bridge: subprocess.Popen[bytes]):
    plan = ask(bridge, 1, "plan", script=str(user.folder / "zug.py"), engine="local")["result"]
    job = ask(bridge, 2, "submit", key=plan["key"])["result"]
    assert job["exitCode"] is None
    assert job["remoteId"] == user.local_server.states()[0].id
    assert ask(bridge, 3, "dance")["error"]["code"] == -32601
    assert ask(bridge, 4, "log", id=job["id"], follow=True)["result"]["stage"] == "COMPLETED"


def test_it_ends_with_its_input(bridge: subprocess.Popen[bytes], user: User):
    assert ask(bridge, 1, "status")["result"]["connections"] == 1
    assert bridge.stdin
    bridge.stdin.close()
    assert bridge.wait(60) == 0
    assert lease.is_held(user.state)


def test_it_ends_with_the_agent(bridge: subprocess.Popen[bytes], user: User):
    ask(bridge, 1, "status")
    user.kill_agent()
    assert bridge.wait(60) == 1


@pytest.mark.parametrize(
    "text", [b"{}\r\n\r\n", b"Content-Length: -1\r\n\r\n", b"Content-Length: 99999999\r\n\r\n"]
)
def test_what_is_no_frame_ends_it(bridge: subprocess.Popen[bytes], text: bytes):
    assert bridge.stdin
    assert bridge.stderr
    bridge.stdin.write(text)
    bridge.stdin.close()
    assert bridge.wait(60) == 2
    assert b"expected a Content-Length up to 16,777,216" in bridge.stderr.read()
