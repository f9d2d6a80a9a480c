"""Scopes of a Python file and what binds a name in them."""

from __future__ import annotations

import builtins
from enum import Enum

import libcst as cst

from tunesmith.named_tuple import NamedTuple

BUILTIN_NAMES = frozenset(dir(builtins))


class ScopeKind(Enum):
    """What makes a namespace."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    COMPREHENSION = "comprehension"


class BindingKind(Enum):
    """How a name gets its value. OTHER is everything whose value is not followed: loops, `with`,
    `except`, `del`, patterns, `:=` and unpacking.
    """

    ASSIGNMENT = "assignment"
    IMPORT = "import"
    CLASS = "class"
    FUNCTION = "function"
    PARAMETER = "parameter"
    OTHER = "other"


class Scope:
    """A namespace.

    Attributes:
        node: the class, function, lambda or comprehension; the module for its own scope.
        star_imports: modules of `from module import *`, with the order of the statement.
        outer: names declared `global` or `nonlocal`, with the scope that they live in.
    """

    def __init__(self, kind: ScopeKind, node: cst.CSTNode, parent: Scope | None) -> None:
        self.kind = kind
        self.node = node
        self.parent = parent
        self.bindings: dict[str, list[Binding]] = {}
        self.star_imports: list[tuple[str, int]] = []
        self.outer: dict[str, Scope] = {}

    @property
    def module(self) -> Scope:
        scope = self
        while scope.parent:
            scope = scope.parent
        return scope

    def bind(self, name: str, binding: Binding) -> None:
        """Note that a name gets a value here, or where `global` and `nonlocal` say."""
        bindings = self.outer.get(name, self).bindings
        if name in bindings:
            bindings[name].append(binding)
        else:
            bindings[name] = [binding]

    def holder(self, name: str) -> Scope | None:
        """The scope that a name read here belongs to; None for built-ins and unbound names."""
        scope: Scope | None = self.outer.get(name, self)
        while scope:
            if name in scope.bindings and (scope is self or scope.kind is not ScopeKind.CLASS):
                return scope
            scope = scope.parent
        return None


class Block(NamedTuple):
    """Statements that run one after the other, or not at all: a suite of a compound statement.

    Attributes:
        is_fallback: the body of an `except`, or the `else` of an `if`.
        parent: the block around it in the same scope.
        test: the condition of its `if`, negated where it is a fallback.
        is_repeated: the body of a loop or of a `case`: nobody can tell whether it runs.
    """

    scope: Scope
    is_fallback: bool = False
    parent: Block | None = None
    test: cst.BaseExpression | None = None
    is_repeated: bool = False


class Binding(NamedTuple):
    """One place where a name gets its value.

    Attributes:
        name: the name.
        node: the assigned expression, the ClassDef, the FunctionDef, a parameter's default; None
            where there is none.
        item: the 0-based place in `node` of what the name gets, where that is unpacked.
        order: counts bindings, calls and mutations in the order of the text.
        target: the dotted name that an import gives.
    """

    name: str
    kind: BindingKind
    node: cst.CSTNode | None
    block: Block
    order: int
    target: str | None = None
    item: int | None = None


class Mutation(NamedTuple):
    """A statement that changes the object behind a name: `d[k] = v`, `d.update()`, `l += [...]`.

    Attributes:
        method: "[]" for an item, "+=" and the like for an operator, "del" or a method's name.
        node: the Subscript, the AugAssign or the Call.
        value: what is assigned, for "[]" and operators.
    """

    method: str
    node: cst.CSTNode
    value: cst.BaseExpression | None
    block: Block
    order: int


class AttributeAssignment(NamedTuple):
    """`base.attribute = value`; `value` is None where it is not a plain assignment."""

    base: cst.BaseExpression
    attribute: str
    value: cst.BaseExpression | None
    block: Block
    order: int
