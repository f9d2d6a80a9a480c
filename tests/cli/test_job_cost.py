"""What a job has cost, about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunesmith.agent.messages import Job
from tunesmith.output.job_cost import dollars_of, known_price
from tunesmith.output.jobs_page import job_table

NOW = 100_000.0
JOB = Job(
    "key", "hf", "COMPLETED", "train", "/train.py", "1", "me", "a10g-large", None, None,
    NOW - 8000, NOW - 7200, NOW - 1800, 0,
)  # fmt: skip
PRICES = {"a10g-large": 1.5}


@pytest.mark.parametrize(
    ("changes", "dollars"),
    [
        ({}, 2.25),
        ({"stage": "RUNNING", "finished": None}, 3.0),
        ({"stage": "SCHEDULING", "started": None, "finished": None}, None),
        ({"stage": "DELETED", "finished": None}, None),
        ({"stage": "RUNNING", "started": NOW + 5, "finished": None}, 0.0),
        ({"flavor": "h900x9"}, None),
        ({"flavor": None}, None),
        ({"engine": "local"}, None),
    ],
)
def test_a_cost_is_price_times_time(changes: dict[str, object], dollars: float | None) -> None:
    job = replace(JOB, **changes)  # pyright: ignore[reportArgumentType]
    assert dollars_of(job, NOW, PRICES.get) == dollars


def test_prices_are_those_of_the_table() -> None:
    assert known_price("a10g-large") == 1.5
    assert known_price("h900x9") is None


def test_the_table_has_a_column_of_costs() -> None:
    heading, known, unknown = job_table([JOB, replace(JOB, flavor="h900x9")])
    place = heading.index("COST")
    assert known[place:].startswith("~$2.25")
    assert unknown[place:].startswith("- ")
