"""Timeouts of jobs, read as huggingface_hub reads them."""

from __future__ import annotations

import pytest

from tunesmith.sources.timeouts import has_unit, is_readable, seconds_of


@pytest.mark.parametrize(
    ("written", "seconds", "unit", "readable"),
    [
        ("90m", 5400, True, True),
        ("1.5d", 129600, True, True),
        ("7200", 7200, False, True),
        ("1.5", 1, False, False),
        ("-2h", None, False, True),
        ("1e1h", None, False, True),
        ("nanh", None, False, False),
        ("infh", None, False, False),
        ("6hours", None, False, False),
        ("h", None, False, False),
        ("", None, False, True),
    ],
)
def test_a_timeout(written: str, seconds: int | None, unit: bool, readable: bool) -> None:
    assert (seconds_of(written), has_unit(written)) == (seconds, unit)
    assert is_readable(written) is readable
