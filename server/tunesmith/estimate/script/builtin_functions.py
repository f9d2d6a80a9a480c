"""What a few built-in functions give. Each gets its call and the values of the arguments."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from tunesmith.estimate.script.flow import truth
from tunesmith.estimate.script.passed import converted
from tunesmith.sources.python_values import Value
from tunesmith.sources.unknown import UNKNOWN


def number(node: cst.Call, values: Sequence[Value]) -> Value:
    """`float("1e-4")`."""
    value = converted(values[0]) if isinstance(values[0], str) else values[0]
    return float(value) if isinstance(value, (int, float)) and len(values) == 1 else UNKNOWN


def whole(node: cst.Call, values: Sequence[Value]) -> Value:
    """`int("8")`."""
    value = number(node, values)
    return int(value) if isinstance(value, float) and abs(value) < _HUGE else UNKNOWN


def boolean(node: cst.Call, values: Sequence[Value]) -> Value:
    """`bool(x)`."""
    holds = truth(values[0])
    return UNKNOWN if holds is None else holds


def smallest(node: cst.Call, values: Sequence[Value]) -> Value:
    """`min(a, b)`."""
    numbers = [value for value in values if isinstance(value, (int, float))]
    return min(numbers) if len(numbers) == len(node.args) > 1 else UNKNOWN


def largest(node: cst.Call, values: Sequence[Value]) -> Value:
    """`max(a, b)`."""
    numbers = [value for value in values if isinstance(value, (int, float))]
    return max(numbers) if len(numbers) == len(node.args) > 1 else UNKNOWN


_HUGE = 1e15
