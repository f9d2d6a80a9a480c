"""What the Hub says about an account and about repositories, in a few GET requests.

They go through the session of `huggingface_hub`, with its proxies and certificates, but not through
`HfApi.whoami` and `HfApi.auth_check`: these take no time limit, and an answer of another shape than
theirs would end in a KeyError. Paths and error codes are those of `hf_api.py` and `utils/_http.py`
of huggingface_hub 2.4.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlencode

from tunesmith.errors import UserError, without_number
from tunesmith.hub import viewer
from tunesmith.jobs.account import Account, load_client

if TYPE_CHECKING:
    import httpx2

MAX_BYTES = 4 * 1024 * 1024
_MAX_REASON = 200

RepositoryKind = Literal["model", "dataset", "space"]
Reason = Literal[
    "offline", "no login", "refused", "not found", "no page", "gated", "forbidden", "unpaid",
    "disabled", "busy", "down", "unreachable", "slow", "odd",
]  # fmt: skip
"""Why there is no answer.

- `no login`: there is no token; `refused`: the Hub does not take the token.
- `not found`: the Hub says the same of what may not be seen.
- `no page`: this Hub does not know the question.
- `busy`: too many requests; `down`: the server's own fault.
- `odd`: an answer that means nothing here.
"""


class NoAnswerError(UserError):
    """The Hub does not tell.

    Attributes:
        reason: why.
    """

    def __init__(self, reason: Reason, message: str, next_step: str = "try again later") -> None:
        super().__init__(message, next_step)
        self.reason: Reason = reason


class HubFacts:
    """Asks the Hub on behalf of an account. Each method may be called on any thread.

    They return JSON as the Hub gives it, of any shape, and raise NoAnswerError.

    Args:
        account: who asks.
        limit_s: for the connection, for each time that nothing arrives, and for a whole answer.
    """

    def __init__(self, account: Account, limit_s: float) -> None:
        self._account = account
        self._limit_s = limit_s

    def has_token(self) -> bool:
        """Whether there is one, good or not."""
        return self._account.current_token() is not None

    def identity(self) -> object:
        """Whose token it is: `whoami-v2`."""
        return self._get_own("/api/whoami-v2")

    def repository(self, kind: RepositoryKind, name: str) -> object:
        """A repository; one that was renamed under its new name, as the Hub redirects."""
        wanted = ["gated", "private", *(["cardData"] if kind == "dataset" else [])]
        query = urlencode({"expand": wanted}, doseq=True)
        return self._get_public(f"/api/{kind}s/{quote(name)}?{query}")

    def check_read(self, kind: RepositoryKind, name: str) -> None:
        """That the files of a repository can be read: gated ones take an accepted licence."""
        self._get_public(f"/api/{kind}s/{quote(name)}/auth-check", is_json=False)

    def check_write(self, kind: RepositoryKind, name: str) -> None:
        """That a repository can be written to."""
        self._get_own(f"/api/{kind}s/{quote(name)}/auth-check/write", is_json=False)

    def viewed_data(self, name: str) -> object:
        """What the data set viewer knows; it is another host, which gets no token."""
        path = f"/info?{urlencode({'dataset': name})}"
        return self._fetch(path, None, is_json=True, host=viewer(self._account.endpoint))

    def jobs(self, namespace: str) -> object:
        """Those that run now."""
        return self._get_own(f"/api/jobs/{quote(namespace)}?stage=RUNNING")

    def hardware(self) -> object:
        """What jobs can run on, which everyone may see."""
        return self._get_public("/api/jobs/hardware")

    def _get_own(self, path: str, *, is_json: bool = True) -> object:
        """What is told to somebody only."""
        token = self._token()
        if token is None:
            raise NoAnswerError("no login", "you are not signed in to the Hub", SIGN_IN)
        return self._fetch(path, token, is_json=is_json)

    def _get_public(self, path: str, *, is_json: bool = True) -> object:
        """What is told to everyone: without a token where the Hub does not take it."""
        try:
            return self._fetch(path, self._token(), is_json=is_json)
        except NoAnswerError as error:
            if error.reason != "refused":
                raise
            return self._fetch(path, None, is_json=is_json)

    def _token(self) -> str | None:
        if self._account.offline:
            raise NoAnswerError("offline", "HF_HUB_OFFLINE is set", "unset it")
        try:
            token = self._account.current_token()
        except UserError as error:  # a stored login that cannot be renewed
            raise NoAnswerError("refused", error.message, error.next_step) from None
        if token is not None and not (token.isascii() and token.isprintable()):
            message = "the token has characters that no token has"
            raise NoAnswerError("refused", message, SIGN_IN)
        return token

    def _fetch(
        self, path: str, token: str | None, *, is_json: bool, host: str | None = None
    ) -> object:
        load_client()
        import httpx2
        from huggingface_hub.errors import OfflineModeIsEnabled
        from huggingface_hub.utils import (
            build_hf_headers,  # pyright: ignore[reportUnknownVariableType]
            get_session,
        )

        headers = build_hf_headers(token=token or False)
        host = host or self._account.endpoint
        try:
            request = get_session().stream(
                "GET", host + path, headers=headers, timeout=self._limit_s
            )
            with request as answer:
                content = _content(answer, time.monotonic() + self._limit_s)
            if not answer.is_success:
                raise _refusal(answer, token, host)
            return json.loads(content) if is_json else None
        except OfflineModeIsEnabled:
            raise NoAnswerError("offline", "HF_HUB_OFFLINE is set", "unset it") from None
        except (httpx2.TimeoutException, TimeoutError):
            message = f"{host} did not answer within {self._limit_s:g} s"
            raise NoAnswerError("slow", message) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            reason = _line(without_number(str(error)), token) or "no connection"
            message = f"{host} cannot be reached: {reason}"
            step = "see whether the network, the proxy and HF_ENDPOINT are right"
            raise NoAnswerError("unreachable", message, step) from None
        except (ValueError, RecursionError):
            message = f"{host} answered with something that is no JSON"
            raise NoAnswerError("odd", message, "see whether HF_ENDPOINT is right") from None


SIGN_IN = "sign in with `hf auth login`, or set HF_TOKEN"


def _content(answer: httpx2.Response, ends: float) -> bytes:
    """A whole answer, if it is there in time and of a size that can be meant."""
    found = b""
    for piece in answer.iter_bytes():
        found += piece
        if time.monotonic() > ends:
            raise TimeoutError
        if len(found) > MAX_BYTES:
            raise ValueError
    return found


_REASONS: Mapping[int | str, Reason] = {
    "GatedRepo": "gated", "RepoNotFound": "not found",
    401: "refused", 402: "unpaid", 403: "forbidden", 404: "no page", 429: "busy",
}  # fmt: skip
"""By `X-Error-Code`, then by status."""


def _refusal(answer: httpx2.Response, token: str | None, host: str) -> NoAnswerError:
    """Why the Hub says no, told as `hf_raise_for_status` tells it.

    That one also logs warnings of the server, in which there may be anything.
    """
    status = answer.status_code
    words = answer.headers.get("X-Error-Message") or f"status {status}"
    reason = _REASONS.get(answer.headers.get("X-Error-Code", "")) or _REASONS.get(status)
    if words == "Access to this resource is disabled.":
        reason = "disabled"
    elif reason == "refused" and token is None:
        reason = "not found"  # the Hub does not say what it hides
    reason = reason or ("down" if status >= 500 else "odd")
    step = SIGN_IN if reason == "refused" else "try again later"
    return NoAnswerError(reason, f"{host} says: {_line(words, token)}", step)


def _line(text: str, token: str | None) -> str:
    """The beginning of a server's words on one line, without the token should they repeat it."""
    text = text.replace(token, "…") if token else text
    return " ".join(text.split())[:_MAX_REASON]
