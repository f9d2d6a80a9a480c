"""What expressions are worth: constants, names assigned once, dicts, f-strings, own classes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import libcst as cst

from tunesmith.sources import python_arithmetic as arithmetic
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_classes import OwnClasses
from tunesmith.sources.python_containers import Containers
from tunesmith.sources.python_index import CallSite, PythonIndex, sum_terms
from tunesmith.sources.python_literals import is_bytes, literal_parts
from tunesmith.sources.python_names import Names
from tunesmith.sources.python_scopes import Binding, BindingKind, Block, Mutation
from tunesmith.sources.python_values import DictValue, ListValue, Reference, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN
from tunesmith.text import Span

_MAX_NESTING = 40
_CONSTANT_NAMES = {"True": True, "False": False, "None": None}
_Handler = Callable[[Any, Block, int], Value]


class Evaluator:
    """Evaluates the expressions of one file, each name once. Not for several threads at a time."""

    def __init__(
        self, index: PythonIndex, names: Names, locate: Callable[[cst.CSTNode], Span]
    ) -> None:
        self.names = names
        self.locate = locate
        self._index = index
        self._nesting = 0
        self._known: dict[tuple[int, int], Value] = {}
        self._set_later: dict[tuple[int, str], bool] = {}
        self._calls: dict[int, Call | None] = {}
        self._containers = Containers(index, names, self.evaluate, self._happens)
        self._classes = OwnClasses(index, names, self.evaluate)
        self._handlers: dict[type, _Handler] = {
            cst.Attribute: self._attribute,
            cst.BinaryOperation: self._binary_operation,
            cst.BooleanOperation: self._boolean_operation,
            cst.Call: self._call,
            cst.ConcatenatedString: self._string,
            cst.Dict: self._containers.display,
            cst.Float: lambda node, block, order: arithmetic.number(node.value),
            cst.FormattedString: self._string,
            cst.IfExp: self._conditional,
            cst.Imaginary: lambda node, block, order: arithmetic.number(node.value),
            cst.Integer: lambda node, block, order: arithmetic.number(node.value),
            cst.List: self._containers.sequence,
            cst.Name: self._name,
            cst.NamedExpr: lambda node, block, order: self.evaluate(node.value, block, order),
            cst.Set: self._containers.sequence,
            cst.SimpleString: self._string,
            cst.Subscript: self._subscript,
            cst.Tuple: self._containers.sequence,
            cst.UnaryOperation: self._unary_operation,
        }

    def evaluate(self, node: cst.CSTNode, block: Block, order: int) -> Value:
        """The value of an expression that stands in a block, at a place in the order of the text.

        What the text does not tell is UNKNOWN.
        """
        handler = self._handlers.get(type(node))
        if handler is None or self._nesting >= _MAX_NESTING:
            return UNKNOWN
        self._nesting += 1
        try:
            return handler(node, block, order)
        finally:
            self._nesting -= 1

    def call_of(self, site: CallSite) -> Call | None:
        """The call at a site; None where it is not known what is called."""
        key = id(site.node)
        if key not in self._calls:
            self._calls[key] = self._identify(site)
        return self._calls[key]

    def attribute_set_later(self, call: Call, name: str) -> Value:
        """UNKNOWN where the file sets an attribute of the object that a call makes, else ABSENT."""
        key = (id(call), name)
        if key not in self._set_later:
            self._set_later[key] = True  # the answer for an object that depends on itself
            self._set_later[key] = self._sets_attribute(call, name)
        return UNKNOWN if self._set_later[key] else ABSENT

    def class_attribute(self, node: cst.ClassDef, name: str) -> Value:
        """The value of an own class's attribute; ABSENT if no class of the file binds it."""
        return self._classes.attribute(node, name)

    def _sets_attribute(self, call: Call, name: str) -> bool:
        for change in self._index.attribute_assignments.get(name, ()):
            base = self.evaluate(change.base, change.block, change.order)
            if base is call or (base is UNKNOWN and not is_self(change.base)):
                return True
        return any(self._may_set(site, call, name) for site in self._setattr_sites)

    def _happens(self, change: Mutation, binding: Binding) -> bool | None:
        """Whether the object behind a name is surely changed by a statement; None if it may be."""
        return True if change.block is binding.block else None

    # What is called

    @cached_property
    def _sites(self) -> dict[int, CallSite]:
        return {id(site.node): site for site in self._index.calls}

    @cached_property
    def _setattr_sites(self) -> Sequence[CallSite]:
        return [
            site
            for site in self._index.calls
            if isinstance(site.node.func, cst.Name)
            and site.node.func.value == "setattr"
            and len(site.node.args) > 1
        ]

    def _may_set(self, site: CallSite, call: Call, name: str) -> bool:
        target, attribute = (
            self.evaluate(argument.value, site.block, site.order) for argument in site.node.args[:2]
        )
        return (target is call or target is UNKNOWN) and (attribute is UNKNOWN or attribute == name)

    def _identify(self, site: CallSite) -> Call | None:
        function, scope = site.node.func, site.block.scope
        name = self.names.qualified(function, scope)
        if name:
            return Call(site, name, self)
        own = self.names.own_class(function, scope)
        if own:
            constructed = self.names.constructed(own)
            return Call(site, constructed[0] if constructed else "", self, own)
        return self._super_call(site)

    def _super_call(self, site: CallSite) -> Call | None:
        function = site.node.func
        if not (
            isinstance(function, cst.Attribute)
            and function.attr.value == "__init__"
            and isinstance(function.value, cst.Call)
            and isinstance(function.value.func, cst.Name)
            and function.value.func.value == "super"
        ):
            return None
        own = self.names.class_around(site.block)
        if own is None:
            return None
        for base in self.names.ancestors(own):
            if isinstance(base, str):
                return Call(site, base, self, own, is_super=True)
            if self.names.defines(base, "__init__"):
                break
        return None

    # Handlers: (node, block, order) -> value

    def _name(self, node: cst.Name, block: Block, order: int) -> Value:
        if node.value in _CONSTANT_NAMES:
            return _CONSTANT_NAMES[node.value]
        binding = self.names.binding(node.value, block.scope)
        if binding is None or binding.kind is BindingKind.IMPORT:
            name = self.names.qualified(node, block.scope)
            return Reference(name) if name else UNKNOWN
        if binding.item is not None:
            return self._unpacked(binding)
        if binding.kind is not BindingKind.ASSIGNMENT or binding.node is None:
            return UNKNOWN
        changes = self._containers.changes(node.value, binding, block, order)
        return self._bound(binding, changes)

    def _unpacked(self, binding: Binding) -> Value:
        """What `a, b = make()` binds, where a function of the file returns both."""
        if binding.node is None or binding.item is None:
            return UNKNOWN
        key = (id(binding), 0)
        if key not in self._known:
            self._known[key] = UNKNOWN  # the answer for a name that depends on itself
            whole = self.evaluate(binding.node, binding.block, binding.order)
            is_whole = isinstance(whole, ListValue) and not whole.is_open
            found = whole.elements if is_whole and isinstance(whole, ListValue) else ()
            value = found[binding.item] if binding.item < len(found) else UNKNOWN
            # What is made by a call is one object; a list or a dict may be changed behind its name.
            self._known[key] = UNKNOWN if isinstance(value, (ListValue, DictValue)) else value
        return self._known[key]

    def _bound(self, binding: Binding, changes: Sequence[Any]) -> Value:
        key = (id(binding), len(changes))
        if key not in self._known:
            self._known[key] = UNKNOWN  # the answer for a name that depends on itself
            assert binding.node is not None
            value = self.evaluate(binding.node, binding.block, binding.order)
            self._known[key] = self._containers.changed(value, binding, changes)
        return self._known[key]

    def _attribute(self, node: cst.Attribute, block: Block, order: int) -> Value:
        name = self.names.qualified(node, block.scope)
        if name:
            return Reference(name)
        attribute = node.attr.value
        own = self.names.own_class(node.value, block.scope)
        if own is None and is_self(node.value):
            own = self.names.class_around(block)
        if own:
            return _unless_absent(self._classes.attribute(own, attribute))
        base = self.evaluate(node.value, block, order)
        if isinstance(base, Call) and base.own_class and not base.name:
            return self._classes.instance_attribute(base, attribute)
        return UNKNOWN

    def _subscript(self, node: cst.Subscript, block: Block, order: int) -> Value:
        if len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Index):
            return UNKNOWN
        base = self.evaluate(node.value, block, order)
        key = self.evaluate(node.slice[0].slice.value, block, order)
        if isinstance(base, DictValue) and isinstance(key, str):
            return _unless_absent(base.value(key))
        if isinstance(base, ListValue) and type(key) is int and not base.is_open:
            return base.elements[key] if -len(base) <= key < len(base) else UNKNOWN
        return UNKNOWN

    def _string(self, node: cst.BaseExpression, block: Block, order: int) -> Value:
        pieces: list[str] = []
        for part in literal_parts(node):
            if part.text is not None:
                pieces.append(part.text.text)
                continue
            value = self.evaluate(part.node, block, order) if part.is_plain else UNKNOWN
            if not arithmetic.is_constant(value):
                return UNKNOWN
            pieces.append(str(value))
        text = "".join(pieces)
        if is_bytes(node):
            return text.encode("latin-1") if text.isascii() else UNKNOWN
        return arithmetic.bounded(text)

    def _unary_operation(self, node: cst.UnaryOperation, block: Block, order: int) -> Value:
        return arithmetic.unary(node.operator, self.evaluate(node.expression, block, order))

    def _binary_operation(self, node: cst.BinaryOperation, block: Block, order: int) -> Value:
        if isinstance(node.operator, cst.Add):
            first, *rest = (self.evaluate(term, block, order) for term in sum_terms(node))
            for value in rest:
                first = arithmetic.add(first, value)
            return first
        left = self.evaluate(node.left, block, order)
        right = self.evaluate(node.right, block, order)
        if isinstance(node.operator, cst.BitOr):
            return self._containers.merged(left, right)
        return arithmetic.binary(node.operator, left, right)

    def _boolean_operation(self, node: cst.BooleanOperation, block: Block, order: int) -> Value:
        left = self.evaluate(node.left, block, order)
        right = self.evaluate(node.right, block, order)
        if arithmetic.is_constant(left):
            return right if bool(left) is isinstance(node.operator, cst.And) else left
        return _if_equal(left, right)

    def _conditional(self, node: cst.IfExp, block: Block, order: int) -> Value:
        test = self.evaluate(node.test, block, order)
        body = self.evaluate(node.body, block, order)
        orelse = self.evaluate(node.orelse, block, order)
        if arithmetic.is_constant(test):
            return body if test else orelse
        return _if_equal(body, orelse)

    def _call(self, node: cst.Call, block: Block, order: int) -> Value:
        site = self._sites[id(node)]
        call = self.call_of(site)
        if call is None or call.is_super:
            result = self._result(node.func, block)
            return self._method(node, block, order) if result is None else result
        if not call.name:
            return call
        root = call.name.partition(".")[0]
        if root == "builtins":
            return self._containers.built(call, block, order)
        return UNKNOWN if root in sys.stdlib_module_names else call

    def _result(self, function: cst.BaseExpression, block: Block) -> Value:
        """What a function or a method of the file returns, if it only ends by one `return`; else
        None."""
        binding = None
        if isinstance(function, cst.Name):
            binding = self.names.binding(function.value, block.scope)
        elif isinstance(function, cst.Attribute) and is_self(function.value):
            binding = self._method_of_self(function.attr.value, block)
        node = binding.node if binding else None
        if not isinstance(node, cst.FunctionDef) or node.decorators or node.asynchronous:
            return None
        returns = self._index.returns.get(id(node), ())
        if len(returns) != 1 or not _ends_with(node, returns[0].node):
            return None
        value = returns[0].node.value
        return self.evaluate(value, returns[0].block, returns[0].order) if value else None

    def _method_of_self(self, name: str, block: Block) -> Binding | None:
        """The method that `self.name` means: of the class around, which no other one overrides."""
        own = self.names.class_around(block)
        if own is None:
            return None
        bindings = self._index.class_scopes[id(own)].bindings.get(name, [])
        heirs = (node for node, _ in self._index.classes if own in self.names.ancestors(node))
        is_sure = len(bindings) == 1 and not any(self.names.defines(each, name) for each in heirs)
        return bindings[0] if is_sure else None

    def _method(self, node: cst.Call, block: Block, order: int) -> Value:
        """`"...".format(...)` and `"...".join([...])`."""
        function = node.func
        if not isinstance(function, cst.Attribute) or function.attr.value not in ("format", "join"):
            return UNKNOWN
        text = self.evaluate(function.value, block, order)
        if not isinstance(text, str) or any(argument.star for argument in node.args):
            return UNKNOWN
        values = [
            (
                argument.keyword.value if argument.keyword else None,
                self.evaluate(argument.value, block, order),
            )
            for argument in node.args
        ]
        return arithmetic.call_method(text, function.attr.value, values)


def _ends_with(function: cst.FunctionDef, last: cst.Return) -> bool:
    line = function.body.body[-1]
    return isinstance(line, cst.SimpleStatementLine) and line.body[-1] is last


def is_self(node: cst.BaseExpression) -> bool:
    """Whether it is the name `self`."""
    return isinstance(node, cst.Name) and node.value == "self"


def _unless_absent(value: Value) -> Value:
    return UNKNOWN if value is ABSENT else value


def _if_equal(left: Value, right: Value) -> Value:
    """The value that two alternatives share."""
    comparable = arithmetic.is_constant(left) or isinstance(left, Reference)
    return left if comparable and type(left) is type(right) and left == right else UNKNOWN
