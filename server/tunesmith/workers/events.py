"""What a worker says, one JSON line an event.

    {"hello": {"tunesmith": "0.1.0", "python": "3.11.7"}}
    {"stage": "import", "done": 1, "total": 3, "message": "torch"}
    {"result": {…}}  or  {"error": {"message": "…", "next_step": "…"}}

The first is `hello`, the last `result` or `error`; between them, progress.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from tunesmith.errors import UserError


@dataclass(frozen=True, slots=True)
class Hello:
    """The worker runs.

    Attributes:
        tunesmith: the version of Tunesmith that it belongs to.
        python: the version of the Python that runs it.
    """

    tunesmith: str
    python: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is; `done` of `total` in the stage's own unit, None where that is unknown."""

    stage: str
    done: float | None = None
    total: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """It has done what it was asked for."""

    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """It could not: what is wrong, and what the user can do about it."""

    message: str
    next_step: str


Event = Hello | Progress | Result | Failure


class Report(Protocol):
    """Tells whoever waits how far the work is."""

    def __call__(self, event: Progress, /) -> None: ...


class WorkerError(UserError):
    """Work that could not be done: raised in a worker, and again where its result is awaited."""


def to_line(event: Event) -> str:
    """An event as one line of JSON, without the line feed."""
    fields = asdict(event)
    if isinstance(event, Hello):
        fields = {"hello": fields}
    elif isinstance(event, Result):
        fields = {"result": event.value}
    elif isinstance(event, Failure):
        fields = {"error": fields}
    return json.dumps(fields)


def from_line(line: str) -> Event:
    """The event that a line holds.

    Raises:
        ValueError: it holds none.
    """
    try:
        fields = json.loads(line)
        if "hello" in fields:
            return Hello(**fields["hello"])
        if "result" in fields:
            return Result(fields["result"])
        if "error" in fields:
            return Failure(**fields["error"])
        return Progress(**fields)
    except (TypeError, ValueError, RecursionError):
        raise ValueError(f"{line[:200]!r} is no event of a worker") from None
