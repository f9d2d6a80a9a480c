"""The modules of a library as syntax trees, and where a name in one of them is defined."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from tunesmith.knowledge.scan.types import ReadFile

Definition: TypeAlias = "ast.ClassDef | ast.FunctionDef"
_MAX_IMPORTS = 20


@dataclass(frozen=True, slots=True)
class Import:
    """A name that an import binds: `name` of `module`, or the module itself where it is None."""

    module: str
    name: str | None


@dataclass(frozen=True)
class Module:
    """A module of a library.

    Attributes:
        name: dotted, as "trl.trainer.sft_config".
        path: below site-packages.
    """

    name: str
    path: str
    tree: ast.Module

    @cached_property
    def definitions(self) -> Mapping[str, Definition]:
        """Classes and functions of the top level, also below `if`, `try` and `with`.

        The first of several wins: the others stand in for it where something is missing.
        """
        found: dict[str, Definition] = {}
        for node in statements(self.tree.body):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not _is_overload(node):
                found.setdefault(node.name, node)
        return found

    @cached_property
    def imports(self) -> Mapping[str, Import]:
        """What imports of the top level bind; the first of several wins."""
        found: dict[str, Import] = {}
        for node in statements(self.tree.body):
            for name, imported in _imported(node, self._package):
                found.setdefault(name, imported)
        return found

    @cached_property
    def star_imports(self) -> Collection[str]:
        """The modules whose names are all imported."""
        return [
            module
            for node in statements(self.tree.body)
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
            if (module := _absolute(node, self._package))
        ]

    @cached_property
    def constants(self) -> Mapping[str, ast.expr]:
        """What names of the top level stand for."""
        return assigned(self.tree.body)

    @property
    def _package(self) -> str:
        is_package = self.path.endswith("/__init__.py")
        return self.name if is_package else self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Found:
    """A class or function and the module that defines it."""

    module: Module
    node: Definition

    @property
    def name(self) -> str:
        """The dotted name of the place of its definition."""
        return f"{self.module.name}.{self.node.name}"


@dataclass
class Library:
    """The source files of one release; each is read when it is first needed."""

    read_file: ReadFile
    files: Collection[str]
    _modules: dict[str, Module | None] = field(default_factory=dict[str, "Module | None"])

    def __post_init__(self) -> None:
        self.files = frozenset(self.files)

    def read(self, path: str) -> str | None:
        """The text of a file of this release; None where there is none."""
        return self.read_file(path) if path in self.files else None

    def module(self, name: str) -> Module | None:
        """A module by its dotted name; None where there is none or it does not parse."""
        if name not in self._modules:
            self._modules[name] = self._load(name)
        return self._modules[name]

    def find(self, module: str, name: str) -> Found | str | None:
        """What a name in a module means.

        Returns:
            the class or function; the dotted name of what is imported from another library or
            cannot be found; None for a name that nothing binds.
        """
        return self._find(module, name, frozenset())

    def _find(self, module: str, name: str, seen: frozenset[tuple[str, str]]) -> Found | str | None:
        at = self.module(module)
        if at is None or (module, name) in seen or len(seen) > _MAX_IMPORTS:
            return f"{module}.{name}"
        if name in at.definitions:
            return Found(at, at.definitions[name])
        seen |= {(module, name)}
        if imported := at.imports.get(name):
            if imported.name is None:
                return imported.module
            return self._find(imported.module, imported.name, seen)
        for star in at.star_imports:
            if isinstance(found := self._find(star, name, seen), Found):
                return found
        return None

    def _load(self, name: str) -> Module | None:
        stem = name.replace(".", "/")
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            text = self.read(path)
            if text is not None and (tree := parsed(text)):
                return Module(name, path, tree)
        return None


def parsed(text: str) -> ast.Module | None:
    """The tree of a source text; None where it is not valid for this Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # escapes that a newer Python frowns at
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def assigned(body: Iterable[ast.stmt]) -> Mapping[str, ast.expr]:
    """The names that a block assigns, with their last value where every condition in it holds."""
    values: dict[str, ast.expr] = {}
    for node in statements(body, alternatives=False):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            values[node.target.id] = node.value
    return values


def dotted(node: ast.expr) -> str:
    """The text of a dotted name; "" for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def statements(body: Iterable[ast.stmt], alternatives: bool = True) -> Iterator[ast.stmt]:
    """The statements of a block and of the `if`, `try` and `with` blocks in it, in order.

    With `alternatives` also those below `else` and `except`.
    """
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from statements(node.body, alternatives)
        if alternatives and isinstance(node, (ast.If, ast.Try)):
            for handler in node.handlers if isinstance(node, ast.Try) else ():
                yield from statements(handler.body)
            yield from statements(node.orelse)


def _is_overload(node: Definition) -> bool:
    return any(dotted(decorator).endswith("overload") for decorator in node.decorator_list)


def _imported(node: ast.stmt, package: str) -> Iterator[tuple[str, Import]]:
    if isinstance(node, ast.ImportFrom):
        module = _absolute(node, package)
        for alias in node.names if module else ():
            yield alias.asname or alias.name, Import(module, alias.name)
    elif isinstance(node, ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            yield alias.asname or root, Import(alias.name if alias.asname else root, None)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that a `from` names; "" where it lies above the package."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    if node.level > len(parts):
        return ""
    return ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])
