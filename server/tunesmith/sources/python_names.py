"""Names: which library object an expression means, and which class of the file's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

import libcst as cst

from tunesmith.sources.python_index import PythonIndex
from tunesmith.sources.python_scopes import (
    BUILTIN_NAMES,
    Binding,
    BindingKind,
    Block,
    Scope,
    ScopeKind,
)

_RE_EXPORTING_PACKAGES = frozenset(
    [
        "accelerate",
        "bitsandbytes",
        "datasets",
        "diffusers",
        "evaluate",
        "huggingface_hub",
        "optimum",
        "peft",
        "safetensors",
        "tokenizers",
        "trackio",
        "transformers",
        "trl",
        "unsloth",
    ]
)
"""Libraries that export at their root what their modules define: one name for one thing."""
_MAX_ALIASES = 10
_MAX_ANCESTORS = 50


@lru_cache(maxsize=4096)
def canonical_name(name: str) -> str:
    """The public name of a library's object, wherever it was imported from.

    `trl.trainer.sft_trainer.SFTTrainer` is `trl.SFTTrainer`; what lives below an `experimental`
    module keeps that: `trl.experimental.gold.GOLDTrainer` is `trl.experimental.GOLDTrainer`.
    So do the objects of TRL's own scripts, of which several are called `ScriptArguments`.
    A class's attribute stays: `transformers.AutoModel.from_pretrained`. Other packages' names are
    left alone: `torch.cuda.is_available`.
    """
    root, *path = name.split(".")
    if root not in _RE_EXPORTING_PACKAGES or not path:
        return name
    classes = (index for index, part in enumerate(path) if part.lstrip("_")[:1].isupper())
    start = next(classes, len(path) - 1)
    if path[0] == "scripts" and path[1:2] != ["utils"] and start > 1:
        return name
    experimental = ["experimental"] if "experimental" in path[:start] else []
    return ".".join((root, *experimental, *path[start:]))


class Names:
    """Resolves the names of one file."""

    def __init__(self, index: PythonIndex) -> None:
        self._index = index
        self._resolved: dict[tuple[int, str], str | None] = {}
        self._bindings: dict[tuple[int, str], Binding | None] = {}

    def qualified(self, node: cst.BaseExpression, scope: Scope) -> str | None:
        """The canonical name of the library object that an expression means; None if unsure."""
        name = self._resolve(node, scope, 0)
        return canonical_name(name) if name else None

    def binding(self, name: str, scope: Scope) -> Binding | None:
        """The one binding that a name read in a scope can mean; None if there is not just one."""
        key = (id(scope), name)
        if key not in self._bindings:
            self._bindings[key] = self._only_binding(name, scope)
        return self._bindings[key]

    def _only_binding(self, name: str, scope: Scope) -> Binding | None:
        holder = scope.holder(name)
        if holder is None:
            return None
        bindings = _without_fallbacks(holder.bindings[name])
        first = bindings[0]
        is_hidden = any(order > first.order for _, order in holder.star_imports)
        if is_hidden and not _is_of_library(first):
            return None
        if len(bindings) == 1:
            return first
        targets = {
            canonical_name(binding.target) if binding.target else None for binding in bindings
        }
        return first if len(targets) == 1 and None not in targets else None

    def own_class(self, node: cst.BaseExpression, scope: Scope) -> cst.ClassDef | None:
        """The class of this file that an expression means."""
        for _ in range(_MAX_ALIASES):
            binding = self.binding(node.value, scope) if isinstance(node, cst.Name) else None
            if binding is None:
                return None
            if isinstance(binding.node, cst.ClassDef):
                return binding.node
            if not isinstance(binding.node, cst.BaseExpression):
                return None
            node, scope = binding.node, binding.block.scope
        return None

    def bases(self, node: cst.ClassDef) -> Iterator[str | cst.ClassDef]:
        """The bases of an own class that are known: canonical names and own classes."""
        scope = self._index.class_scopes[id(node)].parent
        for argument in node.bases:
            if scope is not None:
                base = self.qualified(argument.value, scope) or self.own_class(
                    argument.value, scope
                )
                if base and base is not node:
                    yield base

    def ancestors(self, node: cst.ClassDef) -> Iterator[str | cst.ClassDef]:
        """The known bases and their bases, nearest first, each own class once."""
        seen: set[int] = {id(node)}
        pending: list[str | cst.ClassDef] = list(self.bases(node))
        while pending and len(seen) < _MAX_ANCESTORS:
            base = pending.pop(0)
            if isinstance(base, cst.ClassDef):
                if id(base) in seen:
                    continue
                seen.add(id(base))
                pending += self.bases(base)
            yield base

    def constructed(self, node: cst.ClassDef) -> Sequence[str]:
        """The library classes whose `__init__` a call of an own class runs."""
        if self.defines(node, "__init__"):
            return ()
        names: list[str] = []
        for base in self.ancestors(node):
            if isinstance(base, str):
                names.append(base)
            elif self.defines(base, "__init__"):
                break
        return names

    def defines(self, node: cst.ClassDef, name: str) -> bool:
        """Whether the body of an own class binds a name or declares it (`rank: int`)."""
        return name in self._index.class_scopes[id(node)].bindings or any(
            isinstance(line, cst.AnnAssign)
            and isinstance(line.target, cst.Name)
            and line.target.value == name
            for statement in node.body.body
            if isinstance(statement, cst.SimpleStatementLine)
            for line in statement.body
        )

    def class_around(self, block: Block) -> cst.ClassDef | None:
        """The class whose method a block belongs to."""
        scope: Scope | None = block.scope
        while scope:
            if scope.kind is ScopeKind.CLASS and isinstance(scope.node, cst.ClassDef):
                return scope.node
            scope = scope.parent
        return None

    def _resolve(self, node: cst.BaseExpression, scope: Scope, aliases: int) -> str | None:
        attributes: list[str] = []
        while isinstance(node, cst.Attribute):
            attributes.append(node.attr.value)
            node = node.value
        if not isinstance(node, cst.Name):
            return None
        root = self._resolve_name(node.value, scope, aliases)
        if root is None or not attributes:
            return root
        is_patched = attributes[0] in self._patched
        return None if is_patched else ".".join((root, *reversed(attributes)))

    @cached_property
    def _patched(self) -> frozenset[str]:
        """The classes and functions that the file replaces in a module: `trl.SFTTrainer = ...`."""
        return frozenset(
            attribute
            for attribute, changes in self._index.attribute_assignments.items()
            for change in changes
            if isinstance(change.base, cst.Name)
            and (binding := self.binding(change.base.value, change.block.scope))
            and binding.kind is BindingKind.IMPORT
        )

    def _resolve_name(self, name: str, scope: Scope, aliases: int) -> str | None:
        key = (id(scope), name)
        if key not in self._resolved:
            self._resolved[key] = self._look_up(name, scope, aliases)
        return self._resolved[key]

    def _look_up(self, name: str, scope: Scope, aliases: int) -> str | None:
        binding = self.binding(name, scope)
        if binding is None:
            return self._unbound(name, scope) if scope.holder(name) is None else None
        if binding.kind is BindingKind.IMPORT:
            return binding.target
        node, may_follow = binding.node, aliases < _MAX_ALIASES
        if binding.kind is not BindingKind.ASSIGNMENT or not may_follow:
            return None
        is_alias = isinstance(node, (cst.Name, cst.Attribute))
        return self._resolve(node, binding.block.scope, aliases + 1) if is_alias else None

    def _unbound(self, name: str, scope: Scope) -> str | None:
        """A name that nothing binds: a built-in, or of the file's only star import."""
        modules = [module for module, _ in scope.module.star_imports]
        if name in BUILTIN_NAMES:
            return None if modules else f"builtins.{name}"
        return f"{modules[0]}.{name}" if len(modules) == 1 else None


def _is_of_library(binding: Binding) -> bool:
    """Whether an import names a thing of a library: what `from helpers import *` leaves alone.

    It could replace it; who imports a name and means another of the same name is not met.
    """
    target = binding.target if binding.kind is BindingKind.IMPORT else None
    return target is not None and target.partition(".")[0] in _RE_EXPORTING_PACKAGES


def _without_fallbacks(bindings: Sequence[Binding]) -> Sequence[Binding]:
    """Leave out `X = None` in `except ImportError:` beside an import of X."""
    if len(bindings) == 1:
        return bindings
    imported = [binding for binding in bindings if binding.kind is BindingKind.IMPORT]
    others = [binding for binding in bindings if binding.kind is not BindingKind.IMPORT]
    if imported and all(map(_is_stand_in, others)):
        return imported
    return bindings


def _is_stand_in(binding: Binding) -> bool:
    return binding.block.is_fallback and binding.kind in (
        BindingKind.ASSIGNMENT,
        BindingKind.CLASS,
        BindingKind.FUNCTION,
    )
