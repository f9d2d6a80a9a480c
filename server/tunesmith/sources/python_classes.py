"""Classes of the file's own: class constants, dataclass defaults, `self.name` set once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_index import PythonIndex
from tunesmith.sources.python_names import Names
from tunesmith.sources.python_scopes import Binding, BindingKind, Block, Scope, ScopeKind
from tunesmith.sources.python_values import DictValue, ListValue, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN

_FIELD_MAKERS = ("dataclasses.field", "field")


class OwnClasses:
    """Evaluates the attributes of own classes and of their instances."""

    def __init__(
        self, index: PythonIndex, names: Names, evaluate: Callable[[cst.CSTNode, Block, int], Value]
    ) -> None:
        self._index = index
        self._names = names
        self._evaluate = evaluate
        self._known: dict[tuple[int, str], Value] = {}

    def attribute(self, node: cst.ClassDef, name: str) -> Value:
        """An attribute of a class or of its instances that is bound just once.

        ABSENT if nothing in the file binds it, UNKNOWN if more than one statement does.
        """
        key = (id(node), name)
        if key not in self._known:
            self._known[key] = UNKNOWN  # the answer for an attribute that depends on itself
            self._known[key] = self._find(node, name)
        return self._known[key]

    def _find(self, node: cst.ClassDef, name: str) -> Value:
        line = (node, *self._names.ancestors(node))
        if any(isinstance(base, str) and base.startswith("enum.") for base in line):
            return UNKNOWN
        for own in line:
            if isinstance(own, str):
                continue
            sources = list(self.sources(own, name))
            if len(sources) > 1:
                return UNKNOWN
            if sources:
                return self._default(sources[0])
        return ABSENT

    def instance_attribute(self, call: Call, name: str) -> Value:
        """An attribute of what an own class's call makes: the argument given, else the default."""
        if call.own_class is None:
            return UNKNOWN
        if self._names.defines(call.own_class, "__init__"):
            given: Value = ABSENT
        else:
            given = call.value(name, self._field_position(call.own_class, name))
        value = self.attribute(call.own_class, name) if given is ABSENT else given
        return UNKNOWN if value is ABSENT else value

    def _field_position(self, node: cst.ClassDef, name: str) -> int | None:
        """The 0-based place of a dataclass field; None with bases, whose fields come first."""
        fields = [field for field, _ in fields_of(node)]
        return fields.index(name) if name in fields and not node.bases else None

    def sources(self, node: cst.ClassDef, name: str) -> Iterator[Binding]:
        """What binds an attribute: the class's body, `self.name = ...` of its methods."""
        scope = self._index.class_scopes[id(node)]
        yield from scope.bindings.get(name, ())
        for change in self._index.attribute_assignments.get(name, ()):
            is_self = isinstance(change.base, cst.Name) and change.base.value in ("self", "cls")
            if not is_self or _class_scope(change.block) is scope:
                kind = BindingKind.ASSIGNMENT if change.value else BindingKind.OTHER
                yield Binding(name, kind, change.value, change.block, change.order)

    def _default(self, source: Binding) -> Value:
        node = source.node
        if source.kind is not BindingKind.ASSIGNMENT or node is None:
            return UNKNOWN
        if isinstance(node, cst.Call):
            maker = self._names.qualified(node.func, source.block.scope)
            if maker in _FIELD_MAKERS:
                return self._field_default(node, source)
        return self._evaluate(node, source.block, source.order)

    def _field_default(self, node: cst.Call, source: Binding) -> Value:
        for argument in node.args:
            keyword = argument.keyword.value if argument.keyword else None
            if keyword == "default":
                return self._evaluate(argument.value, source.block, source.order)
            if keyword == "default_factory":
                return self._made(argument.value, source)
        return UNKNOWN

    def _made(self, factory: cst.BaseExpression, source: Binding) -> Value:
        if isinstance(factory, cst.Lambda):
            return self._evaluate(factory.body, source.block, source.order)
        name = self._names.qualified(factory, source.block.scope)
        if name == "builtins.list":
            return ListValue(())
        return DictValue({}) if name == "builtins.dict" else UNKNOWN


def fields_of(node: cst.ClassDef) -> Iterator[tuple[str, cst.AnnAssign]]:
    """The annotated names of a class body, as dataclasses see them."""
    for line in node.body.body:
        statements = line.body if isinstance(line, cst.SimpleStatementLine) else (line,)
        for statement in statements:
            if isinstance(statement, cst.AnnAssign) and isinstance(statement.target, cst.Name):
                yield statement.target.value, statement


def _class_scope(block: Block) -> Scope | None:
    scope: Scope | None = block.scope
    while scope and scope.kind is not ScopeKind.CLASS:
        scope = scope.parent
    return scope
