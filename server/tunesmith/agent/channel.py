"""JSON-RPC 2.0 over a connection between two processes of one user.

Each message is one frame of `multiprocessing.connection`, which authenticates both sides by a key
that only this user can read. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import (
    Client,
    Connection,
    Listener,
    answer_challenge,
    deliver_challenge,
)
from typing import Any, cast

from tunesmith.errors import UserError

MAX_BYTES = 16 * 1024 * 1024
"""A longer message ends its connection."""
HANDSHAKE_S = 5.0
"""How long the other side may take to prove that it knows the key."""

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
INTERNAL_ERROR, USER_ERROR = -32603, -32000
"""Codes of errors. The last is ours: its `data` has `nextStep`, and what else an engine says."""

Message = Mapping[str, Any]


class DisconnectedError(Exception):
    """The other side is gone, or was never the one that it should be."""


class BadMessageError(Exception):
    """What came is no JSON-RPC message; the connection goes on."""


class Door:
    """Where an agent listens.

    Args:
        family, address: as `platform.local_address` gives them.
        key: what those who come have to know.

    Raises:
        UserError: it cannot listen there.
    """

    def __init__(self, family: str, address: str, key: bytes) -> None:
        self._key = key
        try:
            self._listener = Listener(address, family, backlog=64)
        except OSError as error:
            raise UserError(
                f"cannot listen on {address}: {error.strerror or error}",
                "set TUNESMITH_STATE to a folder of your own on a local disk",
            ) from None

    def knock(self) -> Connection:
        """Wait for the next one to come, who is nobody yet: see `Channel.of_guest`.

        Raises:
            OSError: the door is closed, or that one has gone already.
        """
        return self._listener.accept()

    def admit(self, connection: Connection) -> Channel:
        """The channel to one who knows the key.

        Raises:
            DisconnectedError: they do not, or were silent for too long.
        """
        with _handshake(connection):
            deliver_challenge(connection, self._key)
            answer_challenge(connection, self._key)
        return Channel(connection)

    def close(self) -> None:
        """Let nobody in any more."""
        with suppress(OSError):
            self._listener.close()


def connect(family: str, address: str, key: bytes) -> Channel:
    """The channel to whom listens there.

    Raises:
        DisconnectedError: nobody does, or one who does not know the key.
    """
    try:
        connection = Client(address, family)
    except OSError as error:
        raise DisconnectedError(error.strerror or str(error)) from None
    with _handshake(connection):
        answer_challenge(connection, key)
        deliver_challenge(connection, key)
    return Channel(connection)


@contextmanager
def _handshake(connection: Connection) -> Generator[None, None, None]:
    timer = threading.Timer(HANDSHAKE_S, _break, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    except (AuthenticationError, EOFError, OSError, ValueError, AssertionError) as error:
        _break(connection)
        connection.close()
        raise DisconnectedError(f"the handshake failed: {error!r}") from None
    finally:
        timer.cancel()


def _break(connection: Connection) -> None:
    """End a connection under whoever reads from it or writes to it on another thread."""
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)
    except OSError:  # a named pipe, or closed
        with suppress(OSError):
            connection.close()


class Channel:
    """Messages to and from one other side. Any thread may send; one receives."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, message: Message) -> None:
        """Send a message; waits while the other side is behind.

        Raises:
            DisconnectedError: it is gone.
            UserError: the message is too long.
        """
        self.send_text(json.dumps(message, separators=(",", ":")).encode())

    def send_text(self, text: bytes) -> None:
        """Send a message that is JSON already; raises as `send`."""
        if len(text) > MAX_BYTES:
            raise UserError(
                f"a message has {len(text):,} bytes; at most {MAX_BYTES:,} can be sent",
                "ask for less",
            )
        try:
            with self._sending:
                self._connection.send_bytes(text)
        except (OSError, ValueError) as error:
            raise DisconnectedError(str(error)) from None

    def receive(self) -> Message:
        """The next message.

        Raises:
            DisconnectedError: there will be none.
            BadMessageError: it is none.
        """
        text = self.receive_text()
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            raise BadMessageError("it is no JSON") from None
        if not isinstance(message, dict):
            raise BadMessageError("it is no object")
        return cast("Message", message)

    def receive_text(self) -> bytes:
        """The next message as it came; raises DisconnectedError."""
        try:
            return self._connection.recv_bytes(MAX_BYTES)
        except (EOFError, OSError, ValueError) as error:
            raise DisconnectedError(str(error) or "it ended") from None

    def has_message(self, timeout_s: float) -> bool:
        """Whether something came within that time, if only the end; raises DisconnectedError."""
        try:
            return self._connection.poll(timeout_s)
        except (OSError, ValueError) as error:
            raise DisconnectedError(str(error)) from None

    def close(self) -> None:
        """End it, also under a thread that receives."""
        _break(self._connection)
