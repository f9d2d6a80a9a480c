"""What comparisons are worth."""

from __future__ import annotations

import libcst as cst

from tunesmith.sources import python_arithmetic as arithmetic
from tunesmith.sources.python_values import ListValue, Reference, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN


def compared(operator: cst.BaseCompOp, left: Value, right: Value) -> Value:
    """`left operator right`; UNKNOWN where that is not known."""
    if isinstance(operator, (cst.Is, cst.IsNot)):
        if right is not None or left is UNKNOWN or left is ABSENT:
            return UNKNOWN
        return (left is None) is isinstance(operator, cst.Is)
    if isinstance(operator, (cst.In, cst.NotIn)):
        return _contained(left, right, isinstance(operator, cst.In))
    comparable = all(arithmetic.is_constant(e) or isinstance(e, Reference) for e in (left, right))
    if not comparable:
        return UNKNOWN
    if isinstance(operator, (cst.Equal, cst.NotEqual)):
        return (left == right) is isinstance(operator, cst.Equal)
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        return UNKNOWN
    ordered: dict[type, bool] = {
        cst.LessThan: left < right,
        cst.LessThanEqual: left <= right,
        cst.GreaterThan: left > right,
        cst.GreaterThanEqual: left >= right,
    }
    return ordered.get(type(operator), UNKNOWN)


def _contained(left: Value, right: Value, wanted: bool) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        return (left in right) is wanted
    if not isinstance(right, ListValue) or right.is_open or not arithmetic.is_constant(left):
        return UNKNOWN
    return UNKNOWN if UNKNOWN in right.elements else (left in right.elements) is wanted
