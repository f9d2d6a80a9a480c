"""Server-sent events of the Hub: the lines of a log, the samples of a machine."""

from __future__ import annotations

import datetime
import email.utils
import json
import re
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any

from tunesmith.jobs.account import CONNECT_S

_EVENT = b"data: {"
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(?:Z|\+00:00)")


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        content: what its `data` holds.
        is_history: it happened before it was asked for, or at most a second later, as the Hub tells
            the time of its answer in seconds.
    """

    content: dict[str, Any]
    is_history: bool


def events(url: str, headers: dict[str, str], silence_s: float) -> Iterator[Event]:
    """All events until the stream ends.

    It has a connection of its own: the Hub's client has 100 at most, and closes all after some
    errors.

    Lines end with line feeds alone: the client's `iter_lines` would also cut them at the U+2028 and
    the like that a log may hold.

    Raises:
        huggingface_hub.errors.HfHubHTTPError: another status than 200.
        httpx2.ReadTimeout: there was silence for so long.
        httpx2.HTTPError: the connection broke.
        ValueError: the answer is no stream of the Hub.
    """
    import httpx2
    from huggingface_hub.utils import hf_raise_for_status

    limits = httpx2.Timeout(silence_s, connect=CONNECT_S)
    client = httpx2.Client(timeout=limits, headers=headers, verify=_certificates())
    with closing(client), client.stream("GET", url) as response:
        hf_raise_for_status(response)
        answered = _moment(response.headers.get("date"))
        for line in _lines(response.iter_bytes()):
            if line.startswith(_EVENT):
                content = json.loads(line[len(_EVENT) - 1 :])
                yield Event(content, seconds(content.get("timestamp")) <= answered + 1)


@cache
def _certificates() -> ssl.SSLContext:
    """Reading them takes longer than the request."""
    import httpx2

    return httpx2.create_ssl_context()


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines; what comes after the last line feed was cut off, so it is none."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line.removesuffix(b"\r") for line in lines)


def _moment(date: str | None) -> float:
    try:
        return email.utils.parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return float("inf")


def seconds(time: object) -> float:
    """Seconds since 1970 of "2026-11-22T10:00:00.000Z", with any number of digits; else 0."""
    found = _TIME.fullmatch(str(time))
    try:
        whole = datetime.datetime.fromisoformat(f"{found[1]}+00:00") if found else None
    except ValueError:
        return 0.0
    return whole.timestamp() + float(f"0{found[2] or ''}") if found and whole else 0.0
