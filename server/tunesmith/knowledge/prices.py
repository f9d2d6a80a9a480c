"""What a job costs: what the Hub said last if the user ever asked it, else the bundled table."""

from __future__ import annotations

from collections.abc import Sequence

from tunesmith.knowledge import hardware
from tunesmith.knowledge.hardware import Machine
from tunesmith.project import Prices, Project


def priced_flavor(name: str, project: Project) -> Machine | None:
    """A flavor by its exact name, at its newest known price; None where there is none."""
    machine = hardware.flavor(name)
    newer = _newer(project) if machine else None
    return _at(machine, newer) if machine and newer else machine


def priced_flavors(project: Project) -> Sequence[Machine]:
    """Every flavor that the Hub offers, at its newest known price."""
    newer = _newer(project)
    if newer is None:
        return hardware.flavors()
    return [_at(each, newer) for each in hardware.flavors() if each.name in newer.usd_per_hour]


def _newer(project: Project) -> Prices | None:
    """What the Hub said, unless the bundled table is newer."""
    asked = project.stored_prices()
    return asked if asked and asked.date >= hardware.date() else None


def _at(machine: Machine, prices: Prices) -> Machine:
    usd = prices.usd_per_hour.get(machine.name)
    return machine._replace(usd_per_hour=usd, priced_on=prices.date) if usd else machine
