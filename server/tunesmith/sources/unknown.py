"""UNKNOWN: the value of everything that cannot be told from the text."""

from __future__ import annotations

from enum import Enum
from typing import Final, NoReturn


class Unknown(Enum):
    """The type of UNKNOWN, which equals only itself and refuses to be a truth value.

    `if value:` on something that may be UNKNOWN is a bug in a rule: it would turn "cannot tell"
    into "no" or "yes". Compare with `is UNKNOWN` first.
    """

    UNKNOWN = "UNKNOWN"

    def __bool__(self) -> NoReturn:
        raise TypeError("UNKNOWN has no truth value: compare with `is UNKNOWN` first")

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN
