"""UNKNOWN: the value of everything that cannot be told from the text. ABSENT: surely not given."""

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


class Absent(Enum):
    """The type of ABSENT: an argument that is surely not given.

    It refuses to be a truth value, as UNKNOWN does: a default is not nothing.
    """

    ABSENT = "ABSENT"

    def __bool__(self) -> NoReturn:
        raise TypeError("ABSENT has no truth value: compare with `is ABSENT` first")

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT
