"""The values that an expression in a library's source stands for, as literals in source form."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tunesmith.knowledge.scan.modules import Found, Library, Module, dotted

_COPIES = {"frozenset", "list", "set", "sorted", "tuple"}
_MAX_DEPTH = 10


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: its module, and the names that are assigned around it."""

    module: Module
    library: Library
    names: Mapping[str, ast.expr] = field(default_factory=dict[str, ast.expr])

    def within(self, names: Mapping[str, ast.expr]) -> Scope:
        """This place with more names."""
        return Scope(self.module, self.library, {**self.names, **names})

    def collection(self, node: ast.expr, depth: int = 0) -> Sequence[str] | None:
        """The elements of a collection; None where the source does not tell them all."""
        if depth > _MAX_DEPTH:
            return None
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            elements = [self.literal(element) for element in node.elts]
            return None if None in elements else [element for element in elements if element]
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.BitOr)):
            sides = [self.collection(side, depth + 1) for side in (node.left, node.right)]
            return None if None in sides else [value for side in sides if side for value in side]
        if isinstance(node, ast.Dict):
            return self.collection(ast.List([key for key in node.keys if key]), depth + 1)
        if isinstance(node, ast.Call):
            return self._called(node, depth)
        if isinstance(node, ast.Name):
            value = self.names.get(node.id) or self.module.constants.get(node.id)
            return self.collection(value, depth + 1) if value else self.enum(node)
        return None

    def _called(self, call: ast.Call, depth: int) -> Sequence[str] | None:
        function = call.func
        if isinstance(function, ast.Name) and function.id in _COPIES and len(call.args) == 1:
            return self.collection(call.args[0], depth + 1)
        if isinstance(function, ast.Attribute) and not call.args:
            if function.attr == "keys":
                return self.collection(function.value, depth + 1)
            members = function.value
            if function.attr == "values" and isinstance(members, ast.Attribute):
                return self.enum(members.value) if members.attr == "__members__" else None
        return None

    def literal(self, node: ast.expr) -> str | None:
        """A constant, or the value of an enum's member."""
        if isinstance(node, ast.Constant):
            return ast.unparse(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
            return ast.unparse(node)
        if isinstance(node, ast.Attribute):
            owner = node.value if node.attr == "value" else node
            if isinstance(owner, ast.Attribute):
                return self._members(owner.value).get(owner.attr)
        return None

    def enum(self, node: ast.expr) -> Sequence[str] | None:
        """The values that an enum class takes; None for anything else."""
        return list(dict.fromkeys(self._members(node).values())) or None

    def _members(self, node: ast.expr) -> Mapping[str, str]:
        found = self.definition(node)
        if found is None or not isinstance(found.node, ast.ClassDef):
            return {}
        bases = [dotted(base) for base in found.node.bases]
        if not any(base.endswith(("Enum", "EnumMeta")) for base in bases) or _maps(found.node):
            return {}
        members = {
            child.targets[0].id: child.value
            for child in found.node.body
            if isinstance(child, ast.Assign) and isinstance(child.targets[0], ast.Name)
        }
        if not all(isinstance(value, ast.Constant) for value in members.values()):
            return {}
        return {name: ast.unparse(value) for name, value in members.items()}

    def definition(self, node: ast.expr) -> Found | None:
        """The class or function of the library that a name stands for."""
        name = dotted(node)
        if not name or "." in name:
            return None
        found = self.library.find(self.module.name, name)
        return found if isinstance(found, Found) else None


def _maps(node: ast.ClassDef) -> bool:
    """Whether an enum takes values that are no member's."""
    return any(
        isinstance(child, ast.FunctionDef)
        and child.name == "_missing_"
        and any(isinstance(inner, ast.Return) for inner in ast.walk(child))
        for child in node.body
    )
