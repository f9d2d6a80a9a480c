"""What is known of a Python file after one walk: its scopes, calls, strings and statements.

The index keeps nodes; what they mean is worked out when somebody asks (`python_evaluate`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import libcst as cst

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.python_scopes import AttributeAssignment, Binding, Block, Mutation, Scope

MAX_DEPTH = 300
"""Levels of nodes; writing the tree takes two Python frames a level, of 1,000 by default."""

StatementOwner = cst.Module | cst.IndentedBlock | cst.SimpleStatementLine | cst.SimpleStatementSuite
StringNode = (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)


class TooDeepError(Exception):
    """The tree has more than MAX_DEPTH levels."""


class CallSite(NamedTuple):
    """A call as written, and the block that it stands in."""

    node: cst.Call
    block: Block
    order: int


class StringSite(NamedTuple):
    """A string literal, literals side by side, an f-string, or a sum with one of these."""

    node: cst.BaseExpression
    block: Block
    order: int
    is_statement: bool


class DisplaySite(NamedTuple):
    """A list or tuple display, and the name that it alone is assigned to."""

    node: cst.List | cst.Tuple
    block: Block
    order: int


class Returned(NamedTuple):
    """A `return`, and the block that it stands in."""

    node: cst.Return
    block: Block
    order: int


class PythonIndex:
    """What the walk found, each list in the order of the text.

    Attributes:
        assignments: the binding that an expression's value is assigned to, by the node's id.
        returns: the `return` statements of a function, by its node's id.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.calls: list[CallSite] = []
        self.classes: list[tuple[cst.ClassDef, Block]] = []
        self.class_scopes: dict[int, Scope] = {}
        self.strings: list[StringSite] = []
        self.displays: list[DisplaySite] = []
        self.mutations: dict[str, list[Mutation]] = {}
        self.attribute_assignments: dict[str, list[AttributeAssignment]] = {}
        self.assignments: dict[int, Binding] = {}
        self.returns: dict[int, list[Returned]] = {}
        self.owners: list[StatementOwner] = []
        self.imports: list[tuple[cst.Import | cst.ImportFrom, Block]] = []

    def call_site(self, node: cst.Call) -> CallSite:
        """Where a call of this tree stands.

        Raises:
            KeyError: the node is of another tree.
        """
        return self._call_sites[id(node)]

    @cached_property
    def _call_sites(self) -> Mapping[int, CallSite]:
        return {id(site.node): site for site in self.calls}


def dotted_name(node: cst.BaseExpression) -> str:
    """`a.b.c` of a Name or Attribute chain."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    parts.append(node.value if isinstance(node, cst.Name) else "?")
    return ".".join(reversed(parts))


def sum_terms(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The terms of `a + b + c`, from left to right."""
    terms: list[cst.BaseExpression] = []
    while isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        terms.append(node.right)
        node = node.left
    return [node, *reversed(terms)]


def literals_of(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The literals of `"a" f"b"`, from left to right; other expressions by themselves."""
    literals: list[cst.BaseExpression] = []
    while isinstance(node, cst.ConcatenatedString):
        literals.append(node.left)
        node = node.right
    return [*literals, node]
