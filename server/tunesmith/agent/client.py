"""Asking the agent, which is started where there is none."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tunesmith import __version__
from tunesmith.agent import lease, messages
from tunesmith.agent.channel import (
    BadMessageError,
    Channel,
    DisconnectedError,
    Message,
    connect,
)
from tunesmith.agent.messages import AGENT_PROTOCOL, AgentStatus, HelloParams
from tunesmith.agent.wire import from_wire, to_wire
from tunesmith.errors import UserError
from tunesmith.jobs.account import Account
from tunesmith.jobs.spec import EngineError
from tunesmith.platform import make_private, user_state_folder
from tunesmith.processes import Detached

T = TypeVar("T")
Hear = Callable[[str, Any], None]

START_S = 30.0
"""How long an agent may take to start, or to end."""
_LOOK_S = 0.02
_CODE = """\
import os, runpy, sys
sys.path[:] = sys.argv.pop(1).split(os.pathsep)
runpy.run_module("tunesmith.agent", run_name="__main__")
"""
"""Runs the agent out of the same folders as us: they may be none that Python knows by itself."""
_ERRORS = "agent.errors"
_NOT_INHERITED = (
    "HF_ENDPOINT",
    "HF_HUB_OFFLINE",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "TRANSFORMERS_OFFLINE",
)
"""Each client says these for itself; the agent works for all of them."""


@dataclass(frozen=True)
class _Nothing:
    """The answer of what answers nothing."""


class LostError(Exception):
    """The agent ended before it answered."""


class Client:
    """A connection to the agent; for one thread.

    Args:
        channel: the connection.
        status: what the agent has said of itself.
    """

    def __init__(self, channel: Channel, status: AgentStatus) -> None:
        self._channel = channel
        self.status = status
        self._last_id = 0

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    @property
    def channel(self) -> Channel:
        """The connection itself, for one who speaks for another process."""
        return self._channel

    def ask(self, method: str, params: object, kind: type[T], hear: Hear | None = None) -> T:
        """The answer to a question.

        Args:
            method: of `messages`.
            params: of the class that belongs to it.
            kind: the class of the answer.
            hear: is given what the agent tells meanwhile, the method and its parameters as a class.

        Raises:
            UserError: as the agent says.
            LostError: the agent ended. Every question may be asked again of the next one.
        """
        self._last_id += 1
        request_id = self._last_id
        try:
            self._channel.send(_request(request_id, method, params))
            return from_wire(kind, self._result(request_id, hear), "the answer", is_answer=True)
        except DisconnectedError:
            raise LostError from None
        except KeyboardInterrupt:
            with suppress(DisconnectedError):
                self._channel.send(_notification(messages.CANCEL_REQUEST, {"id": request_id}))
            raise

    def listen(self, hear: Hear, timeout_s: float) -> None:
        """Hear what the agent tells without being asked: one thing, or nothing within a time.

        Raises:
            LostError: the agent ended.
        """
        try:
            if self._channel.has_message(timeout_s):
                _tell(self._receive(), hear)
        except DisconnectedError:
            raise LostError from None

    def _result(self, request_id: int, hear: Hear | None) -> object:
        while True:
            message = self._receive()
            if "method" in message:
                _tell(message, hear)
            elif message.get("id") == request_id:
                if error := message.get("error"):
                    raise _error(error)
                return message.get("result")

    def _receive(self) -> Message:
        try:
            return self._channel.receive()
        except BadMessageError as error:
            raise DisconnectedError(str(error)) from None


def _request(request_id: int, method: str, params: object) -> Message:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": to_wire(params)}


def _notification(method: str, params: object) -> Message:
    return {"jsonrpc": "2.0", "method": method, "params": to_wire(params)}


def _tell(message: Message, hear: Hear | None) -> None:
    kinds: Mapping[str, type] = {messages.LINES: messages.Lines, messages.CHANGED: messages.Job}
    method = message.get("method", "")
    if hear and method in kinds:
        hear(method, from_wire(kinds[method], message.get("params"), method, is_answer=True))


def _error(error: Mapping[str, Any]) -> UserError:
    data: Mapping[str, Any] = error.get("data") or {}
    message, next_step = str(error.get("message")), data.get("nextStep", f"see {_log()}")
    if "canRetry" not in data:
        return UserError(message, next_step)
    return EngineError(
        message,
        next_step,
        may_be_done=data["mayBeDone"],
        can_retry=data["canRetry"],
        retry_after_s=data["retryAfterS"],
    )


def _log() -> Path:
    return user_state_folder() / "agent.log"


def connect_or_start(
    environment: Mapping[str, str] | None = None, command: Sequence[str] | None = None
) -> Client:
    """A connection to the agent of this user, which is started or replaced where needed.

    Args:
        environment: whose account asks; None: that of this process.
        command: starts the agent; None: one of this release.

    Raises:
        UserError: it cannot be started, or is of a release that does not understand this one.
    """
    folder = user_state_folder()
    make_private(folder)
    account = Account.of_environment(environment)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        client = _connected(folder, account)
        if client is None:
            _start(folder, command or _own_command(), deadline)
        elif not _is_to_be_replaced(client.status):
            return client
        else:
            with client:
                _stop(client, folder)
    raise UserError(
        f"the agent does not answer within {START_S:.0f} s",
        f"see {_log()}; `tunesmith agent stop` ends it",
    )


def _own_command() -> Sequence[str]:
    flags = ["-I"] * sys.flags.isolated + ["-S"] * sys.flags.no_site
    folders = os.pathsep.join(filter(None, sys.path))
    return [sys.executable, *flags, "-X", "utf8", "-c", _CODE, folders]


def connect_if_running() -> Client | None:
    """A connection to the agent, if there is one; of any release: only STATUS and STOP are safe.

    Raises:
        UserError: it does not answer.
    """
    folder = user_state_folder()
    deadline = time.monotonic() + START_S
    while lease.is_held(folder):
        if client := _open(folder):
            return client
        if time.monotonic() > deadline:
            raise UserError("the agent does not answer", f"see {_log()}, or end its process")
        time.sleep(_LOOK_S)
    return None


def stop(client: Client) -> None:
    """End the agent, and wait until it has; jobs go on.

    Raises:
        UserError: it does not end.
    """
    _stop(client, user_state_folder())


def _open(folder: Path) -> Client | None:
    notice = lease.read_notice(folder)
    if notice is None:
        return None
    try:
        channel = connect(notice.family, notice.address, lease.read_key(folder))
    except DisconnectedError:
        return None
    unknown = AgentStatus(notice.version, notice.protocol, notice.pid, notice.started, 0)
    client = Client(channel, unknown)
    try:
        client.status = client.ask(messages.STATUS, {}, AgentStatus)
    except LostError:
        return None
    return client


def _connected(folder: Path, account: Account) -> Client | None:
    """A client that has said who it is, if the agent speaks our protocol."""
    client = _open(folder)
    if client is None or client.status.protocol != AGENT_PROTOCOL:
        return client
    hello = HelloParams(
        AGENT_PROTOCOL, __version__, account.token, account.endpoint, account.offline
    )
    try:
        client.status = client.ask(messages.HELLO, hello, AgentStatus)
    except LostError:
        return None
    return client


def _is_to_be_replaced(status: AgentStatus) -> bool:
    """Whether the agent is an old one that nobody needs now.

    Raises:
        UserError: it cannot be used, and not be replaced either.
    """
    from packaging.version import Version

    is_older = Version(status.version) < Version(__version__)
    is_idle = not status.following and status.connections <= 1
    if is_older and is_idle:
        return True
    if status.protocol == AGENT_PROTOCOL:
        return False
    if status.protocol < AGENT_PROTOCOL:
        raise UserError(
            f"the agent of Tunesmith {status.version} runs, and does not understand {__version__}",
            "end it with `tunesmith agent stop`; jobs go on",
        )
    raise UserError(
        f"the agent of Tunesmith {status.version} runs; this is {__version__}, which it does not "
        "understand",
        f"update to {status.version}, or end that agent with `tunesmith agent stop`",
    )


def _stop(client: Client, folder: Path) -> None:
    pid = client.status.pid
    with suppress(LostError):
        client.ask(messages.STOP, {}, _Nothing)
    deadline = time.monotonic() + START_S
    while lease.is_held(folder):
        notice = lease.read_notice(folder)
        if notice and notice.pid != pid:  # the next one is there already
            return
        if time.monotonic() > deadline:
            raise UserError(f"the agent (process {pid}) does not end", "end its process")
        time.sleep(_LOOK_S)


def _start(folder: Path, command: Sequence[str], deadline: float) -> None:
    """Have one agent started by one of all who want it; returns when it may answer.

    Raises:
        UserError: it ended at once.
    """
    starting = lease.lock(folder / "agent.start")
    if starting is None:  # somebody else does
        time.sleep(_LOOK_S)
        return
    try:
        if lease.is_held(folder):  # it is about to listen, or to end
            time.sleep(_LOOK_S)
            return
        errors, stale = folder / _ERRORS, lease.read_notice(folder)
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
        if "TUNESMITH_STATE" in kept:  # it may be relative to where we are
            kept["TUNESMITH_STATE"] = os.path.abspath(folder)  # noqa: PTH100 - keeps symlinks
        process = Detached(command, cwd=folder, environment=kept, errors=errors)
        while time.monotonic() < deadline and lease.read_notice(folder) in (None, stale):
            if process.status is not None:
                _say_why(errors, process.status)
                return
            time.sleep(_LOOK_S)
    except OSError as error:
        raise UserError(
            f"the agent cannot be started: {error.strerror or error}",
            "see whether the disk is full",
        ) from None
    finally:
        os.close(starting)


def _say_why(errors: Path, status: int) -> None:
    """Raise UserError where an agent could not start; nothing where another one was faster."""
    if status == 0:
        return
    lines = errors.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"]
    if status == 2 and len(lines) == 2:
        raise UserError(f"the agent could not start: {lines[0]}", lines[1])
    raise UserError(
        f"the agent could not start (exit status {status}): {lines[-1]}", f"see {errors}"
    )
