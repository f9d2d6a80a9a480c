"""Which values a parameter takes, read from annotations and from the checks of a library."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from tunesmith.knowledge.scan.modules import Definition
from tunesmith.knowledge.scan.types import ReadFile


def choices_of(node: Definition, module: ast.Module, read: ReadFile) -> Mapping[str, Sequence[str]]:
    """The values that each parameter of a class or function takes, as literals in source form."""
    return {
        name: values
        for name, annotation in _annotations(node).items()
        if (values := _literals(annotation)) is not None
    }


def _annotations(node: Definition) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for statement in node.body if isinstance(node, ast.ClassDef) else [node]:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            found[statement.target.id] = statement.annotation
        elif isinstance(statement, ast.FunctionDef) and statement.name in ("__init__", node.name):
            arguments = statement.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                if argument.annotation:
                    found[argument.arg] = argument.annotation
    return found


def _literals(annotation: ast.expr) -> list[str] | None:
    """The values of `Literal[...]`, alone or with None; None for any other type."""
    if isinstance(annotation, ast.Constant) and annotation.value is None:
        return ["None"]
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        sides = _literals(annotation.left), _literals(annotation.right)
        return None if sides[0] is None or sides[1] is None else sides[0] + sides[1]
    if not isinstance(annotation, ast.Subscript):
        return None
    inner = annotation.slice
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    generic = ast.unparse(annotation.value).rpartition(".")[2]
    if generic == "Literal":
        return [ast.unparse(part) for part in parts]
    if generic not in ("Optional", "Union"):
        return None
    found = [_literals(part) for part in parts]
    if any(values is None for values in found):
        return None
    values = [value for part in found if part is not None for value in part]
    return values + ["None"] * (generic == "Optional")
