"""Whether an expression can be moved: do its names mean the same at another place?"""

from __future__ import annotations

import libcst as cst

from tunesmith.sources.python_index import CallSite, PythonIndex
from tunesmith.sources.python_scopes import Block
from tunesmith.sources.python_tree import children

_UNMOVABLE = (cst.Await, cst.NamedExpr, cst.Yield)


def is_available_at(index: PythonIndex, node: cst.BaseExpression, place: cst.CSTNode) -> bool:
    """Whether an argument's expression would be worth the same as an argument of another call.

    Args:
        index: of the script.
        node: the expression, an argument of some call.
        place: the call that it would move to.
    """
    source = next((site for site in index.calls if _has_argument(site, node)), None)
    target = next((site for site in index.calls if site.node is place), None)
    if source is None or target is None:
        return False
    pending: list[cst.CSTNode] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, _UNMOVABLE):
            return False
        if isinstance(part, cst.Name) and not _means_the_same(index, part.value, source, target):
            return False
        pending += _read_children(part)
    return True


def _has_argument(site: CallSite, node: cst.BaseExpression) -> bool:
    return any(argument.value is node for argument in site.node.args)


def _read_children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The parts of an expression that are read: no attribute names, no keywords."""
    if isinstance(node, cst.Attribute):
        return [node.value]
    if isinstance(node, cst.Arg):
        return [node.value]
    return children(node)


def _means_the_same(index: PythonIndex, name: str, source: CallSite, target: CallSite) -> bool:
    holder = source.block.scope.holder(name)
    if holder is not target.block.scope.holder(name):
        return False
    if holder is None or holder is not target.block.scope:
        return True
    return all(_is_before(holder_change, target) for holder_change in _changes(index, name, source))


def _changes(index: PythonIndex, name: str, source: CallSite) -> list[tuple[Block, int]]:
    holder = source.block.scope.holder(name)
    bindings = holder.bindings[name] if holder else ()
    mutations = [
        change
        for change in index.mutations.get(name, ())
        if change.block.scope.holder(name) is holder
    ]
    return [(change.block, change.order) for change in (*bindings, *mutations)]


def _is_before(change: tuple[Block, int], target: CallSite) -> bool:
    return change[1] < target.order
