"""Saying why a command cannot answer."""

from __future__ import annotations

import sys

from tunesmith.errors import UserError
from tunesmith.output.text_format import printable


def fail(name: str, error: UserError) -> int:
    """Say on standard error why a command cannot answer; returns the exit status."""
    print(printable(f"{name}: error: {error}"), file=sys.stderr)
    return 2
