"""Which values a parameter takes, read from annotations and from the checks of a library.

Nothing is guessed: a parameter that also takes what cannot be listed has no choices.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tunesmith.knowledge.scan.checks import (
    CONSTRUCTORS,
    Evidence,
    evidence_of,
    methods_of,
)
from tunesmith.knowledge.scan.modules import Definition, Found, Library, dotted
from tunesmith.knowledge.scan.values import Scope

_ALONE = {"None", "True", "False"}
"""Values that alone are no choice."""
_TYPES = {"str", "int", "float"}
"""Types whose values a check can list."""


@dataclass(frozen=True, slots=True)
class _Declared:
    """How a parameter is declared; `choices` are those of a field's metadata."""

    annotation: ast.expr | None = None
    default: ast.expr | None = None
    choices: ast.expr | None = None


_UNDECLARED = _Declared()


def choices_of(found: Found, library: Library) -> Mapping[str, Sequence[str]]:
    """The values that parameters of a class or function take, as literals in source form.

    A trainer that checks a field of its configuration, of which the configuration itself says
    nothing, has it as "args.<name>".
    """
    evidence = evidence_of(found, library)
    declared = dict(_declared(found.node))
    chosen: dict[str, Sequence[str]] = {}
    for name in {**declared, **evidence}:
        told = _merged([evidence.get(key, Evidence()) for key in (name, f"args.{name}")])
        values = _values(declared.get(name, _UNDECLARED), told, Scope(found.module, library))
        if values and not name.startswith("args."):
            chosen[name] = values
    checked = {
        name.removeprefix("args."): told
        for name, told in evidence.items()
        if name.startswith("args.") and told.taken
    }
    for name, values in _of_configuration(found, library, checked) if checked else ():
        chosen[f"args.{name}"] = values
    return chosen


def _of_configuration(
    trainer: Found, library: Library, checked: Mapping[str, Evidence]
) -> Iterator[tuple[str, Sequence[str]]]:
    """The fields of a trainer's configuration whose values only the trainer checks."""
    lineage = list(_lineage(_configurations(trainer, library), library))
    told = [(owner, dict(_declared(owner.node)), evidence_of(owner, library)) for owner in lineage]
    for name, evidence in checked.items():
        own = [each.get(name, Evidence()) for _, _, each in told]
        merged = _merged([evidence, *own])
        for owner, fields, _ in told:
            if name in fields:
                scope = Scope(owner.module, library)
                own_values = _values(fields[name], own[lineage.index(owner)], scope)
                if not own_values and (values := _values(fields[name], merged, scope)):
                    yield name, values
                break


def _merged(evidence: Sequence[Evidence]) -> Evidence:
    return Evidence(
        taken=[value for each in evidence for value in each.taken],
        compared=[value for each in evidence for value in each.compared],
        is_mapped=any(each.is_mapped for each in evidence),
        takes_more=any(each.takes_more for each in evidence),
    )


def _configurations(trainer: Found, library: Library) -> Iterator[Found]:
    """The classes that a trainer's `__init__` names for its argument `args`."""
    scope = Scope(trainer.module, library)
    for method in methods_of(trainer.node):
        for argument in method.args.args if method.name == "__init__" else ():
            if argument.arg == "args" and argument.annotation:
                for node in ast.walk(_unquoted(argument.annotation)):
                    if isinstance(node, ast.Name) and (found := scope.definition(node)):
                        yield found


def _lineage(classes: Iterable[Found], library: Library) -> Iterator[Found]:
    """Classes and their bases in the library, nearest first."""
    waiting = list(classes)
    seen: set[str] = set()
    while waiting:
        found = waiting.pop(0)
        if isinstance(found.node, ast.ClassDef) and found.name not in seen:
            seen.add(found.name)
            yield found
            bases = (Scope(found.module, library).definition(base) for base in found.node.bases)
            waiting += [base for base in bases if base]


def _values(declared: _Declared, evidence: Evidence, scope: Scope) -> Sequence[str] | None:
    """The values of one parameter; None where they are not known to be all."""
    values, types = _annotated(declared.annotation, scope)
    if evidence.takes_more or evidence.is_mapped:
        return None
    listed = scope.collection(declared.choices) if declared.choices else None
    enums = [scope.enum(kind) for kind in types]
    known = all(
        enum or dotted(kind) in _TYPES or "." in dotted(kind)
        for kind, enum in zip(types, enums, strict=True)
    )
    if known and listed:
        values += listed
    elif types and all(enums):
        values += [value for enum in enums for value in enum or ()]
    elif (types or _ALONE.issuperset(values)) and not (known and evidence.taken):
        return None
    default = scope.literal(declared.default) if declared.default else None
    values += [*evidence.taken, *evidence.compared, *([default] if default else [])]
    return list(dict.fromkeys(values))


def _annotated(annotation: ast.expr | None, scope: Scope) -> tuple[list[str], list[ast.expr]]:
    """The values that an annotation lists, and its other types."""
    values: list[str] = []
    types: list[ast.expr] = []
    for part in _alternatives(annotation) if annotation else ():
        name = dotted(part.value if isinstance(part, ast.Subscript) else part).rpartition(".")[2]
        if isinstance(part, ast.Subscript) and name == "Literal":
            inner = part.slice
            elements = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            values += [scope.literal(element) or "" for element in elements]
        elif name == "bool":
            values += ["True", "False"]
        elif isinstance(part, ast.Constant) and part.value is None:
            values.append("None")
        else:
            types.append(part)
    return values, types


def _alternatives(annotation: ast.expr) -> Iterator[ast.expr]:
    """The types of a union."""
    annotation = _unquoted(annotation)
    if isinstance(annotation, ast.BinOp):
        yield from _alternatives(annotation.left)
        yield from _alternatives(annotation.right)
        return
    if isinstance(annotation, ast.Subscript):
        name = dotted(annotation.value).rpartition(".")[2]
        inner = annotation.slice
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if name in ("Optional", "Union", "Annotated"):
            for part in parts[:1] if name == "Annotated" else parts:
                yield from _alternatives(part)
            if name == "Optional":
                yield ast.Constant(None)
            return
    yield annotation


def _unquoted(annotation: ast.expr) -> ast.expr:
    """An annotation, parsed where it is written as a text."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return annotation
    return annotation


def _declared(node: Definition) -> Iterator[tuple[str, _Declared]]:
    """The parameters of a class or function: its fields, and the arguments of its `__init__`."""
    for child in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name):
            yield child.target.id, _field(child)
    for method in methods_of(node):
        if method is node or method.name in CONSTRUCTORS:
            arguments = method.args
            positional = [*arguments.posonlyargs, *arguments.args]
            missing = len(positional) - len(arguments.defaults)
            defaults = [*[None] * missing, *arguments.defaults, *arguments.kw_defaults]
            both = zip([*positional, *arguments.kwonlyargs], defaults, strict=True)
            for argument, default in both:
                yield argument.arg, _Declared(argument.annotation, default)


def _field(node: ast.AnnAssign) -> _Declared:
    value = node.value
    if not isinstance(value, ast.Call) or dotted(value.func).rpartition(".")[2] != "field":
        return _Declared(node.annotation, value)
    options = {keyword.arg: keyword.value for keyword in value.keywords}
    metadata, choices = options.get("metadata"), None
    if isinstance(metadata, ast.Dict):
        for key, option in zip(metadata.keys, metadata.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "choices":
                choices = option
    return _Declared(node.annotation, options.get("default"), choices)
