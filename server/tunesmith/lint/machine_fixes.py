"""Fixes that give a job another machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tunesmith.estimate.choice import choose
from tunesmith.knowledge.hardware import Machine
from tunesmith.knowledge.prices import priced_flavors
from tunesmith.lint.job_forecasts import JobForecast
from tunesmith.lint.rule import Fix
from tunesmith.project import Project
from tunesmith.sources.document import Document


def _any(_: Machine) -> bool:
    return True


def machine_fix(
    document: Document,
    job: JobForecast,
    project: Project,
    suits: Callable[[Machine], bool] = _any,
) -> Iterator[Fix]:
    """The cheapest flavor with as many GPUs on which a training fits.

    Args:
        document: the one with the finding.
        job: the training, and where the flavor is told now.
        project: what knows the prices.
        suits: whether a flavor does in all other ways.
    """
    count = job.machine.accelerators
    machines = [each for each in priced_flavors(project) if each.accelerators == count]
    pick = choose(job.training, list(filter(suits, machines))).pick
    if pick is None or pick.verdict != "fits":
        return
    found = job.start.edit("flavor", pick.machine.name)
    if found:
        title = f"Run on {pick.machine.name} (${pick.machine.usd_per_hour:.2f}/h)"
        yield found.fix(title, document)
