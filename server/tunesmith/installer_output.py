"""What pip and uv print when something goes wrong."""

from __future__ import annotations

import re

from tunesmith.text import regex

_NO_NETWORK = regex(
    r"NewConnectionError|ConnectTimeout|NameResolutionError|Temporary failure|getaddrinfo"
    r"|error sending request|dns error|Connection refused|unreachable|Failed to fetch"
    r"|Read timed out|Connection broken|ConnectionResetError|IncompleteRead|RemoteDisconnected",
    re.IGNORECASE,
)
_ADDRESS_LOGIN = regex(r"(?<=://)[^/@\s]+@")
_SHOWN_LINES = 4


def has_no_network(output: str) -> bool:
    """Whether the index was out of reach."""
    return _NO_NETWORK.search(output) is not None


def last_lines(output: str) -> str:
    """The end of an output, without logins, to stand below a sentence."""
    lines = _ADDRESS_LOGIN.sub("****@", output).strip().splitlines()
    return "\n  ".join(line.strip() for line in lines[-_SHOWN_LINES:]) or "it said nothing"
