"""What a job has cost, about: the price of its machine times how long it ran."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from tunesmith.agent.messages import Job
from tunesmith.hub_cache import stored_prices
from tunesmith.knowledge.prices import priced_flavor
from tunesmith.project import Project

Prices = Callable[[str], "float | None"]
"""Dollars an hour by the name of a machine; None for one that is not known."""


@cache
def known_price(flavor: str) -> float | None:
    """Dollars an hour as the Hub said last, else as bundled."""
    machine = priced_flavor(flavor, Project(stored_prices=stored_prices))
    return machine.usd_per_hour if machine else None


def dollars_of(job: Job, now: float, price: Prices = known_price) -> float | None:
    """Dollars for a job until its end, or until now; None where that is not known, or free.

    Args:
        job: which.
        now: seconds since 1970.
        price: of machines.
    """
    if job.engine == "local" or job.started is None or not job.flavor:
        return None
    is_over = job.stage not in ("SCHEDULING", "RUNNING", "SENDING")
    if is_over and job.finished is None:
        return None
    hourly = price(job.flavor)
    seconds = max(0.0, (job.finished or now) - job.started)
    return None if hourly is None else hourly * seconds / 3600
