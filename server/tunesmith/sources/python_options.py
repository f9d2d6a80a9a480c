"""The command-line options that a script defines by itself."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tunesmith.sources.python_classes import fields_of
from tunesmith.sources.python_evaluate import Evaluator
from tunesmith.sources.python_index import CallSite, PythonIndex
from tunesmith.sources.python_names import Names
from tunesmith.sources.python_values import Value
from tunesmith.text import regex

_MENTIONS_OPTIONS = regex(
    r"add_argument|\bclick\b|\btyper\b|HfArgumentParser|TrlParser|sys\.argv|\btyro\b|DEFINE_"
)
_IN_ARGV = regex(r"""["'](--?[A-Za-z][\w-]*)=?["']\s+in\s+(?:sys\.)?argv\b""")
_DATACLASS_PARSERS = frozenset({"transformers.HfArgumentParser", "trl.TrlParser"})
_DECLARATIONS = frozenset({"click.option", "typer.Option", "typer.Argument"})


def command_line_options(
    text: str, index: PythonIndex, names: Names, evaluator: Evaluator
) -> frozenset[str]:
    """The options as written on a command line: `--timeout`, `-e`."""
    if not _MENTIONS_OPTIONS.search(text):
        return frozenset()
    reader = _Reader(index, names, evaluator)
    return frozenset((*_IN_ARGV.findall(text), *reader.options()))


class _Reader:
    def __init__(self, index: PythonIndex, names: Names, evaluator: Evaluator) -> None:
        self._index = index
        self._names = names
        self._evaluator = evaluator

    def options(self) -> Iterator[str]:
        for site in self._index.calls:
            function = site.node.func
            attribute = function.attr.value if isinstance(function, cst.Attribute) else ""
            name = self._names.qualified(function, site.block.scope) or ""
            if attribute == "add_argument" or name in _DECLARATIONS:
                yield from self._strings(site)
            elif name in _DATACLASS_PARSERS:
                yield from self._dataclass_options(site)
            elif name == "tyro.cli":
                yield from self._tyro_options(site)
            elif attribute.startswith("DEFINE_") and name.startswith("absl."):
                yield from self._absl_option(site)
        yield from self._typer_options()

    def _strings(self, site: CallSite) -> Iterator[str]:
        for argument in site.node.args:
            value = None if argument.keyword else self._value(argument.value, site)
            if isinstance(value, str) and value.startswith("-"):
                yield from value.split("/")  # click's "--shout/--no-shout"

    def _dataclass_options(self, site: CallSite) -> Iterator[str]:
        for node in self._own_classes(site):
            for field, _ in fields_of(node):
                yield from _spellings(field)
                yield f"--no_{field}"

    def _tyro_options(self, site: CallSite) -> Iterator[str]:
        for node in self._own_classes(site):
            for field, _ in fields_of(node):
                yield from _spellings(field)
        for argument in site.node.args[:1]:
            yield from self._parameter_options(argument.value, site)

    def _parameter_options(self, node: cst.BaseExpression, site: CallSite) -> Iterator[str]:
        if not isinstance(node, cst.Name):
            return
        binding = self._names.binding(node.value, site.block.scope)
        if binding and isinstance(binding.node, cst.FunctionDef):
            yield from _function_options(binding.node)

    def _absl_option(self, site: CallSite) -> Iterator[str]:
        value = self._value(site.node.args[0].value, site) if site.node.args else None
        if isinstance(value, str):
            yield from (f"--{value}", f"-{value}", f"--no{value}")

    def _typer_options(self) -> Iterator[str]:
        """The parameters of functions under `@app.command()`, where typer is imported."""
        if "typer" not in self._index.scope.bindings:
            return
        for bindings in self._index.scope.bindings.values():
            for binding in bindings:
                node = binding.node
                if isinstance(node, cst.FunctionDef) and any(map(_is_command, node.decorators)):
                    yield from _function_options(node)

    def _own_classes(self, site: CallSite) -> Iterator[cst.ClassDef]:
        """The own classes among a call's arguments, alone or in a tuple, with their own bases."""
        for argument in site.node.args:
            value = argument.value
            items = [value]
            if isinstance(value, (cst.Tuple, cst.List)):
                items = [element.value for element in value.elements]
            for item in items:
                own = self._names.own_class(item, site.block.scope)
                if own:
                    yield own
                    bases = self._names.ancestors(own)
                    yield from (base for base in bases if isinstance(base, cst.ClassDef))

    def _value(self, node: cst.BaseExpression, site: CallSite) -> Value:
        return self._evaluator.evaluate(node, site.block, site.order)


def _function_options(node: cst.FunctionDef) -> Iterator[str]:
    for parameter in (*node.params.params, *node.params.kwonly_params):
        yield from _spellings(parameter.name.value)


def _spellings(name: str) -> Iterator[str]:
    yield f"--{name}"
    if "_" in name:
        yield f"--{name.replace('_', '-')}"


def _is_command(decorator: cst.Decorator) -> bool:
    node = decorator.decorator
    function = node.func if isinstance(node, cst.Call) else node
    return isinstance(function, cst.Attribute) and function.attr.value in ("command", "callback")
