"""Requests and answers of the server, apart from what they mean."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Literal


@dataclass(frozen=True)
class Request:
    """Attributes:
    path: without the query.
    query: pairs in their order.
    token: of the Authorization header; empty: none.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    token: str
    content_type: str
    body: bytes

    @property
    def route(self) -> str:
        """As faults and routes match it: "POST /api/jobs/username"."""
        return f"{self.method} {self.path}"

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]

    def json(self) -> Any:
        """Raises RefusalError: the body is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise RefusalError(400, "Invalid JSON in the body") from None


@dataclass(frozen=True)
class Answer:
    """Attributes:
    content: what JSON can hold; bytes are sent as they are.
    events: instead, the pieces of a stream that ends when they do.
    """

    content: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    events: Iterator[bytes] | None = None


class RefusalError(Exception):
    """An answer that says no.

    Args:
        code: what X-Error-Code says.
    """

    def __init__(
        self, status: int, message: str, code: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        more = {"X-Error-Code": code} if code else {}
        if message.isascii() and message.isprintable():  # others do not fit in a header
            more["X-Error-Message"] = message
        self.answer = Answer({"error": message}, status, {**more, **(headers or {})})


@dataclass
class Fault:
    """What goes wrong with requests to a route.

    Attributes:
        route: a regular expression for "METHOD /path", all of it.
        status: answered instead, with `message` and `headers`; the request is not carried out.
        cut: close the connection before the request is carried out, or after, without an answer;
            "stream": amid a stream, after `events` of its pieces.
        events: a stream ends after so many pieces; in peace unless it is cut.
        delay_s: how long the server is silent before all that.
        until: it is silent until this is set.
        times: how many requests; None: all.
        met: set when the first such request has come.
    """

    route: str
    status: int | None = None
    message: str = "made by a test"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cut: Literal["before", "after", "stream"] | None = None
    events: int | None = None
    delay_s: float = 0
    until: Event | None = None
    times: int | None = 1
    met: Event = field(default_factory=Event)

    def takes(self, request: Request) -> bool:
        """Whether it is meant for this request; counts it if so."""
        if self.times == 0 or not re.fullmatch(self.route, request.route):
            return False
        if self.times is not None:
            self.times -= 1
        self.met.set()
        return True


@dataclass(frozen=True)
class Exchange:
    """A request, and the status of its answer; 0: the connection was cut."""

    request: Request
    status: int
