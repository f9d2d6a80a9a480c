"""How often a schedule starts a job at most."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tunesmith.errors import UserError

NAMED: Mapping[str, str] = {
    "@annually": "0 0 1 1 *",
    "@yearly": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""The names that `hf jobs scheduled` of huggingface_hub 2.4 documents, as what they stand for."""

_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PART = re.compile(r"(\*|\w+(?:-\w+)?)(?:/(\d+))?")


class _Field(NamedTuple):
    """What may stand in one of the five fields: numbers from `low` to `high`, or names of them."""

    title: str
    low: int
    high: int
    names: Sequence[str] = ()


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _DAYS),
)


def most_runs_a_month(when: str) -> int:
    """How many jobs a schedule starts in the month that has most.

    Args:
        when: five fields as in https://man7.org/linux/man-pages/man5/crontab.5.html, or a name.

    Raises:
        UserError: it is no schedule, or one that never comes.
    """
    words = NAMED.get(when, when).split()
    if len(words) != len(_FIELDS):
        raise _refusal(f"{when!r} is no schedule")
    values = [_values(word, field, when) for word, field in zip(words, _FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = values
    is_either = words[2][0] != "*" and words[4][0] != "*"  # then one of the two is enough

    def is_due(day: int, first: int) -> bool:
        """Whether a day is one, in a month that begins on a day of the week (0: Sunday)."""
        weekday = (first + day - 1) % 7
        is_weekday = bool(weekdays & {weekday, weekday or 7})
        return is_weekday or day in days if is_either else is_weekday and day in days

    most = max(
        sum(is_due(day, first) for day in range(1, _LONGEST_MONTHS[month - 1] + 1))
        for month in months
        for first in range(7)
    )
    if not most:
        raise _refusal(f"the schedule {when!r} never comes")
    return most * len(hours) * len(minutes)


def _values(word: str, field: _Field, when: str) -> set[int]:
    found: set[int] = set()
    for part in word.split(","):
        match = _PART.fullmatch(part.lower())
        bounds = match and _bounds(match[1], field, has_step=match[2] is not None)
        step = int(match[2] or 1) if match else 0
        if not bounds or not step:
            raise _refusal(f"{part!r} is no {field.title} in the schedule {when!r}")
        found.update(range(bounds[0], bounds[1] + 1, step))
    return found


def _bounds(text: str, field: _Field, *, has_step: bool) -> tuple[int, int] | None:
    """The first and the last value that a part without its step stands for; None: it is none."""
    if text == "*":
        return field.low, field.high
    first, is_range, last = text.partition("-")
    low = _value(first, field)
    high = _value(last, field) if is_range else field.high if has_step else low
    return None if low is None or high is None or low > high else (low, high)


def _value(text: str, field: _Field) -> int | None:
    if text in field.names:
        return field.low + field.names.index(text)
    is_number = text.isascii() and text.isdecimal() and len(text) < 4
    return int(text) if is_number and field.low <= int(text) <= field.high else None


def _refusal(message: str) -> UserError:
    advice = f'give {", ".join(NAMED)}, or five fields as in "0 3 * * *"'
    return UserError(message, f"{advice}: minute, hour, day, month, day of the week")
