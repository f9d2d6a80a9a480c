"""Fetching from the Hub what an estimate lacks, only where the user asks for it with `--online`.

A few small GET requests, made with the standard library: `huggingface_hub` would bring a dozen
packages into the editor's environment for them. As its client does, this honours HF_ENDPOINT,
HF_HUB_OFFLINE, HF_TOKEN, HF_TOKEN_PATH and HF_HOME, proxies (HTTPS_PROXY, NO_PROXY) and
certificates (REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE). The token goes to that endpoint
alone: not along with a redirect to another host, not to the data set viewer, and into no message.
"""

from __future__ import annotations

import datetime
import http.client
import json
import os
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urlencode, urlsplit

from tunesmith import __version__
from tunesmith.errors import UserError, without_number
from tunesmith.hub_cache import (
    PRICES,
    data_answer,
    endpoint,
    hub_home,
    is_model_id,
    keep_answer,
    model_answer,
    read_prices,
)
from tunesmith.hub_variables import given_token, is_offline
from tunesmith.reason import GIVE_EXAMPLES
from tunesmith.sources.model_configuration import MAX_BYTES, read_model_configuration


class NoConnectionError(UserError):
    """The Hub cannot be reached at all, so there is no use in asking for more."""


TIMEOUT_S = 10
"""For the connection, and for each time that nothing arrives."""
DEADLINE_S = 30
"""For a whole answer."""


def fetch_model(model_id: str) -> None:
    """Fetch the configuration of a model, and keep it for the next estimates.

    Raises:
        UserError: it cannot be had.
    """
    if not is_model_id(model_id):
        raise UserError(f"{model_id!r} is no id of a model on the Hub", "expected OWNER/NAME")
    what = f"the configuration of {model_id}"
    content = _get(f"/{model_id}/resolve/main/config.json", what)
    if read_model_configuration(json.dumps(content)) is None:
        raise UserError(f"{what} on {endpoint()} is none that transformers wrote", "")
    _keep(model_answer(model_id), content)


def fetch_data(dataset_id: str) -> None:
    """Fetch how many rows a data set has, and keep that for the next estimates.

    Its card says so where `push_to_hub` or its author wrote that, which holds for private ones as
    well; else the data set viewer, which has counted public ones
    (https://huggingface.co/docs/dataset-viewer/info).

    Raises:
        UserError: it cannot be had.
    """
    from tunesmith.data.hub_data import read_descriptions

    if not is_model_id(dataset_id):
        raise UserError(f"{dataset_id!r} is no id of a data set on the Hub", "expected OWNER/NAME")
    what = f"the description of {dataset_id}"
    card = _get(f"/api/datasets/{dataset_id}?expand=cardData", what)
    content = _within(_within(card, "cardData"), "dataset_info")
    if not read_descriptions(content):
        content = _within(_viewed(dataset_id, what), "dataset_info")
    if not read_descriptions(content):
        raise UserError(f"the Hub does not say how many rows {dataset_id} has", GIVE_EXAMPLES)
    _keep(data_answer(dataset_id), content)


def _viewed(dataset_id: str, what: str) -> object:
    try:
        return _get(f"/info?{urlencode({'dataset': dataset_id})}", what, viewer())
    except NoConnectionError as error:  # of a mirror, which has none; the rest can be asked still
        raise UserError(error.message, GIVE_EXAMPLES) from None


def viewer(hub: str | None = None) -> str:
    """The data set viewer of a Hub, by default the user's, where `datasets` asks it."""
    return (hub or endpoint()).replace("://", "://datasets-server.")


def _within(content: object, key: str) -> object:
    return cast("dict[str, object]", content).get(key) if isinstance(content, dict) else None


def fetch_prices() -> None:
    """Fetch the prices of jobs, and keep them for the next estimates.

    Raises:
        UserError: they cannot be had.
    """
    content = _get("/api/jobs/hardware", "the prices of jobs")
    if read_prices(content) is None:
        raise UserError(f"{endpoint()} answered with something that is no list of prices", "")
    _keep(PRICES, content)


