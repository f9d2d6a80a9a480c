"""Every machine that a training can be compared on."""

from __future__ import annotations

from collections.abc import Sequence

from tunesmith.knowledge.hardware import Machine, rented
from tunesmith.knowledge.macs import mac
from tunesmith.knowledge.prices import priced_flavors
from tunesmith.platform import apple_silicon
from tunesmith.project import Project


def machines(project: Project) -> Sequence[Machine]:
    """Those with a GPU: flavors of Jobs at their newest known prices, this Mac, rented ones."""
    chip = apple_silicon()
    own = mac(*chip) if chip else None
    found = [*priced_flavors(project), *([own] if own else []), *rented()]
    return [machine for machine in found if machine.accelerator]
