"""The proof that tests cannot leave loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from network_guard import NetworkDeniedError, is_local

OUTSIDE = "192.0.2.1"  # reserved for documentation: nothing answers there


@pytest.mark.parametrize(
    ("address", "local"),
    [
        (("127.0.0.1", 80), True),
        (("127.9.9.9", 80), True),
        (("::1", 80, 0, 0), True),
        (("localhost", 80), True),
        ("/run/user/agent.sock", True),
        ((OUTSIDE, 443), False),
        (("fe80::1%eth0", 443, 0, 2), False),
        (("example.org", 443), False),
    ],
)
def test_only_loopback_and_socket_files_are_local(address: object, local: bool) -> None:
    assert is_local(address) is local


def test_loopback_connects() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_an_outside_address_is_denied(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as outside, pytest.raises(NetworkDeniedError):
        outside.connect((OUTSIDE, 443))


def test_an_outside_name_is_denied_before_it_is_looked_up() -> None:
    with pytest.raises((NetworkDeniedError, urllib.error.URLError), match="loopback only"):
        urllib.request.urlopen("https://example.org", timeout=5)


def test_a_child_python_is_denied() -> None:
    program = f"import socket; socket.create_connection(('{OUTSIDE}', 443), 5)"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "NetworkDeniedError" in child.stderr


def run_guarded_node(program: str) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not on PATH")
    guard = (Path(__file__).parent / "guard" / "deny-network.mjs").as_uri()
    environment = {**os.environ, "NODE_OPTIONS": f"--import={guard}"}
    return subprocess.run(
        [node, "--eval", program], capture_output=True, text=True, env=environment
    )


@pytest.mark.parametrize("call", ["connect(443, HOST)", "connect({ host: HOST, port: 443 })"])
def test_a_child_node_is_denied(call: str) -> None:
    child = run_guarded_node(f"const HOST = '{OUTSIDE}'; require('node:net').{call}")
    assert f"connect to {OUTSIDE}: tests reach loopback only" in child.stderr


def test_node_still_reaches_loopback_under_the_guard() -> None:
    program = """
        const server = require('node:http').createServer((_, r) => r.end('here'));
        server.listen(0, '127.0.0.1', async () => {
            const url = `http://127.0.0.1:${server.address().port}/`;
            console.log(await (await fetch(url)).text());
            server.close();
        });
    """
    assert run_guarded_node(program).stdout == "here\n"