def _keep(name: str, content: Any) -> None:
    today = datetime.datetime.now(datetime.timezone.utc).date()
    try:
        keep_answer(name, content, today)
    except OSError as error:
        advice = "make room, or the folder writable"
        raise UserError(f"the answer of the Hub cannot be kept: {error}", advice) from None


def _get(path: str, what: str, host: str | None = None) -> Any:
    """The answer to a request; of another host than the user's endpoint, without the token."""
    if is_offline(os.environ):
        raise NoConnectionError("HF_HUB_OFFLINE is set, so nothing is fetched", "unset it")
    own = endpoint()
    if urlsplit(own).scheme not in ("http", "https"):
        advice = "give an address such as https://huggingface.co"
        raise NoConnectionError(f"HF_ENDPOINT is {own!r}, which is no address", advice)
    token = _token() if host is None else None
    host = host or own
    try:
        return json.loads(_fetch(host + path, token))
    except urllib.error.HTTPError as error:
        raise _refused(error, what, host) from None
    except (OSError, http.client.HTTPException) as error:  # URLError and timeouts are OSErrors
        reason = getattr(error, "reason", None) or error
        advice = "try again later, or go without --online"
        message = f"{what} cannot be fetched from {host}: {without_number(str(reason))}"
        raise NoConnectionError(message, advice) from None
    except (ValueError, RecursionError):
        raise UserError(f"{host} answered with something that is no JSON for {what}", "") from None


def _fetch(url: str, token: str | None) -> bytes:
    request = urllib.request.Request(url, headers={"User-Agent": f"tunesmith/{__version__}"})  # noqa: S310 - the scheme is checked
    if token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=_certificates()), _SameHost(token)
    )
    ends = time.monotonic() + DEADLINE_S
    found = b""
    with opener.open(request, timeout=TIMEOUT_S) as answer:
        while piece := answer.read1(64 * 1024):
            found += piece
            if len(found) > MAX_BYTES or time.monotonic() > ends:
                raise TimeoutError("the answer is too long or takes too long")
    return found


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Sends the token along with a redirect on the same host, as for a renamed model."""

    http_error_308 = urllib.request.HTTPRedirectHandler.http_error_302  # known from 3.11 on

    def __init__(self, token: str | None) -> None:
        self.token = token

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request and self.token and _origin(newurl) == _origin(endpoint()):
            request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        return request


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _certificates() -> ssl.SSLContext:
    """The authorities that the user trusts; OpenSSL itself reads SSL_CERT_FILE and SSL_CERT_DIR."""
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    path = Path(named) if named else None
    return ssl.create_default_context(
        cafile=str(path) if path and path.is_file() else None,
        capath=str(path) if path and path.is_dir() else None,
    )


def _token() -> str | None:
    """The user's token, of a variable or of their login; None where there is none to be used."""
    token = given_token(os.environ)
    if not token:
        path = Path(os.environ.get("HF_TOKEN_PATH") or hub_home() / "token").expanduser()
        try:
            token = path.read_text("utf-8").strip()
        except (OSError, ValueError):
            return None
    is_header = token.isascii() and token.isprintable()  # anything else would end in an exception
    return token if token and is_header else None


def _refused(error: urllib.error.HTTPError, what: str, host: str) -> UserError:
    """What an HTTP status means; the Hub names some reasons in `X-Error-Code`."""
    code = error.headers.get("X-Error-Code", "")
    error.close()
    if code == "GatedRepo" or error.code == 403:
        advice = "accept its terms on its page, and log in with `hf auth login`"
        return UserError(f"{what} is gated: {host} says {error.code}", advice)
    if error.code == 401:
        advice = "check the name; log in with `hf auth login` if it is private"
        return UserError(f"{what} is not on {host} for everyone to see (401)", advice)
    if error.code == 404:
        return UserError(f"{what} is not on {host} (404)", "check the name")
    return UserError(f"{host} answered {error.code} when asked for {what}", "try again later")
