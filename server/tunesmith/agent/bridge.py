"""`tunesmith agent bridge`: the agent on standard input and output, for programs in any language.

Messages are framed as in the base protocol of the Language Server Protocol: a `Content-Length`
header, an empty line, the JSON. The bridge has said hello already, with the account of its own
environment. It ends with its input, or with the agent.
"""

from __future__ import annotations

import os
import threading
from typing import BinaryIO

from tunesmith.agent.channel import MAX_BYTES, Channel, DisconnectedError
from tunesmith.agent.client import Client
from tunesmith.errors import UserError

_LONGEST_HEADER = 1000


def run_bridge(client: Client, source: BinaryIO, target: BinaryIO) -> int:
    """Pass messages on until one side ends; returns the exit status: 1 where the agent ended."""
    channel = client.channel
    status: list[int] = []
    ended = threading.Event()

    def pass_on(upwards: bool) -> None:
        try:
            if upwards:
                _from_source(source, channel)
            else:
                _to_target(channel, target)
            status.append(0)
        except (DisconnectedError, BrokenPipeError):
            status.append(1)
        except (OSError, ValueError, UserError) as error:
            os.write(2, f"tunesmith agent bridge: {error}\n".encode())
            status.append(2)
        ended.set()

    for upwards in (True, False):
        threading.Thread(target=pass_on, args=[upwards], daemon=True).start()
    ended.wait()
    return status[0]


def _from_source(source: BinaryIO, channel: Channel) -> None:
    while (length := _length(source)) is not None:
        text = source.read(length)
        if len(text) < length:
            return
        channel.send_text(text)


def _length(source: BinaryIO) -> int | None:
    """The length of the next message; None at the end.

    Raises:
        ValueError: what came is no message.
    """
    length: int | None = None
    while line := source.readline(_LONGEST_HEADER):
        name, _, value = line.decode("ascii", "replace").partition(":")
        if not line.strip():
            break
        if name.strip().lower() == "content-length" and value.strip().isdecimal():
            length = int(value)
    else:
        return None
    if length is None or length > MAX_BYTES:
        raise ValueError(f"expected a Content-Length up to {MAX_BYTES:,}, got {length}")
    return length


def _to_target(channel: Channel, target: BinaryIO) -> None:
    while True:
        text = channel.receive_text()
        target.write(b"Content-Length: %d\r\n\r\n" % len(text))
        target.write(text)
        target.flush()
