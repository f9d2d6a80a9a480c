"""This Mac, and every machine that a training can be compared on."""

from __future__ import annotations

from collections.abc import Sequence

from tunesmith.knowledge.hardware import Machine, rented
from tunesmith.knowledge.macs import mac
from tunesmith.knowledge.prices import priced_flavors
from tunesmith.platform import apple_silicon
from tunesmith.project import Project


def this_mac() -> Machine | None:
    """The Mac that this runs on; None elsewhere, and where its chip is not known."""
    chip = apple_silicon()
    return mac(*chip) if chip else None


def machines(project: Project) -> Sequence[Machine]:
    """Those with a GPU: flavors of Jobs at their newest known prices, this Mac, rented ones."""
    own = this_mac()
    found = [*priced_flavors(project), *([own] if own else []), *rented()]
    return [machine for machine in found if machine.accelerator]
