"""Adds what a library says of deprecations and allowed values to the parameters that it reads."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tunesmith.knowledge.scan.choices import choices_of
from tunesmith.knowledge.scan.deprecations import Deprecation, deprecations_of
from tunesmith.knowledge.scan.modules import Definition, Found, Library, dotted
from tunesmith.knowledge.scan.types import Parameter, Signature

_T = TypeVar("_T")


@dataclass
class Marks:
    """What the definitions of a library say, each read once."""

    library: Library
    _deprecations: dict[Definition, Mapping[str, Deprecation]] = field(
        default_factory=dict[Definition, Mapping[str, Deprecation]]
    )
    _choices: dict[Definition, Mapping[str, Sequence[str]]] = field(
        default_factory=dict[Definition, Mapping[str, Sequence[str]]]
    )

    def on(self, signature: Signature, found: Found, prefix: str = "") -> Signature:
        """A signature with what a definition says of its parameters.

        With the prefix "args." it is what a trainer says of its configuration.
        """
        marked = self.deprecated(signature, found, prefix)
        parameters = dict(marked.parameters)
        for name, choices in _of(self._choices[found.node], prefix).items():
            if name in parameters:
                parameters[name] = parameters[name]._replace(choices=list(choices))
        return marked._replace(parameters=parameters)

    def deprecated(self, signature: Signature, found: Found, prefix: str = "") -> Signature:
        """A signature with what a definition calls deprecated."""
        self._read(found)
        parameters = dict(signature.parameters)
        for name, mark in _of(self._deprecations[found.node], prefix).items():
            parameter = parameters.get(name)
            if parameter is None and not prefix and name in _old_names(found.node):
                parameter = Parameter(default="None")
            if parameter:
                parameters[name] = parameter._replace(
                    deprecated=mark.message, replaced_by=mark.replaced_by
                )
        return signature._replace(parameters=parameters)

    def _read(self, found: Found) -> None:
        if found.node not in self._choices:
            self._deprecations[found.node] = deprecations_of(found.node)
            self._choices[found.node] = choices_of(found, self.library)


def _of(marks: Mapping[str, _T], prefix: str) -> Mapping[str, _T]:
    """The marks whose names bear the prefix, without it."""
    return {
        name.removeprefix(prefix): mark
        for name, mark in marks.items()
        if name.startswith(prefix) and "." not in name.removeprefix(prefix)
    }


def _old_names(node: Definition) -> set[str]:
    """Names that a decorator lets pass for new ones."""
    functions = node.body if isinstance(node, ast.ClassDef) else [node]
    return {
        str(decorator.args[0].value)
        for function in functions
        if isinstance(function, ast.FunctionDef) and function.name in ("__init__", node.name)
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
        and dotted(decorator.func).endswith("deprecate_kwarg")
        and decorator.args
        and isinstance(decorator.args[0], ast.Constant)
    }
