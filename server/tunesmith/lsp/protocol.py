"""What Tunesmith's client and server say to each other beyond the Language Server Protocol.

`scripts/generate_protocol.py` writes `extension/src/protocol.ts` from this module. Fields of
parameters are optional here and validated by their handlers, so that a wrong message gets an
error response instead of none. Raise PROTOCOL_VERSION when an old client or server would
misunderstand a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PROTOCOL_VERSION = 1
"""Sent as `capabilities.experimental.tunesmith.protocol` of the initialize result."""

RULE_REQUEST = "tunesmith/rule"
"""RuleParams -> RuleResult: the documentation of a rule."""

INTERPRETER_NOTIFICATION = "tunesmith/interpreter"
"""Client to server, InterpreterParams: the user selected another interpreter for their scripts."""

STATUS_NOTIFICATION = "tunesmith/status"
"""Server to client, StatusParams: what the server is doing."""


@dataclass(frozen=True)
class RuleParams:
    """Which rule; by name or code."""

    name: str | None = None


@dataclass(frozen=True)
class RuleResult:
    """A rule as a reader sees it."""

    name: str
    code: str
    severity: Literal["error", "warning", "information"]
    markdown: str
    url: str


@dataclass(frozen=True)
class InterpreterParams:
    """The path of the interpreter; the initialization option `interpreter` means the same."""

    path: str | None = None


@dataclass(frozen=True)
class StatusParams:
    """Whether files are still being read, and what a user should know of it."""

    state: Literal["scanning", "ready"]
    note: str | None = None
