"""Functions and methods of a file: which one a call means, and what it is called with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import libcst as cst

from tunesmith.sources.python_index import CallSite, PythonIndex
from tunesmith.sources.python_names import Names
from tunesmith.sources.python_scopes import BindingKind, Block


class OwnFunctions:
    """Finds the functions of one file and their calls. A method is told by its name alone."""

    def __init__(self, index: PythonIndex, names: Names) -> None:
        self._index = index
        self._names = names

    def called(self, node: cst.BaseExpression, block: Block) -> cst.FunctionDef | None:
        """The function that an expression means; of methods of one name none."""
        if isinstance(node, cst.Name):
            binding = self._names.binding(node.value, block.scope)
            return binding.node if binding and isinstance(binding.node, cst.FunctionDef) else None
        if isinstance(node, cst.Attribute):
            methods = self._methods.get(node.attr.value, ())
            return methods[0] if len(methods) == 1 else None
        return None

    def calls_of(self, function: cst.FunctionDef) -> Iterator[CallSite]:
        """Where a function is called; of `__init__`, where its class is."""
        name, owner = function.name.value, self._owners.get(id(function))
        if owner is not None and name == "__init__":
            for site in self._sites.get(owner.name.value, ()):
                if self._names.own_class(site.node.func, site.block.scope) is owner:
                    yield site
            return
        for site in self._sites.get(name, ()):
            is_method = isinstance(site.node.func, cst.Attribute)
            if is_method is (owner is not None):
                yield site

    @cached_property
    def _sites(self) -> dict[str, list[CallSite]]:
        """The calls by the last name of what is called."""
        found: dict[str, list[CallSite]] = {}
        for site in self._index.calls:
            function = site.node.func
            if isinstance(function, cst.Name):
                found.setdefault(function.value, []).append(site)
            elif isinstance(function, cst.Attribute):
                found.setdefault(function.attr.value, []).append(site)
        return found

    @cached_property
    def _owners(self) -> dict[int, cst.ClassDef]:
        """The class of each method, by the function's node."""
        return {
            id(method): node for node, _ in self._index.classes for method in self._methods_of(node)
        }

    @cached_property
    def _methods(self) -> dict[str, list[cst.FunctionDef]]:
        found: dict[str, list[cst.FunctionDef]] = {}
        for node, _ in self._index.classes:
            for method in self._methods_of(node):
                found.setdefault(method.name.value, []).append(method)
        return found

    def _methods_of(self, node: cst.ClassDef) -> Iterator[cst.FunctionDef]:
        for bindings in self._index.class_scopes[id(node)].bindings.values():
            for binding in bindings:
                if binding.kind is BindingKind.FUNCTION:
                    assert isinstance(binding.node, cst.FunctionDef)
                    yield binding.node


def argument_of(site: CallSite, function: cst.FunctionDef, name: str) -> cst.BaseExpression | bool:
    """What a call gives for a parameter: False where nothing, True where nobody can tell."""
    names = [each.name.value for each in function.params.params]
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    place = 0
    for argument in site.node.args:
        if argument.star:
            return True
        if argument.keyword is None:
            if names[place : place + 1] == [name]:
                return argument.value
            place += 1
        elif argument.keyword.value == name:
            return argument.value
    return False
