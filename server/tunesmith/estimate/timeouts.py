"""The timeout to give a job whose duration is estimated."""

from __future__ import annotations

import math

from tunesmith.estimate.compute import Interval

_ROOM = 1.5
"""As the rule timeout-too-short gives: a timeout that is not reached costs nothing."""
_SHORTEST = 10
"""Minutes: installing the libraries and loading the model take some of them."""


def timeout_for(hours: Interval) -> str:
    """A timeout that is enough by estimate, as `hf jobs` takes it: `3h`, `40m`."""
    enough = max(hours.likely * _ROOM, hours.high)
    return f"{math.ceil(enough)}h" if enough > 1 else f"{max(_SHORTEST, math.ceil(enough * 60))}m"
