"""Lists and dicts: displays, `{**a}`, `dict(...)`, and what later statements add to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import libcst as cst

from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_index import PythonIndex
from tunesmith.sources.python_names import Names
from tunesmith.sources.python_scopes import Binding, Block, Mutation
from tunesmith.sources.python_values import DictValue, Entry, ListValue, Value
from tunesmith.sources.unknown import UNKNOWN

MAX_ELEMENTS = 10_000
_MAX_CHANGES = 100
_Evaluate = Callable[[cst.CSTNode, Block, int], Value]
_ANYTHING = DictValue({}, is_open=True)


class Containers:
    """Evaluates what lists and dicts hold."""

    def __init__(
        self,
        index: PythonIndex,
        names: Names,
        evaluate: _Evaluate,
        happens: Callable[[Mutation, Binding], bool | None],
    ) -> None:
        """Args:
        index, names, evaluate: as of the evaluator.
        happens: whether a change surely happens, surely does not, or may (None).
        """
        self._index = index
        self._happens = happens
        self._names = names
        self._evaluate = evaluate

    def sequence(self, node: cst.List | cst.Tuple | cst.Set, block: Block, order: int) -> ListValue:
        """The value of a list, tuple or set display."""
        elements: list[Value] = []
        is_open = False
        for element in node.elements:
            value = self._evaluate(element.value, block, order)
            if isinstance(element, cst.Element):
                elements.append(value)
            elif isinstance(value, ListValue) and len(elements) + len(value) <= MAX_ELEMENTS:
                elements += value.elements
                is_open |= value.is_open
            else:
                is_open = True
        return ListValue(elements, is_open)

    def display(self, node: cst.Dict, block: Block, order: int) -> DictValue:
        """The value of a dict display; a later key wins."""
        entries: dict[str, Entry] = {}
        is_open = False
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                key = self._evaluate(element.key, block, order)
                if isinstance(key, str):
                    compute = partial(self._evaluate, element.value, block, order)
                    entries[key] = Entry(
                        element.key, element.value, element, compute, node.elements
                    )
                elif key is UNKNOWN:
                    entries, is_open = {}, True
            elif isinstance(element, cst.StarredDictElement):
                merged = merge(
                    DictValue(entries, is_open), self._evaluate(element.value, block, order)
                )
                entries, is_open = dict(merged.entries), merged.is_open
        return DictValue(entries, is_open)

    def built(self, call: Call, block: Block, order: int) -> Value:
        """The value of a call of a built-in: `dict(...)`, `list(...)`, `str("text")`."""
        if call.name == "builtins.dict":
            return self.keywords(call.node, block, order)
        arguments = call.node.args
        if len(arguments) > 1 or any(argument.star or argument.keyword for argument in arguments):
            return UNKNOWN
        value = self._evaluate(arguments[0].value, block, order) if arguments else None
        if call.name in ("builtins.list", "builtins.tuple", "builtins.set"):
            if not arguments:
                return ListValue(())
            return value if isinstance(value, ListValue) else UNKNOWN
        return value if call.name == "builtins.str" and isinstance(value, str) else UNKNOWN

    def merged(self, left: Value, right: Value) -> Value:
        """`left | right` of dicts."""
        return merge(left, right) if isinstance(left, DictValue) else UNKNOWN

    def changes(self, name: str, binding: Binding, block: Block, order: int) -> Sequence[Mutation]:
        """The statements that may change the object behind a name before it is read.

        Args:
            name: the name.
            binding: the one that the name means.
            block: where the name is read.
            order: when the name is read.
        """
        changes = self._index.mutations.get(name)
        if not changes:
            return ()
        holder = block.scope.holder(name)
        return [
            change
            for change in changes
            if change.block.scope.holder(name) is holder
            and not _is_later(change, binding, block, order)
        ]

    def changed(self, value: Value, binding: Binding, changes: Sequence[Mutation]) -> Value:
        """A value after the changes; one whose effect is not sure leaves it open."""
        if len(changes) > _MAX_CHANGES:
            return _ANYTHING if isinstance(value, DictValue) else UNKNOWN
        for change in changes:
            happens = self._happens(change, binding)
            if happens is False:
                continue
            is_certain = happens is True
            if isinstance(value, DictValue):
                value = self._changed_dict(value, change, is_certain)
            elif isinstance(value, ListValue):
                value = self._changed_list(value, change, is_certain)
            elif change.method.endswith("="):
                return UNKNOWN
        if isinstance(value, DictValue) and self._escapes(binding):
            return DictValue(value.entries, is_open=True)
        return value

    def keywords(self, node: cst.Call, block: Block, order: int) -> DictValue:
        """The keywords of a call as a dict, `dict(...)` as of any other."""
        result = DictValue({})
        for argument in node.args:
            if argument.keyword:
                compute = partial(self._evaluate, argument.value, block, order)
                key = argument.keyword
                entry = Entry(key, argument.value, argument, compute, node.args)
                result = DictValue({**result.entries, key.value: entry}, result.is_open)
            elif argument.star == "*":
                result = _ANYTHING
            else:
                result = merge(result, self._evaluate(argument.value, block, order))
        return result

    def _entry(
        self,
        key: cst.BaseExpression,
        value: cst.BaseExpression,
        node: cst.CSTNode,
        block: Block,
        order: int,
    ) -> Entry:
        return Entry(key, value, node, partial(self._evaluate, value, block, order))

    def _set(
        self, value: DictValue, key: cst.BaseExpression, entry: Entry, block: Block, order: int
    ) -> DictValue:
        """A dict after `value[key] = ...`; an unknown key may be any."""
        name = self._evaluate(key, block, order)
        if name is UNKNOWN:
            return _with_any_values(value)
        if not isinstance(name, str):
            return value
        return DictValue({**value.entries, name: entry}, value.is_open)

    def _changed_dict(self, value: DictValue, change: Mutation, is_certain: bool) -> DictValue:
        after = self._dict_after(value, change)
        if is_certain:
            return after
        kept = {key: entry for key, entry in value.entries.items() if key in after}
        changed = {key for key, entry in kept.items() if after.entries[key] is not entry}
        unsure = _with_any_values(DictValue({key: kept[key] for key in changed})).entries
        return DictValue({**kept, **unsure}, is_open=True)

    def _dict_after(self, value: DictValue, change: Mutation) -> DictValue:
        node, block, order = change.node, change.block, change.order
        if change.method in ("[]", "del") and isinstance(node, cst.Subscript):
            key = _only_key(node)
            if key is None:
                return _ANYTHING
            if change.method == "del":
                return self._without(value, key, block, order)
            if change.value is None:
                name = self._evaluate(key, block, order)
                return (
                    DictValue(_less(value, name).entries, is_open=True)
                    if isinstance(name, str)
                    else _ANYTHING
                )
            return self._set(
                value, key, self._entry(key, change.value, node, block, order), block, order
            )
        if change.method == "|=" and change.value is not None:
            return merge(value, self._evaluate(change.value, block, order))
        if isinstance(node, cst.Call) and change.method == "update":
            return merge(value, self.keywords(node, block, order))
        if isinstance(node, cst.Call) and change.method in ("pop", "setdefault") and node.args:
            return self._after_keyed_method(value, node, change)
        return _ANYTHING

    def _after_keyed_method(self, value: DictValue, node: cst.Call, change: Mutation) -> DictValue:
        key = node.args[0].value
        if change.method == "pop":
            return self._without(value, key, change.block, change.order)
        name = self._evaluate(key, change.block, change.order)
        if isinstance(name, str) and name in value.entries:
            return value
        if value.is_open or len(node.args) < 2:
            return DictValue(value.entries, is_open=True)
        entry = self._entry(key, node.args[1].value, node, change.block, change.order)
        return self._set(value, key, entry, change.block, change.order)

    def _without(
        self, value: DictValue, key: cst.BaseExpression, block: Block, order: int
    ) -> DictValue:
        name = self._evaluate(key, block, order)
        return _less(value, name) if isinstance(name, str) else _ANYTHING

    def _changed_list(self, value: ListValue, change: Mutation, is_certain: bool) -> Value:
        node, block, order = change.node, change.block, change.order
        added: Value = UNKNOWN
        if change.method == "+=" and change.value is not None:
            added = self._evaluate(change.value, block, order)
        elif isinstance(node, cst.Call) and len(node.args) == 1 and not node.args[0].star:
            if change.method == "append":
                added = ListValue((self._evaluate(node.args[0].value, block, order),))
            elif change.method == "extend":
                added = self._evaluate(node.args[0].value, block, order)
        elif change.method not in ("+=", "append", "extend"):
            return UNKNOWN
        known = isinstance(added, ListValue) and len(value) + len(added) <= MAX_ELEMENTS
        if not is_certain or not known or not isinstance(added, ListValue):
            return ListValue(value.elements, is_open=True)
        return ListValue((*value.elements, *added.elements), value.is_open or added.is_open)

    def _escapes(self, binding: Binding) -> bool:
        """Whether the object is handed to a function of the file's own, which may change it."""
        return any(
            isinstance(argument.value, cst.Name)
            and argument.value.value == binding.name
            and not argument.star
            and self._names.qualified(site.node.func, site.block.scope) is None
            for site in self._index.calls
            for argument in site.node.args
        )


def merge(left: DictValue, right: Value) -> DictValue:
    """`{**left, **right}`."""
    if not isinstance(right, DictValue):
        return _with_any_values(left)
    if right.is_open:
        left = _with_any_values(left)
    return DictValue({**left.entries, **right.entries}, left.is_open)


def _with_any_values(value: DictValue) -> DictValue:
    """A dict after more entries of unknown names: its keys stay, what they are worth may not."""
    entries = {key: entry.worth(lambda: UNKNOWN) for key, entry in value.entries.items()}
    return DictValue(entries, is_open=True)


def _less(value: DictValue, key: Value) -> DictValue:
    entries = {name: entry for name, entry in value.entries.items() if name != key}
    return DictValue(entries, value.is_open)


def _only_key(node: cst.Subscript) -> cst.BaseExpression | None:
    item = node.slice[0].slice
    return item.value if len(node.slice) == 1 and isinstance(item, cst.Index) else None


def _is_later(change: Mutation, binding: Binding, block: Block, order: int) -> bool:
    """Whether a change surely happens after the name is read."""
    return (
        change.order > order
        and block.scope is binding.block.scope
        and change.block is binding.block
    )
