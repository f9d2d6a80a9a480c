"""What the agent answers to those who do not keep to the protocol."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from agent.made import User, refusal
from tunesmith.agent import lease, messages
from tunesmith.agent.channel import MAX_BYTES, Channel, DisconnectedError, connect
from tunesmith.agent.client import Client, LostError


@pytest.fixture
def channel(user: User) -> Channel:
    """A connection that has said nothing yet."""
    user.connect().__exit__()
    notice = lease.read_notice(user.state)
    assert notice
    return connect(notice.family, notice.address, lease.read_key(user.state))


def ask(channel: Channel, **message: Any) -> Any:
    channel.send({"jsonrpc": "2.0", **message})
    return channel.receive()


def test_mistakes_are_answered(channel: Channel):
    channel.send_text(b"{")
    assert channel.receive()["error"]["code"] == -32700
    channel.send_text(b"[]")
    assert channel.receive()["error"]["code"] == -32700
    channel.send_text(b"[" * 100_000)
    assert channel.receive()["error"]["code"] == -32700
    assert ask(channel, id=1)["error"]["code"] == -32600
    assert ask(channel, id=[1], method="status")["error"]["code"] == -32600
    unknown = ask(channel, id=1, method="dance")["error"]
    assert (unknown["code"], unknown["message"]) == (-32601, "there is no method 'dance'")
    wrong = ask(channel, id="a", method="hello", params={"protocol": "1"})
    assert wrong["id"] == "a"
    assert wrong["error"]["code"] == -32602
    assert wrong["error"]["message"] == "params.protocol is '1', expected a whole number"
    other = ask(channel, id=2, method="hello", params={"protocol": 99})["error"]
    assert "this agent speaks" in other["message"]
    anonymous = ask(channel, id=2, method="jobs", params={"refresh": True})["error"]
    assert anonymous["data"]["nextStep"] == "send that first"
    channel.send({"jsonrpc": "2.0", "method": "a notification that nobody knows"})
    channel.send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 77}})
    channel.send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": 3})
    assert ask(channel, id=3, method="status", params={})["result"]["connections"] == 1


def test_a_message_that_is_too_long_ends_the_connection_alone(channel: Channel, user: User):
    assert "16,777,217 bytes" in refusal(lambda: channel.send_text(b"x" * (MAX_BYTES + 1))).message
    with suppress(OSError):  # the other side may close while this is written
        channel._connection.send_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(DisconnectedError):
        channel.receive()
    with user.connect() as client:
        assert client.ask(messages.STATUS, {}, messages.AgentStatus).pid == client.status.pid


def test_one_who_does_not_read_is_cut_off(channel: Channel, user: User):
    with user.connect() as client:
        plan = user.plan(client, flavor="long")
    job = user.submit(plan.key)
    assert job.remote_id
    user.server.add_lines(job.remote_id, ["x" * 1000] * 20_000)
    with user.connect() as client:
        params = {"id": job.id, "follow": True}
        client.channel.send({"jsonrpc": "2.0", "id": 9, "method": "log", "params": params})
        with user.connect() as other:
            for number in range(400):
                user.server.move(job.remote_id, "RUNNING", f"message {number}")
                other.ask(messages.INSPECT, messages.JobParams(job.id), messages.Job)
        with pytest.raises(LostError):
            read_all(client)


def read_all(client: Client) -> None:
    while True:
        client.ask(messages.STATUS, {}, messages.AgentStatus)
