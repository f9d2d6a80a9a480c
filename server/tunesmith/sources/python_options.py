"""The command-line options that a script defines by itself."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tunesmith.named_tuple import NamedTuple
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
DATACLASS_PARSERS = frozenset({"transformers.HfArgumentParser", "trl.TrlParser"})
_DECLARATIONS = frozenset({"click.option", "typer.Option", "typer.Argument"})


class OwnOption(NamedTuple):
    """An option that a script defines.

    Attributes:
        names: as on a command line, "--model" and "-m"; none of a positional argument.
        destination: under which name the script gets its value.
        site: the call that declares it; None of fields and parameters.
    """

    names: tuple[str, ...]
    destination: str
    site: CallSite | None = None


def command_line_options(
    text: str, index: PythonIndex, names: Names, evaluator: Evaluator
) -> frozenset[str]:
    """The options as written on a command line: `--timeout`, `-e`."""
    if not _MENTIONS_OPTIONS.search(text):
        return frozenset()
    declared = OptionReader(index, names, evaluator).options()
    spelled = (name for option in declared for name in option.names)
    in_argv = _IN_ARGV.findall(text) if "argv" in text else ()
    return frozenset((*in_argv, *spelled))


class OptionReader:
    """Finds the options of one file."""

    def __init__(self, index: PythonIndex, names: Names, evaluator: Evaluator) -> None:
        self._index = index
        self._names = names
        self._evaluator = evaluator

    def options(self) -> Iterator[OwnOption]:
        """All of them, whichever library reads them."""
        for site in self._index.calls:
            function = site.node.func
            attribute = function.attr.value if isinstance(function, cst.Attribute) else ""
            name = self._names.qualified(function, site.block.scope) or ""
            if attribute == "add_argument" or name in _DECLARATIONS:
                yield self.declared(site)
            elif name in DATACLASS_PARSERS:
                yield from self._dataclass_options(site)
            elif name == "tyro.cli":
                yield from self._tyro_options(site)
            elif attribute.startswith("DEFINE_") and name.startswith("absl."):
                yield from self._absl_option(site)
        yield from self._typer_options()

    def declared(self, site: CallSite) -> OwnOption:
        """The option that a call of `add_argument`, `click.option` or `typer.Option` declares."""
        words, destination = list[str](), ""
        for argument in site.node.args:
            value = self._value(argument.value, site)
            if argument.keyword is not None:
                if argument.keyword.value == "dest" and isinstance(value, str):
                    destination = value
            elif isinstance(value, str):
                words += value.split("/")  # click's "--shout/--no-shout"
        names = tuple(word for word in words if word.startswith("-"))
        return OwnOption(names, destination or _destination(words), site)

    def _dataclass_options(self, site: CallSite) -> Iterator[OwnOption]:
        for node in self._own_classes(site):
            for field, _ in fields_of(node):
                yield OwnOption((*spellings(field), f"--no_{field}"), field)

    def _tyro_options(self, site: CallSite) -> Iterator[OwnOption]:
        for node in self._own_classes(site):
            for field, _ in fields_of(node):
                yield OwnOption(spellings(field), field)
        for argument in site.node.args[:1]:
            yield from self._parameter_options(argument.value, site)

    def _parameter_options(self, node: cst.BaseExpression, site: CallSite) -> Iterator[OwnOption]:
        if not isinstance(node, cst.Name):
            return
        binding = self._names.binding(node.value, site.block.scope)
        if binding and isinstance(binding.node, cst.FunctionDef):
            yield from _function_options(binding.node)

    def _absl_option(self, site: CallSite) -> Iterator[OwnOption]:
        value = self._value(site.node.args[0].value, site) if site.node.args else None
        if isinstance(value, str):
            yield OwnOption((f"--{value}", f"-{value}", f"--no{value}"), value, site)

    def _typer_options(self) -> Iterator[OwnOption]:
        """The parameters of functions under `@app.command()`, where typer is imported."""
        if "typer" not in self._index.scope.bindings:
            return
        for bindings in self._index.scope.bindings.values():
            for binding in bindings:
                node = binding.node
                if isinstance(node, cst.FunctionDef) and any(map(is_command, node.decorators)):
                    yield from _function_options(node)

    def _own_classes(self, site: CallSite) -> Iterator[cst.ClassDef]:
        """The own classes among a call's arguments, with their own bases."""
        for item in parsed_classes(site.node):
            own = self._names.own_class(item, site.block.scope)
            if own:
                yield own
                bases = self._names.ancestors(own)
                yield from (base for base in bases if isinstance(base, cst.ClassDef))

    def _value(self, node: cst.BaseExpression, site: CallSite) -> Value:
        return self._evaluator.evaluate(node, site.block, site.order)


def parsed_classes(node: cst.Call) -> Iterator[cst.BaseExpression]:
    """The classes that a parser of dataclasses is given, alone or in a tuple."""
    for argument in node.args:
        value = argument.value
        if isinstance(value, (cst.Tuple, cst.List)):
            yield from (element.value for element in value.elements)
        else:
            yield value


def spellings(name: str) -> tuple[str, ...]:
    """How a field or a parameter is written as an option."""
    return (f"--{name}", f"--{name.replace('_', '-')}") if "_" in name else (f"--{name}",)


def is_command(decorator: cst.Decorator) -> bool:
    """Whether it is `@app.command()` or the like, which makes options of parameters."""
    node = decorator.decorator
    function = node.func if isinstance(node, cst.Call) else node
    return isinstance(function, cst.Attribute) and function.attr.value in ("command", "callback")


def _function_options(node: cst.FunctionDef) -> Iterator[OwnOption]:
    for parameter in (*node.params.params, *node.params.kwonly_params):
        yield OwnOption(spellings(parameter.name.value), parameter.name.value)


def _destination(words: list[str]) -> str:
    """As argparse derives it: the first long option, else the first word."""
    long = (word for word in words if word.startswith("--"))
    word = next(long, words[0] if words else "")
    return word.lstrip("-").replace("-", "_")
