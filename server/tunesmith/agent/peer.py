"""One who asks the agent, over one connection."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from tunesmith.agent.channel import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    USER_ERROR,
    BadMessageError,
    Channel,
    DisconnectedError,
    Message,
)
from tunesmith.agent.messages import CANCEL_REQUEST, HELLO
from tunesmith.agent.outbox import Outbox
from tunesmith.agent.redaction import Redaction
from tunesmith.agent.store import ClosedError
from tunesmith.agent.wire import WireError, to_wire
from tunesmith.errors import UserError
from tunesmith.jobs.spec import EngineError

if TYPE_CHECKING:
    from tunesmith.jobs.account import Account

log = logging.getLogger(__name__)

_MOST_REQUESTS = 64

Answer = Callable[["Request", str, object], object]


class Request:
    """A question of a peer; whoever answers may send it notifications before."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self._is_cancelled = threading.Event()

    @property
    def account(self) -> Account:
        """On whose behalf it is.

        Raises:
            UserError: the peer has not said who it is.
        """
        if self.peer.account is None:
            raise UserError(f"nobody said {HELLO!r}", "send that first")
        return self.peer.account

    def cancel(self) -> None:
        """The answer is not needed any more."""
        self._is_cancelled.set()

    @property
    def is_wanted(self) -> bool:
        """Whether the answer is needed: it was not cancelled, and the peer is there."""
        return not self._is_cancelled.is_set() and not self.peer.is_gone


class Peer:
    """Reads the questions of one who is connected, and answers each on a thread of its own.

    Args:
        channel: the connection.
        answer: gives the result of a request, from its method and parameters; KeyError: there is no
            such method.
        redaction: takes secrets out of errors.
    """

    def __init__(self, channel: Channel, answer: Answer, redaction: Redaction) -> None:
        self.account: Account | None = None
        self.is_gone = False
        self._channel = channel
        self._answer = answer
        self._redaction = redaction
        self._outbox = Outbox()
        self._guard = threading.Lock()
        self._requests: dict[str, Request] = {}
        self._writer = threading.Thread(target=self._write, name="write", daemon=True)

    def serve(self) -> None:
        """Answer until it is gone."""
        self._writer.start()
        try:
            while True:
                try:
                    self._take(self._channel.receive())
                except BadMessageError as error:
                    self._send_error(None, PARSE_ERROR, str(error))
        except DisconnectedError:
            pass
        finally:
            self.leave()

    def _take(self, message: Message) -> None:
        method, request_id = message.get("method"), message.get("id")
        params = message.get("params")
        if method == CANCEL_REQUEST:
            self._cancel(cast("Mapping[str, object]", params if isinstance(params, dict) else {}))
        elif not isinstance(method, str) or not isinstance(request_id, (int, str, type(None))):
            self._send_error(None, INVALID_REQUEST, "it has no method, or its id is none")
        elif request_id is not None:
            self._begin(method, request_id, {} if params is None else params)

    def _cancel(self, params: Mapping[str, object]) -> None:
        with self._guard:
            request = self._requests.get(repr(params.get("id")))
        if request:
            request.cancel()

    def _begin(self, method: str, request_id: int | str, params: object) -> None:
        with self._guard:
            is_refused = len(self._requests) >= _MOST_REQUESTS or repr(request_id) in self._requests
            request = Request(self)
            if not is_refused:
                self._requests[repr(request_id)] = request
        if is_refused:
            message = f"the id {request_id!r} is in use, or {_MOST_REQUESTS} requests are under way"
            self._send_error(request_id, INVALID_REQUEST, message)
            return
        threading.Thread(
            target=self._respond,
            args=[request, method, request_id, params],
            name=method,
            daemon=True,
        ).start()

    def _respond(
        self, request: Request, method: str, request_id: int | str, params: object
    ) -> None:
        try:
            result = to_wire(self._answer(request, method, params))
            self._outbox.put({"jsonrpc": "2.0", "id": request_id, "result": result})
        except WireError as error:
            self._send_error(request_id, INVALID_PARAMS, error.message, _data(error))
        except UserError as error:
            self._send_error(request_id, USER_ERROR, error.message, _data(error))
        except UnknownMethodError:
            self._send_error(request_id, METHOD_NOT_FOUND, f"there is no method {method!r}")
        except ClosedError:  # its connection ends, and it asks the next agent
            return
        except Exception:
            log.exception("%s failed", method)
            message = f"{method} failed by a mistake of Tunesmith, which its log tells"
            self._send_error(request_id, INTERNAL_ERROR, message)
        finally:
            with self._guard:
                self._requests.pop(repr(request_id), None)

    def _send_error(
        self, request_id: int | str | None, code: int, message: str, data: Any = None
    ) -> None:
        error = {"code": code, "message": self._redaction.hidden(message), "data": data}
        self._outbox.put({"jsonrpc": "2.0", "id": request_id, "error": error})

    def notify(self, method: str, params: object) -> None:
        """Tell it something; waits while it is behind in reading."""
        self._outbox.put({"jsonrpc": "2.0", "method": method, "params": to_wire(params)})

    def notify_if_reading(self, method: str, params: object) -> None:
        """Tell it something without waiting: one who does not read has to go."""
        message = {"jsonrpc": "2.0", "method": method, "params": to_wire(params)}
        if not self._outbox.offer(message):
            log.warning("a peer does not read and is cut off")
            self.leave()

    def _write(self) -> None:
        try:
            while message := self._outbox.take():
                self._channel.send(message)
        except DisconnectedError:
            pass
        except UserError as error:  # an answer that is too long
            log.warning("a peer is cut off: %s", error)
        finally:
            self.leave()

    def leave(self) -> None:
        """Let it go, and all that was under way for it alone."""
        self.is_gone = True
        self._outbox.close()
        self._channel.close()

    def say_goodbye(self, patience_s: float) -> None:
        """Let it go once it has read what was sent."""
        self._outbox.finish()
        self._writer.join(patience_s)


class UnknownMethodError(Exception):
    """There is no such method."""


def _data(error: UserError) -> Mapping[str, Any]:
    data: dict[str, Any] = {"nextStep": error.next_step}
    if isinstance(error, EngineError):
        data["mayBeDone"] = error.may_be_done
        data["canRetry"] = error.can_retry
        data["retryAfterS"] = error.retry_after_s
    return data
