"""What a class takes when it is made: the fields of a dataclass, or `__init__`, over its bases.

Bases in the same library are folded in, so that a table shows what a class takes and not how
the library is built today; bases in other libraries stay names, as their release may differ.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tunesmith.knowledge.scan.documentation import first_sentence, parameter_docs, text_of
from tunesmith.knowledge.scan.functions import Function, Handover, function, source
from tunesmith.knowledge.scan.marks import Marks
from tunesmith.knowledge.scan.modules import (
    Found,
    Library,
    Module,
    assigned,
    dotted,
    statements,
)
from tunesmith.knowledge.scan.types import Parameter, Signature
from tunesmith.sources.python_names import canonical_name

_MAX_BASES = 20
_SCANNED = ("datasets", "huggingface_hub", "peft", "transformers", "trl")
"""Libraries whose classes have signatures of their own, to which a base may point."""
_KEPT = ("peft.PeftConfig", "transformers.TrainingArguments", "trl.GRPOConfig")
"""Bases with so many heirs in the same library that folding them in would fill the table."""
_NO_PARAMETERS = ("ABC", "Generic", "Mixin", "Protocol", "object")
"""Ends of names of classes that take no keywords."""


@dataclass
class Signatures:
    """Reads the signatures of a library's classes and functions."""

    library: Library
    marks: Marks = field(init=False)
    _read: dict[ast.ClassDef, Signature] = field(default_factory=dict[ast.ClassDef, Signature])
    _open: list[ast.ClassDef] = field(default_factory=list[ast.ClassDef])

    def __post_init__(self) -> None:
        self.marks = Marks(self.library)

    def of(self, found: Found) -> Signature:
        """The signature of a class or function."""
        if isinstance(found.node, ast.ClassDef):
            return self._of_class(found.module, found.node)
        return self._of_function(found.module, found.node)

    def of_method(self, found: Found, name: str) -> Signature | None:
        """The signature of a method of a class; None where neither it nor a base has one."""
        for each in self.lineage(found):
            node = method(each.node, name) if isinstance(each.node, ast.ClassDef) else None
            if node and isinstance(each.node, ast.ClassDef):
                return self._of_function(each.module, node, each.node)
        return None

    def lineage(self, found: Found) -> Sequence[Found]:
        """A class and its bases in the library, nearest first."""
        line = [found]
        for each in line:
            if isinstance(each.node, ast.ClassDef) and len(line) < _MAX_BASES:
                parents = self._parents(each.module, each.node)
                line += [parent for parent in parents if isinstance(parent, Found)]
        return line

    def _of_function(
        self, module: Module, node: ast.FunctionDef, owner: ast.ClassDef | None = None
    ) -> Signature:
        """The signature of a function, or of a method of `owner`."""
        read = function(node, module.constants, ast.get_docstring(owner) if owner else None)
        inherited, handover = self._handed_over(module, owner, read)
        signature = _composed(read, inherited, handover, module.name)
        marking = owner if owner and node.name == "__init__" else node
        if owner and node.name == "from_pretrained":
            # What it only passes on, as `torch_dtype`, is called deprecated by other methods.
            signature = self.marks.deprecated(signature, Found(module, owner))
        return self.marks.on(signature, Found(module, marking))

    def _of_class(self, module: Module, node: ast.ClassDef) -> Signature:
        if node in self._open or len(self._open) > _MAX_BASES:
            return Signature(module.name)
        if node not in self._read:
            self._open.append(node)
            try:
                self._read[node] = self._read_class(module, node)
            finally:
                self._open.pop()
        return self._read[node]

    def _read_class(self, module: Module, node: ast.ClassDef) -> Signature:
        if init := method(node, "__init__"):
            return self._of_function(module, init, node)
        if not _is_dataclass(node):
            return self._inherited(module, node)
        return self.marks.on(self._dataclass(module, node), Found(module, node))

    def _dataclass(self, module: Module, node: ast.ClassDef) -> Signature:
        inherited = self._inherited(module, node)
        parameters = dict(inherited.parameters)
        for name, parameter in _fields(module, node):
            if parameter:
                parameters[name] = parameter
            else:
                parameters.pop(name, None)
        where = module.name if any(_fields(module, node)) else inherited.module
        return inherited._replace(module=where, parameters=parameters, positional=None)

    def _inherited(self, module: Module, node: ast.ClassDef) -> Signature:
        """What the bases of a class take together."""
        signatures = [self._of_base(parent) for parent in self._parents(module, node)]
        parameters: dict[str, Parameter] = {}
        for signature in reversed(signatures):
            parameters.update(signature.parameters)
        bases = [base for signature in signatures for base in signature.bases]
        return Signature(
            module=next((each.module for each in signatures if each.parameters), module.name),
            parameters=parameters,
            bases=tuple(dict.fromkeys(bases)),
            positional=next((each.positional for each in signatures if each.positional), None),
            takes_any=any(each.takes_any for each in signatures),
        )

    def _parents(self, module: Module, node: ast.ClassDef) -> Iterator[Found | str]:
        for base in node.bases:
            name = dotted(base.value if isinstance(base, ast.Subscript) else base)
            root, _, rest = name.partition(".")
            found = self.library.find(module.name, root) or root
            if isinstance(found, str) and rest:
                found = self.library.find(f"{found}.{rest}".rpartition(".")[0], rest) or name
            yield found

    def _of_base(self, parent: Found | str) -> Signature:
        name = canonical_name(parent.name if isinstance(parent, Found) else parent)
        if isinstance(parent, Found) and name not in _KEPT:
            return self.of(parent)
        if name.endswith(_NO_PARAMETERS):
            return Signature(name)
        is_scanned = name.partition(".")[0] in _SCANNED
        return Signature(name, bases=(name,) if is_scanned else (), takes_any=not is_scanned)

    def _handed_over(
        self, module: Module, owner: ast.ClassDef | None, read: Function
    ) -> tuple[Signature | None, Handover | None]:
        """The signature of the base's method that gets the rest of the arguments."""
        for handover in read.handovers:
            target, _, name = handover.target.rpartition(".")
            if owner is None or name != "__init__":
                continue
            if target == "super()":
                return self._inherited(module, owner), handover
            for parent in self._parents(module, owner):
                if parent == target or (isinstance(parent, Found) and parent.node.name == target):
                    return self._of_base(parent), handover
        return None, None


