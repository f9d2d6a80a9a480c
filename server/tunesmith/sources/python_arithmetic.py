"""Arithmetic on constants, bounded so that no script can make it expensive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

import libcst as cst

from tunesmith.sources.python_values import Constant, ListValue, Value
from tunesmith.sources.unknown import UNKNOWN
from tunesmith.text import regex

_MAX_TEXT = 65_536
_MAX_BITS = 4096
_MAX_ELEMENTS = 10_000
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    cst.Divide: lambda left, right: left / right,
    cst.FloorDivide: lambda left, right: left // right,
    cst.LeftShift: lambda left, right: left << right,
    cst.Modulo: lambda left, right: left % right,
    cst.Multiply: lambda left, right: left * right,
    cst.Power: lambda left, right: left**right,
    cst.RightShift: lambda left, right: left >> right,
    cst.Subtract: lambda left, right: left - right,
}
_PLAIN_FIELD = regex(r"\{(\w*)\}")
_PLAIN_PERCENT = regex(r"%[sd]")


def is_constant(value: Value) -> TypeGuard[Constant]:
    """Whether a value is a plain Python constant."""
    return value is None or isinstance(value, (str, bytes, int, float, complex))


def number(text: str) -> Value:
    """The value of a numeric literal."""
    text = text.replace("_", "")
    if len(text) > _MAX_BITS // 4:
        return UNKNOWN
    try:
        if text[-1] in "jJ":
            return complex(text)
        return int(text, 0)
    except ValueError:
        return float(text)


def bounded(value: Constant) -> Value:
    """The value, or UNKNOWN where it is too big to carry around."""
    if isinstance(value, (str, bytes)):
        return value if len(value) <= _MAX_TEXT else UNKNOWN
    if isinstance(value, int):
        return value if value.bit_length() <= _MAX_BITS else UNKNOWN
    return value


def add(left: Value, right: Value) -> Value:
    """`left + right` of texts, numbers or lists."""
    if isinstance(left, ListValue) and isinstance(right, ListValue):
        elements = (*left.elements, *right.elements)
        if len(elements) > _MAX_ELEMENTS:
            return UNKNOWN
        return ListValue(elements, left.is_open or right.is_open)
    if not is_constant(left) or not is_constant(right):
        return UNKNOWN
    return _compute(lambda one, other: one + other, left, right)


def binary(symbol: cst.BaseBinaryOp, left: Value, right: Value) -> Value:
    """The result of another operator on constants."""
    function = _OPERATORS.get(type(symbol))
    if function is None or not is_constant(left) or not is_constant(right):
        return UNKNOWN
    if isinstance(left, str):
        return _percent(left, right) if isinstance(symbol, cst.Modulo) else UNKNOWN
    if isinstance(symbol, (cst.Power, cst.LeftShift)) and not _is_small_power(left, right):
        return UNKNOWN
    numeric = (int, float, complex)
    if not isinstance(left, numeric) or not isinstance(right, numeric):
        return UNKNOWN
    return _compute(function, left, right)


def unary(symbol: cst.BaseUnaryOp, value: Value) -> Value:
    """The result of `-x`, `+x` or `not x`."""
    if not is_constant(value):
        return UNKNOWN
    if isinstance(symbol, cst.Not):
        return not value
    if not isinstance(value, (int, float, complex)):
        return UNKNOWN
    if isinstance(symbol, cst.Minus):
        return -value
    return +value if isinstance(symbol, cst.Plus) else UNKNOWN


def call_method(text: str, method: str, arguments: Sequence[tuple[str | None, Value]]) -> Value:
    """`text.format(...)` with plain fields, `text.join([...])`; arguments by keyword or None."""
    if method == "join":
        return _join(text, arguments)
    by_name = {name: value for name, value in arguments if name}
    by_position = [value for name, value in arguments if name is None]
    if _PLAIN_FIELD.sub("", text).strip("{}") != _PLAIN_FIELD.sub("", text):
        return UNKNOWN
    pieces: list[str] = []
    position = automatic = 0
    for match in _PLAIN_FIELD.finditer(text):
        key = match[1] or str(automatic)
        automatic += not match[1]
        known = (
            by_position[int(key)] if key.isdecimal() and int(key) < len(by_position) else UNKNOWN
        )
        value = by_name.get(key, known)
        if not is_constant(value):
            return UNKNOWN
        pieces += (text[position : match.start()], str(value))
        position = match.end()
    rest = "".join((*pieces, text[position:]))
    return UNKNOWN if "{" in _PLAIN_FIELD.sub("", text) else bounded(rest)


def _join(text: str, arguments: Sequence[tuple[str | None, Value]]) -> Value:
    value = arguments[0][1] if len(arguments) == 1 else UNKNOWN
    if not isinstance(value, ListValue) or value.is_open:
        return UNKNOWN
    parts = [part for part in value.elements if isinstance(part, str)]
    total = sum(map(len, parts)) + len(text) * len(parts)
    return text.join(parts) if len(parts) == len(value) and total <= _MAX_TEXT else UNKNOWN


def _percent(text: str, value: Constant) -> Value:
    """`"..." % value` with one plain `%s` or `%d`."""
    fields = _PLAIN_PERCENT.findall(text)
    if len(fields) != 1 or text.count("%") != 1:
        return UNKNOWN
    return bounded(text.replace(fields[0], str(value)))


def _is_small_power(base: Constant, exponent: Constant) -> bool:
    if not isinstance(exponent, (int, float)) or abs(exponent) > _MAX_BITS:
        return False
    return not isinstance(base, int) or base.bit_length() * abs(exponent) <= _MAX_BITS


def _compute(function: Callable[[Any, Any], Any], left: Constant, right: Constant) -> Value:
    try:
        result = function(left, right)
    except (ArithmeticError, TypeError, ValueError):
        return UNKNOWN
    return bounded(result) if is_constant(result) else UNKNOWN
