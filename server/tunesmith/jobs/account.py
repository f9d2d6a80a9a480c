"""On whose behalf the Hub is asked, and the Hub's own client for that."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tunesmith.hub_variables import given_token, is_offline
from tunesmith.jobs.spec import EngineError

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub import HfApi

HUB = "https://huggingface.co"
CLIENT = "2.4"
"""The minor release of huggingface_hub whose requests tests/jobs/golden/ records."""
INSTALL = "pip install 'tunesmith[jobs]'"
CONNECT_S = 10.0
SILENCE_S = 60.0
"""How long the Hub may be silent; its client would wait for ever."""


@dataclass(frozen=True)
class Account:
    """Who asks the Hub, and which one.

    Attributes:
        endpoint: the Hub's address.
        token: None: the one that `hf auth login` has stored, looked up at each use.
        offline: nothing may be sent.
    """

    endpoint: str = HUB
    token: str | None = field(default=None, repr=False)
    offline: bool = False

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] | None = None) -> Account:
        """As the Hub's own client takes it from variables; by default this process's."""
        values = os.environ if environment is None else environment
        token = given_token(values)
        return cls(
            endpoint=values.get("HF_ENDPOINT", "").strip().rstrip("/") or HUB,
            token="".join(token.split()) if token else None,  # it may be pasted in two lines
            offline=is_offline(values),
        )

    def current_token(self) -> str | None:
        """The token to use now, if there is any.

        Raises:
            EngineError: it cannot be told.
        """
        if self.token:
            return self.token
        load_client()
        from huggingface_hub import get_token

        try:
            return get_token()
        except Exception as error:  # a login that has to be renewed, and cannot
            message = f"the stored login cannot be used ({type(error).__name__})"
            raise EngineError(message, "sign in again with `hf auth login`") from None

    def can_ask(self) -> bool:
        """Whether the Hub can be asked in somebody's name."""
        try:
            return not self.offline and self.current_token() is not None
        except EngineError:
            return False

    def client(self) -> HfApi:
        """The Hub's client for this account; without a token it asks anonymously.

        Raises:
            EngineError: offline, no address, or the client is missing or of another release.
        """
        self._check()
        load_client()
        from huggingface_hub import HfApi

        return HfApi(endpoint=self.endpoint, token=self.current_token() or False)

    def _check(self) -> None:
        if self.offline:
            message = "HF_HUB_OFFLINE is set, so nothing is sent to the Hub"
            raise EngineError(message, "unset it to work with Hugging Face Jobs")
        try:
            address = urlsplit(self.endpoint)
            is_one = address.scheme in ("http", "https") and bool(address.hostname)
        except ValueError:
            is_one = False
        if not is_one:
            message = f"HF_ENDPOINT is {self.endpoint!r}, which is no address"
            raise EngineError(message, f"give one such as {HUB}, or unset it")


def load_client() -> None:
    """Import huggingface_hub, with time limits and without its usage statistics.

    Raises:
        EngineError: it is not installed, or of another minor release.
    """
    with _setting, _variables(_CLIENT_VARIABLES):
        try:
            import huggingface_hub
        except ImportError:
            message = f"Hugging Face Jobs needs huggingface_hub {CLIENT}, which is not installed"
            raise EngineError(message, INSTALL) from None
        version = huggingface_hub.__version__
        if not version.startswith(f"{CLIENT}."):
            message = f"Hugging Face Jobs needs huggingface_hub {CLIENT}; installed is {version}"
            raise EngineError(message, f"{INSTALL} into an environment of its own")
        if not _is_set:
            _set_limits()
            _is_set.append(True)


def load_uploader() -> None:
    """Let the client's uploader give up after seconds, not minutes."""
    load_client()
    with _setting, _variables(_UPLOADER_VARIABLES):
        from huggingface_hub.utils._xet import get_xet_session

        get_xet_session()


_setting = threading.Lock()
_is_set: list[bool] = []
_CLIENT_VARIABLES = {"HF_HUB_DISABLE_TELEMETRY": "1"}
_UPLOADER_VARIABLES = {**_CLIENT_VARIABLES, "HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": "3"}


@contextmanager
def _variables(values: Mapping[str, str]) -> Generator[None]:
    """Set variables as long as something reads them: programs that we start get none of them."""
    missing = [name for name in values if name not in os.environ]
    os.environ.update({name: values[name] for name in missing})
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


def _set_limits() -> None:
    from huggingface_hub import constants, set_client_factory
    from huggingface_hub.utils import disable_progress_bars

    assert constants.HF_HUB_DISABLE_TELEMETRY is not None  # read it while it is set
    disable_progress_bars()
    set_client_factory(_client_with_limits)


def _client_with_limits() -> httpx2.Client:
    import httpx2

    limits = httpx2.Timeout(SILENCE_S, connect=CONNECT_S)
    return httpx2.Client(timeout=limits, follow_redirects=True)
