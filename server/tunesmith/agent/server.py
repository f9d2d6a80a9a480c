"""The agent's process: one a user, which those who ask come to over a local socket."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tunesmith import __version__
from tunesmith.agent.agent import Agent
from tunesmith.agent.channel import Connection, DisconnectedError, Door
from tunesmith.agent.handlers import HANDLERS
from tunesmith.agent.lease import Lease, Notice
from tunesmith.agent.messages import (
    AGENT_PROTOCOL,
    CHANGED,
    HELLO,
    STATUS,
    STOP,
    AgentStatus,
    HelloParams,
    Job,
)
from tunesmith.agent.peer import Peer, Request, UnknownMethodError
from tunesmith.agent.redaction import RedactingFormatter, Redaction
from tunesmith.agent.settings import Settings
from tunesmith.agent.wire import from_wire
from tunesmith.errors import UserError
from tunesmith.platform import local_address, user_state_folder

log = logging.getLogger(__name__)

LOG_FILE = "agent.log"
_LOG_BYTES, _OLD_LOGS = 1_000_000, 3
_LOOK_S = 5.0
"""How long it may take to see that there was nothing to do for long enough."""
_GOODBYE_S = 1.0
_REFUSED_S = 0.1
"""A pause before the next one is let in where the system refuses, as with too many open files."""


def main(settings: Settings | None = None) -> int:
    """Be the agent of this user until there is nothing to do; returns the exit status.

    0: at the end, or where there is one already; 2: it could not start, as standard error tells.
    """
    try:
        lease = Lease.take(user_state_folder())
        if lease is None:
            return 0
        redaction = Redaction()
        _write_log(lease.folder, redaction)
        Server(lease, settings or Settings(), redaction).run()
    except UserError as error:
        log.error("%s", error)
        sys.stderr.write(f"{error.message}\n{error.next_step}\n")
        return 2
    return 0


def _write_log(folder: Path, redaction: Redaction) -> None:
    logging.raiseExceptions = False  # a full disk is no reason to say more
    try:
        handler = RotatingFileHandler(
            folder / LOG_FILE, maxBytes=_LOG_BYTES, backupCount=_OLD_LOGS, encoding="utf-8"
        )
    except OSError:
        return
    handler.setFormatter(RedactingFormatter(redaction))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("tunesmith").setLevel(logging.INFO)
    threading.excepthook = _log_crash  # standard error is a file that nobody redacts


def _log_crash(crash: threading.ExceptHookArgs) -> None:
    name = crash.thread.name if crash.thread else ""
    log.error("the thread %r ended", name, exc_info=crash.exc_value)


class Server:
    """Lets those in who know the key, and answers them."""

    def __init__(self, lease: Lease, settings: Settings, redaction: Redaction) -> None:
        self._lease = lease
        self._settings = settings
        self._redaction = redaction
        self._guard = threading.Lock()
        self._peers: set[Peer] = set()
        self._agent = Agent(lease.folder, settings, redaction, self._tell_all)

    def run(self) -> None:
        """Listen until the agent is asked to end, or is idle for long."""
        agent, folder = self._agent, self._lease.folder
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._stop)
        agent.prune()
        family, address = local_address(folder, "agent")
        with suppress(OSError):
            os.unlink(address)  # noqa: PTH108 - of an agent that was killed
        door = Door(family, address, self._lease.new_key())
        threading.Thread(target=self._let_in, args=[door], name="door", daemon=True).start()
        self._lease.announce(
            Notice(os.getpid(), family, address, agent.started, __version__, AGENT_PROTOCOL)
        )
        log.info("agent %s started, process %d", __version__, os.getpid())
        agent.start()
        self._wait()
        self._end(door)

    def _stop(self, *_: object) -> None:
        self._agent.stopping.set()

    def _wait(self) -> None:
        idle_since = time.monotonic()
        while not self._agent.stopping.wait(min(_LOOK_S, self._settings.idle / 4)):
            if not self._lease.is_valid:
                log.warning("the state folder was deleted")
                return
            if self._peers or not self._agent.is_idle:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since >= self._settings.idle:
                log.info("nothing to do")
                return

    def _end(self, door: Door) -> None:
        log.info("agent ends")
        self._agent.stopping.set()
        door.close()
        with self._guard:
            peers = list(self._peers)
        self._agent.end()
        for peer in peers:
            peer.say_goodbye(_GOODBYE_S)
        self._lease.release()

    def _let_in(self, door: Door) -> None:
        while not self._agent.stopping.is_set():
            try:
                connection = door.knock()
            except OSError:
                self._agent.stopping.wait(_REFUSED_S)
                continue
            threading.Thread(
                target=self._welcome, args=[door, connection], name="peer", daemon=True
            ).start()

    def _welcome(self, door: Door, connection: Connection) -> None:
        try:
            channel = door.admit(connection)
        except DisconnectedError as error:
            log.info("not let in: %s", error)
            return
        peer = Peer(channel, self._answer, self._redaction)
        with self._guard:
            self._peers.add(peer)
        try:
            peer.serve()
        finally:
            with self._guard:
                self._peers.discard(peer)

    def _answer(self, request: Request, method: str, params: object) -> object:
        if method == HELLO:
            return self._greet(request, from_wire(HelloParams, params))
        if method == STATUS:
            return self._status()
        if method == STOP:
            log.info("asked to end")
            self._agent.stopping.set()
            return {}
        if method not in HANDLERS:
            raise UnknownMethodError
        kind, handler = HANDLERS[method]
        return handler(self._agent, request, from_wire(kind, params))

    def _greet(self, request: Request, params: HelloParams) -> AgentStatus:
        from tunesmith.jobs.account import HUB, Account

        if params.protocol != AGENT_PROTOCOL:
            raise UserError(
                f"protocol is {params.protocol}, and this agent speaks {AGENT_PROTOCOL}",
                "run `tunesmith agent stop`, then try again",
            )
        self._redaction.add(params.token)
        account = Account(params.endpoint or HUB, params.token, params.offline)
        request.peer.account = account
        self._agent.accounts.add(account)
        self._agent.followers.start_all()
        return self._status()

    def _status(self) -> AgentStatus:
        return self._agent.status(len(self._peers))

    def _tell_all(self, job: Job) -> None:
        with self._guard:
            peers = list(self._peers)
        for peer in peers:
            peer.notify_if_reading(CHANGED, job)
