"""Lists that repeat something: `[element] * 1000`, `[element for _ in range(1000)]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from tunesmith.sources.python_containers import MAX_ELEMENTS
from tunesmith.sources.python_tree import parts
from tunesmith.sources.python_values import ListValue, Value
from tunesmith.sources.unknown import UNKNOWN


def repeated(elements: Sequence[Value], times: int) -> ListValue:
    """`elements * times`; open where that is too long to be held."""
    count = len(elements) * max(0, times)
    return ListValue(list(elements) * times if count <= MAX_ELEMENTS else (), count > MAX_ELEMENTS)


def comprehension(
    node: cst.ListComp,
    evaluate: Callable[[cst.CSTNode], Value],
    qualified: Callable[[cst.BaseExpression], str | None],
) -> Value:
    """A list that counts with `range`; what depends on the number is UNKNOWN.

    Args:
        node: the comprehension.
        evaluate: what an expression is worth where it stands.
        qualified: the qualified name of something there.
    """
    loop = node.for_in
    is_plain = not loop.ifs and loop.inner_for_in is None and loop.asynchronous is None
    if not is_plain or not isinstance(loop.target, cst.Name):
        return UNKNOWN
    if not isinstance(loop.iter, cst.Call) or len(loop.iter.args) != 1:
        return UNKNOWN
    count = evaluate(loop.iter.args[0].value)
    if qualified(loop.iter.func) != "builtins.range" or not isinstance(count, int):
        return UNKNOWN
    name = loop.target.value
    is_used = any(isinstance(each, cst.Name) and each.value == name for each in parts(node.elt))
    return repeated([UNKNOWN if is_used else evaluate(node.elt)], count)
