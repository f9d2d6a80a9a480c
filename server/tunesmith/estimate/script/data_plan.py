"""What a script says of the rows that it trains on: where they are from, and which of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.data_set import Origin, Row

OPEN = "the script leaves open which data set it trains on"


Share: TypeAlias = tuple[float, float, float]
"""A part from 0 to 1: at least, likely, at most."""


def equally(part: float) -> Share:
    """A part that is known."""
    return part, part, part


class Kept(NamedTuple):
    """A part of the rows of another plan.

    Attributes:
        plan: the other one.
        start, stop: which rows; `stop` is None up to the last one. Negative ones count from the
            end, as of slices.
        share: how many are kept of those.
    """

    plan: Plan
    start: int = 0
    stop: int | None = None
    share: Share = (1.0, 1.0, 1.0)


class Joined(NamedTuple):
    """The rows of several plans, one after the other."""

    plans: tuple[Plan, ...]


class Written(NamedTuple):
    """Rows that stand in the script."""

    rows: tuple[Row, ...]


Plan: TypeAlias = Origin | Kept | Joined | Written


class ScriptData(NamedTuple):
    """What a script says of a trainer's data set.

    Attributes:
        plan: where the rows are from; None where that is not told.
        problem: why it is not told, with the next step; empty where it is.
        is_rewritten: whether the script makes other rows of those, as `map` does.
        text_field: the column that holds the text, where the trainer is given one.
        rests_on: the overridable defaults that this rests on.
    """

    plan: Plan | None = None
    problem: str = OPEN
    is_rewritten: bool = False
    text_field: str = "text"
    rests_on: frozenset[str] = frozenset()


def origins(plan: Plan) -> Sequence[Origin]:
    """All that is read for a plan."""
    if isinstance(plan, Origin):
        return [plan]
    if isinstance(plan, Kept):
        return origins(plan.plan)
    parts = plan.plans if isinstance(plan, Joined) else ()
    return [each for part in parts for each in origins(part)]
