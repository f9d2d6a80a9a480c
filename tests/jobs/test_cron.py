"""How often a schedule starts a job at most, and what is no schedule."""

from __future__ import annotations

import pytest

from tunesmith.errors import UserError
from tunesmith.jobs.cron import most_runs_a_month


@pytest.mark.parametrize(
    ("when", "runs"),
    [
        ("@annually", 1),
        ("@monthly", 1),
        ("@weekly", 5),
        ("@daily", 31),
        ("@hourly", 31 * 24),
        ("*/5 * * * *", 31 * 24 * 12),
        ("5/20 3 * * *", 31 * 3),
        ("0 9 * * 1", 5),
        ("0 9 * * mon-FRI", 23),
        ("0 0 * * 0-7", 31),
        ("0 0 * feb *", 29),
        ("0 0 29 2 *", 1),
        ("0 0 1,15 1-6 *", 2),
        ("0 6 13 * fri", 6),  # the 13th and each Friday
    ],
)
def test_the_month_with_most_runs_counts(when: str, runs: int) -> None:
    assert most_runs_a_month(when) == runs


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("", "'' is no schedule"),
        ("daily", "'daily' is no schedule"),
        ("0 3 * *", "'0 3 * *' is no schedule"),
        ("60 * * * *", "'60' is no minute"),
        ("0 0 * * Fri-Mon", "'Fri-Mon' is no day of the week"),
        ("*/0 * * * *", "'*/0' is no minute"),
        ("0 0 L * *", "'L' is no day of the month"),
        ("\u0663 0 * * *", "is no minute"),
        ("1, * * * *", "'' is no minute"),
        ("0 0 30 2 *", "never comes"),
    ],
)
def test_what_is_no_schedule_is_refused(when: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        most_runs_a_month(when)
    assert message in refused.value.message
    assert "@daily" in refused.value.next_step
