"""The server: who may ask, what goes wrong, and what was asked."""

from __future__ import annotations

import json
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from itertools import islice
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import loopback_hub
from jobs_server import buckets, control, job_routes, schedules
from jobs_server.behaviours import by_hand
from jobs_server.http import Answer, Exchange, Fault, RefusalError, Request
from jobs_server.jobs import Job
from jobs_server.streams import BEAT_S
from jobs_server.xet import Store
from loopback_hub import OWNER

ROUTES: dict[str, Callable[..., Answer]] = {
    **job_routes.ROUTES,
    **schedules.ROUTES,
    **buckets.ROUTES,
    **control.ROUTES,
}


@dataclass(frozen=True)
class User:
    """Attributes:
    organizations: name -> role: "read", "contributor", "write" or "admin".
    role: of the token: "read", "write" or "fineGrained".
    """

    name: str = OWNER
    organizations: Mapping[str, str] = field(default_factory=lambda: {"my-org": "write"})
    role: str = "write"


class JobsServer(loopback_hub.Hub):
    """A Hub on loopback with jobs and buckets besides what `loopback_hub` has.

    Attributes:
        users: token -> who it belongs to.
        anyone: whose all other tokens are; None: they are refused.
        jobs: by id, oldest first.
        schedules: by id.
        behaviour: what accepted jobs do.
        faults: what goes wrong; the first that takes a request counts.
        exchanges: all that was asked, oldest first.
        page_size: of the list of jobs.
        beat_s: after so long a silence a stream sends a comment.
        store: what was uploaded to buckets; files of buckets are in `repositories`.
    """

    def __init__(
        self, port: int = 0, behaviour: Callable[[JobsServer, Job], None] = by_hand
    ) -> None:
        super().__init__(port, _Handler)
        self.users: dict[str, User] = {}
        self.anyone: User | None = User()
        self.jobs: dict[str, Job] = {}
        self.schedules: dict[str, schedules.ScheduledJob] = {}
        self.behaviour = behaviour
        self.faults: list[Fault] = []
        self.exchanges: list[Exchange] = []
        self.page_size = 100
        self.beat_s = BEAT_S
        self.store = Store()
        self.store_token = secrets.token_hex(8)
        self._lock = Lock()

    def fault(self, route: str, **what: Any) -> Fault:
        """Let something go wrong; see Fault."""
        fault = Fault(route, **what)
        self.faults.append(fault)
        return fault

    def asked(self, route: str) -> list[Request]:
        """The requests that were made to a route, a regular expression."""
        return [each.request for each in self.exchanges if re.fullmatch(route, each.request.route)]

    @property
    def job(self) -> Job:
        """The newest."""
        return list(self.jobs.values())[-1]

    def new_id(self) -> str:
        return f"{int(time.time()):08x}{secrets.token_hex(8)}"

    def add_job(self, namespace: str, spec: dict[str, Any], initiator: dict[str, Any]) -> Job:
        job = Job(self.new_id(), namespace, self.kind_of(namespace), spec, initiator)
        self.jobs[job.id] = job
        Thread(target=self.behaviour, args=(self, job), daemon=True).start()
        return job

    def kind_of(self, namespace: str) -> str:
        people = [self.anyone, *self.users.values()]
        return "user" if any(user and user.name == namespace for user in people) else "org"

    def user(self, request: Request) -> User:
        """Raises RefusalError: 401."""
        user = self.users.get(request.token, self.anyone) if request.token else None
        if user is None:
            raise RefusalError(401, "Invalid username or password.")
        return user

    def check_member(self, request: Request, namespace: str) -> User:
        """Raises RefusalError: 401, or 403 for a namespace or a token without the right."""
        user = self.user(request)
        its_own = namespace == user.name
        if not its_own and namespace not in user.organizations:
            raise RefusalError(403, f"You don't have the rights to run jobs under {namespace}")
        if request.method != "GET":
            if user.role == "read":
                raise RefusalError(403, "This token has no permission to start and manage jobs")
            if not its_own and user.organizations[namespace] == "read":
                raise RefusalError(403, f"You have only read access to {namespace}")
        return user

    def take_fault(self, request: Request) -> Fault | None:
        with self._lock:
            return next((fault for fault in self.faults if fault.takes(request)), None)

    def answer(self, request: Request) -> Answer:
        """Carry a request out."""
        try:
            for pattern, carry_out in ROUTES.items():
                found = re.fullmatch(pattern, request.route)
                if found:
                    return carry_out(self, request, *map(unquote, found.groups()))
            return self._of_repositories(request)
        except RefusalError as refusal:
            return refusal.answer

    def _of_repositories(self, request: Request) -> Answer:
        for pattern, carry_out in loopback_hub.ROUTES.items():
            found = re.fullmatch(pattern, request.route)
            if found:
                return _of_tuple(*carry_out(self, *found.groups(), request.body))
        self.refused.append(request.route)
        raise RefusalError(404, "Not Found", "EntryNotFound")


def _of_tuple(
    status: int, content: Any, code: str = "", about: Mapping[str, str] | None = None
) -> Answer:
    return Answer(content, status, {**(about or {}), **({"X-Error-Code": code} if code else {})})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: JobsServer

    def log_message(self, *_: object) -> None:
        """Requests are no news."""

    def do_any(self) -> None:
        request = self._request()
        fault = self.server.take_fault(request) or Fault("")
        time.sleep(fault.delay_s)
        if fault.until:
            fault.until.wait()
        if fault.cut == "before":
            return self._cut(request)
        if fault.status:
            answer = RefusalError(fault.status, fault.message, headers=fault.headers).answer
        else:
            answer = self.server.answer(request)
        if fault.cut == "after":
            return self._cut(request)
        if not request.path.startswith("/_control/"):
            self.server.exchanges.append(Exchange(request, answer.status))
        if answer.events is not None:
            return self._stream(answer.events, fault)
        return self._say(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_any  # noqa: N815

    def _request(self) -> Request:
        address = urlsplit(self.path)
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return Request(
            self.command,
            address.path,
            tuple(parse_qsl(address.query, keep_blank_values=True)),
            (self.headers.get("Authorization") or "").removeprefix("Bearer ").strip(),
            self.headers.get("Content-Type") or "",
            body,
        )

    def _chunk(self) -> bytes:
        chunk = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return chunk

    def _say(self, answer: Answer) -> None:
        content = answer.content
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _stream(self, events: Iterator[bytes], fault: Fault) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with suppress(OSError):  # the client has gone
            for event in islice(events, fault.events):
                self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            if fault.cut == "stream":
                return self._close()
            self.wfile.write(b"0\r\n\r\n")
        return None

    def _cut(self, request: Request) -> None:
        self.server.exchanges.append(Exchange(request, 0))
        self._close()

    def _close(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def running(behaviour: Callable[[JobsServer, Job], None] = by_hand) -> Iterator[JobsServer]:
    """A server that answers until the block ends; jobs that still run are cancelled then."""
    server = JobsServer(behaviour=behaviour)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for job in server.jobs.values():
            job.end("CANCELED")
