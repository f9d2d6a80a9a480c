"""A Hub on loopback that answers GET requests as it is told, faults included."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

HARDWARE: list[dict[str, Any]] = [
    {
        "name": "cpu-basic", "prettyName": "CPU Basic", "cpu": "2 vCPU", "ram": "16 GB",
        "ephemeralStorage": "20 GB", "accelerator": None, "unitCostMicroUSD": 167,
        "unitCostUSD": 0.000167, "unitLabel": "minute",
    },
    {
        "name": "a10g-large", "prettyName": "Nvidia A10G - large", "cpu": "12 vCPU",
        "ram": "46 GB", "ephemeralStorage": "200 GB",
        "accelerator": {
            "type": "gpu", "model": "A10G", "quantity": "1", "vram": "24 GB",
            "manufacturer": "Nvidia",
        },
        "unitCostMicroUSD": 20000, "unitCostUSD": 0.02, "unitLabel": "minute",
    },
]  # fmt: skip
"""As `huggingface_hub.HfApi.list_jobs_hardware` reads it; an A10G at 1.20 dollars an hour."""


@dataclass
class Answer:
    status: int = 200
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay_s: float = 0.0


def as_json(content: Any) -> Answer:
    return Answer(content=json.dumps(content).encode())


class AnsweringHub(ThreadingHTTPServer):
    """Answers by path.

    Attributes:
        answers: what to say, by path with its query.
        asked: the paths with the token that came along.
        to_tokens: what each request with a token is answered instead, if anything.
    """

    daemon_threads = True
    request_queue_size = 64
    """Of more, the kernel lets some connections wait for seconds."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {"/api/jobs/hardware": as_json(HARDWARE)}
        self.asked: list[tuple[str, str | None]] = []
        self.to_tokens: Answer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Clients that hang up early are no news."""


class _Handler(BaseHTTPRequestHandler):
    server: AnsweringHub

    def log_message(self, *_: object) -> None:
        """Requests are no news."""

    def do_GET(self) -> None:
        token = self.headers.get("Authorization")
        self.server.asked.append((self.path, token))
        missing = Answer(404, b"Entry not found", {"X-Error-Code": "EntryNotFound"})
        answer = self.server.answers.get(self.path, missing)
        if token and self.server.to_tokens:
            answer = self.server.to_tokens
        time.sleep(answer.delay_s)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content)


@contextmanager
def answering() -> Iterator[AnsweringHub]:
    """A Hub that answers until the block ends."""
    hub = AnsweringHub()
    thread = Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        thread.join()
        hub.server_close()