def method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """A method that a class itself defines."""
    for child in statements(node.body):
        if isinstance(child, ast.FunctionDef) and child.name == name:
            return child
    return None


def _composed(
    read: Function, inherited: Signature | None, handover: Handover | None, module: str
) -> Signature:
    """A function's own parameters over those of the function that gets the rest."""
    if inherited is None or handover is None:
        parameters = {**read.parameters, **read.read}
        return Signature(
            module, parameters, positional=list(read.positional), takes_any=read.is_open
        )
    taken = {*handover.given, *(inherited.positional or ())[: handover.positional]}
    rest = {
        name: parameter
        for name, parameter in inherited.parameters.items()
        if name not in taken and name not in read.parameters
    }
    if not handover.passes_kwargs:
        rest = {name: rest[name] for name in inherited.positional or () if name in rest}
    is_alias = not read.parameters and not read.read
    return Signature(
        inherited.module if is_alias else module,
        {**read.parameters, **rest, **{n: p for n, p in read.read.items() if n not in rest}},
        bases=inherited.bases if handover.passes_kwargs else (),
        positional=_positional(read, inherited, handover),
        takes_any=inherited.takes_any and read.is_open,
    )


def _positional(read: Function, inherited: Signature, handover: Handover) -> Sequence[str] | None:
    """The order of a function's own arguments, then of those that `*args` hands on."""
    if not handover.passes_args:
        return list(read.positional)
    if inherited.positional is None:
        return list(read.positional) or None
    rest: list[str] = []
    for name in inherited.positional[handover.positional :]:
        if name in handover.given or name in read.parameters:
            break
        rest.append(name)
    return [*read.positional, *rest]


def _is_dataclass(node: ast.ClassDef) -> bool:
    return any(
        dotted(decorator.func if isinstance(decorator, ast.Call) else decorator).endswith(
            "dataclass"
        )
        for decorator in node.decorator_list
    )


def _fields(module: Module, node: ast.ClassDef) -> Iterator[tuple[str, Parameter | None]]:
    """The fields of a dataclass in order; None for one that `__init__` does not take."""
    constants = {**module.constants, **assigned(node.body)}
    declared = {
        child.target.id: child
        for child in statements(node.body)
        if isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name)
    }
    docs = parameter_docs(ast.get_docstring(node), declared)
    for name, child in declared.items():
        kind = _annotation(child.annotation)
        if kind in ("ClassVar", "KW_ONLY"):
            continue
        options = _field_options(child.value)
        if options is None:
            default = source(child.value, constants) if child.value else None
            yield name, Parameter(default, doc=docs.get(name))
        elif _is_false(options.get("init")):
            yield name, None
        else:
            doc = first_sentence(_help(options.get("metadata"))) or docs.get(name)
            yield name, Parameter(_default(options, constants), doc=doc)


def _annotation(node: ast.expr) -> str:
    """The outermost name of an annotation: "ClassVar" of `typing.ClassVar[int]`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.partition("[")[0].rpartition(".")[2]
    return dotted(node.value if isinstance(node, ast.Subscript) else node).rpartition(".")[2]


def _field_options(node: ast.expr | None) -> Mapping[str, ast.expr] | None:
    """The keywords of a call of `dataclasses.field`; None for any other value."""
    if not isinstance(node, ast.Call) or dotted(node.func).rpartition(".")[2] != "field":
        return None
    return {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _default(options: Mapping[str, ast.expr], constants: Mapping[str, ast.expr]) -> str | None:
    if default := options.get("default"):
        return source(default, constants)
    factory = options.get("default_factory")
    if isinstance(factory, ast.Lambda):
        return ast.unparse(factory.body)
    return f"{ast.unparse(factory)}()" if factory else None


def _help(metadata: ast.expr | None) -> str:
    if isinstance(metadata, ast.Dict):
        for key, value in zip(metadata.keys, metadata.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "help":
                return text_of(value)
    if isinstance(metadata, ast.Call):
        return text_of(next((k.value for k in metadata.keywords if k.arg == "help"), None))
    return ""
