"""What went wrong between us and the Hub, said to users."""

from __future__ import annotations

import datetime
import email.utils
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tunesmith.errors import without_number
from tunesmith.jobs.spec import EngineError

_LONGEST = 300
_RATE_LIMIT = re.compile(r'"\w+"\s*;\s*r\s*=\s*(\d+)\s*;\s*t\s*=\s*(\d+)')
_OF_GATEWAYS = (408, 425)
_IN_VAIN = "CERTIFICATE_VERIFY_FAILED"
_UPLOADER_STATUS = re.compile(r"HTTP status (?:client|server) error \((\d{3}) ")
"""The uploader tells in words alone what the Hub answered."""


@dataclass(frozen=True)
class Request:
    """What the Hub was asked for.

    Attributes:
        what: "start a job", as it stands after "cannot".
        endpoint: the Hub's address.
        namespace: whose jobs; empty where it does not matter.
        subject: what a 404 is about, as "the job 123".
        makes: something is started, so that nobody should ask again before having looked.
        hidden: what no message may hold.
        advice: where the Hub does not take what was sent.
    """

    what: str
    endpoint: str
    namespace: str = ""
    subject: str = ""
    makes: bool = False
    hidden: Sequence[str] = ()
    advice: str = "change what it names, then try again"


def problem(request: Request, error: Exception) -> EngineError:
    """The error to raise for one of the Hub's client, of its HTTP library or of its answer."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if isinstance(error, EngineError):
        return error
    if isinstance(error, HfHubHTTPError):
        response, said = error.response, error.server_message or ""
        return refused(request, response.status_code, said, response.headers)
    if isinstance(error, OfflineModeIsEnabled):
        message = f"cannot {request.what}: the Hub's client was started in offline mode"
        return EngineError(message, "restart the agent (`tunesmith agent stop`) without it")
    unsent = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
    if isinstance(error, unsent):
        return _unreachable(request, error)
    if status := _UPLOADER_STATUS.search(str(error)):
        return refused(request, int(status[1]), str(error), {})
    if isinstance(error, (httpx2.HTTPError, OSError, RuntimeError)):
        reason = _hidden(request, str(error)) or type(error).__name__
        return EngineError(
            f"cannot {request.what}: the connection to {request.endpoint} broke ({reason})",
            "try again",
            may_be_done=request.makes,
            can_retry=True,
        )
    reason = _hidden(request, f"{type(error).__name__}: {error}")
    return EngineError(
        f"cannot {request.what}: {request.endpoint} gave an answer that is none of Hugging Face "
        f"Jobs ({reason})",
        "check HF_ENDPOINT and the proxy",
        may_be_done=request.makes,
    )


def _unreachable(request: Request, error: Exception) -> EngineError:
    reason = _hidden(request, without_number(str(error))) or type(error).__name__
    message = f"cannot {request.what}: {request.endpoint} cannot be reached ({reason})"
    if _IN_VAIN in reason:
        advice = "set SSL_CERT_FILE to the certificates of your network"
        return EngineError(message, advice)
    return EngineError(message, "check the network, the proxy and HF_ENDPOINT", can_retry=True)


def refused(request: Request, status: int, said: str, headers: Mapping[str, str]) -> EngineError:
    """The error for an answer with a status of 400 or more.

    Args:
        request: what was asked for.
        status: of the answer.
        said: the Hub's own words.
        headers: of the answer, whose names may be in any case.
    """
    said = _hidden(request, said)
    words = f": {said}" if said else ""
    if status == 429:
        return _too_many(request, words, {name.lower(): headers[name] for name in headers})
    if status >= 500 or status in _OF_GATEWAYS:
        return EngineError(
            f"cannot {request.what}: {request.endpoint} has a problem ({status}){words}",
            "try again later; https://status.huggingface.co tells of known ones",
            may_be_done=request.makes,
            can_retry=True,
        )
    return EngineError(*_explained(request, status, words))


def _explained(request: Request, status: int, words: str) -> tuple[str, str]:
    tokens = f"{request.endpoint}/settings/tokens"
    what, namespace = request.what, request.namespace
    under = f" under {namespace!r}" if namespace else ""
    if status == 401:
        message = f"cannot {what}: {request.endpoint} does not accept the token{words}"
        return message, f"sign in with `hf auth login`, or set HF_TOKEN to a token of {tokens}"
    if status == 402:
        message = f"cannot {what}: {namespace or 'the account'} has no credit{words}"
        return message, f"add some at {request.endpoint}/settings/billing, or the organization's"
    if status == 403:
        message = f"cannot {what}: the token has no right to do that{under}{words}"
        return message, f"use a token with the permission to manage jobs{under}: see {tokens}"
    if status == 404:
        missing = f"{request.subject} is not there{under}" if request.subject else "it is not there"
        message = f"cannot {what}{'' if request.subject else under}: {missing}{words}"
        return message, "check the id and the namespace; `hf jobs ps -a` lists what is there"
    if status == 409:
        return f"cannot {what} now{words}", "look how it stands: it may be done already"
    return f"cannot {what}: the Hub refuses it{words}", request.advice


def _too_many(request: Request, words: str, headers: Mapping[str, str]) -> EngineError:
    seconds = _retry_after(headers)
    when = f"in {seconds:.0f} s" if seconds is not None else "in a few minutes"
    return EngineError(
        f"cannot {request.what}: {request.endpoint} got too many requests{words}",
        f"try again {when}",
        can_retry=True,
        retry_after_s=seconds,
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, of Retry-After (a number or a date) or of RateLimit.

    Sources: RFC 9110 section 10.2.3; draft-ietf-httpapi-ratelimit-headers-09
    """
    asked = headers.get("retry-after", "").strip()
    if asked.isdigit():
        return float(asked)
    if asked:
        try:
            until = email.utils.parsedate_to_datetime(asked).timestamp()
        except ValueError:
            return None
        return max(0.0, until - datetime.datetime.now().timestamp())
    limit = _RATE_LIMIT.search(headers.get("ratelimit", ""))
    return float(limit[2]) if limit and limit[1] == "0" else None


def _hidden(request: Request, said: str) -> str:
    """Words of someone else on one line, not too long, without what is secret."""
    for secret in filter(None, request.hidden):
        said = said.replace(secret, "***")
    line = " ".join(said.split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"
