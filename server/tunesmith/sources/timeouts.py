"""Timeouts of jobs as they are written: `90m`, `6h`, `1.5d`, `7200`.

How huggingface_hub reads them stands in its `_create_job_spec`, alike in all releases from 0.34 to
2.4.
"""

from __future__ import annotations

from tunesmith.text import regex

SECONDS_OF_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TIMEOUT = regex(r"(\d+(?:\.\d+)?)([smhd])?")


def seconds_of(timeout: str) -> int | None:
    """Of a number with a unit, or of seconds; None of everything else."""
    match = _TIMEOUT.fullmatch(timeout)
    return int(float(match[1]) * SECONDS_OF_UNIT[match[2] or "s"]) if match else None


def has_unit(timeout: str) -> bool:
    """Whether it is a number with a unit, which hardly stands for anything but a time."""
    match = _TIMEOUT.fullmatch(timeout)
    return bool(match and match[2])


def is_readable(timeout: str) -> bool:
    """Whether huggingface_hub takes it, however odd; the empty one is none: the default holds."""
    number, factor = timeout[:-1], SECONDS_OF_UNIT.get(timeout[-1:])
    try:
        int(float(number) * factor if factor else int(timeout or "0"))
    except (ValueError, OverflowError):
        return False
    return True
