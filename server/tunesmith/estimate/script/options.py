"""What a script's own options are worth: passed by a launch, or their defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from tunesmith.estimate.script.namespace import namespace
from tunesmith.estimate.script.passed import Passed, converted
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_classes import fields_of
from tunesmith.sources.python_index import CallSite
from tunesmith.sources.python_options import (
    DATACLASS_PARSERS,
    OptionReader,
    OwnOption,
    is_command,
    parsed_classes,
    spellings,
)
from tunesmith.sources.python_scopes import Block
from tunesmith.sources.python_values import ListValue, Reference, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN, Absent, Unknown

if TYPE_CHECKING:
    from tunesmith.estimate.script.evaluator import RunEvaluator

DefaultsOf = Callable[[str], "Mapping[str, Value] | None"]
"""The parameters of a library's class with their defaults; None where it is not known."""
_STARTERS = ("typer.run", "fire.Fire", "tyro.cli", "tyro.extras.subcommand_cli")


class Options:
    """The values that the command line decides.

    Args:
        evaluator: what expressions of the script are worth.
        passed: what the launch passes.
        defaults_of: what a library's class takes.
        takes_defaults: whether a default counts where no launch is known.
    """

    def __init__(
        self,
        evaluator: RunEvaluator,
        passed: Passed,
        defaults_of: DefaultsOf,
        *,
        takes_defaults: bool,
    ) -> None:
        self._evaluator = evaluator
        self._passed = passed
        self._defaults_of = defaults_of
        self._takes_defaults = takes_defaults
        self._known: dict[int, Value] = {}
        self._methods: Mapping[str, Callable[[cst.Call, Block, int], Value]] = {
            "parse_args": self._argparse,
            "parse_known_args": self._known_argparse,
            "parse_args_into_dataclasses": self._dataclasses,
            "parse_args_and_config": self._dataclasses,
        }

    def overridable(self, default: Value, name: str, *, is_told: bool | None = None) -> Value:
        """A default that whoever starts the script may override by `name`.

        Args:
            default: the value.
            name: the option, the variable or the parameter.
            is_told: nobody did; None: where a launch is known.
        """
        is_told = self._passed.is_told if is_told is None else is_told
        if is_told or default is UNKNOWN:
            return default
        if not self._takes_defaults:
            return UNKNOWN
        self._evaluator.uses(name)
        return default

    def variable(self, name: Value, default: Value) -> Value:
        """An environment variable: as the launch sets it, else the default that is given."""
        if not isinstance(name, str):
            return UNKNOWN
        given = self._passed.variable(name)
        if given is not ABSENT:
            return given
        return self.overridable(default, name, is_told=self._passed.tells_variables)

    def parsed(self, node: cst.Call, block: Block, order: int) -> Value:
        """What a method of a parser gives; ABSENT where it is none."""
        method = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
        if method not in self._methods:
            return ABSENT
        if id(node) not in self._known:
            self._known[id(node)] = self._methods[method](node, block, order)
        return self._known[id(node)]

    def tyro(self, node: cst.Call, block: Block) -> Value:
        """`tyro.cli(Config)`."""
        if id(node) not in self._known:
            kind = node.args[0].value if node.args else node.func
            self._known[id(node)] = self._instance(kind, node, block)
        return self._known[id(node)]

    def parameter(self, function: cst.FunctionDef, name: str, default: Value) -> Value:
        """The parameter of a function that a command line calls; ABSENT of other functions."""
        if not self._is_started(function):
            return ABSENT
        declared = next((o for o in self._decorations(function) if o.destination == name), None)
        names = declared.names if declared else spellings(name)
        if declared and declared.site:
            return self._declared_value(declared, declared.site)
        if isinstance(default, Call) and default.name in ("typer.Option", "typer.Argument"):
            default = default.value("default", 0)
            default = UNKNOWN if default is ABSENT else default
        given = self._passed.value(names)
        return self.overridable(default, names[0]) if given is ABSENT else given

    # argparse

    @cached_property
    def _arguments(self) -> Mapping[str, OwnOption]:
        """The arguments that `add_argument` declares, by destination."""
        evaluator = self._evaluator
        reader = OptionReader(evaluator.index, evaluator.names, evaluator)
        return {
            option.destination: option
            for site in evaluator.index.calls
            if isinstance(site.node.func, cst.Attribute)
            and site.node.func.attr.value == "add_argument"
            and (option := reader.declared(site)).destination
        }

    def _argparse(self, node: cst.Call, block: Block, order: int) -> Value:
        if not self._arguments:
            return UNKNOWN
        return namespace(self._arguments, node, self._argument)

    def _known_argparse(self, node: cst.Call, block: Block, order: int) -> Value:
        return ListValue((self._argparse(node, block, order), UNKNOWN))

    def _argument(self, destination: str) -> Value:
        option = self._arguments[destination]
        return self._declared_value(option, option.site) if option.site else UNKNOWN

    def _declared_value(self, option: OwnOption, site: CallSite) -> Value:
        given = self._passed.option(option.names) if option.names else ABSENT
        if isinstance(given, Unknown) or not option.names:
            return UNKNOWN
        action = self._keyword(site, "action")
        if not isinstance(given, Absent):
            if isinstance(action, str) and action.startswith("store_"):
                return action == "store_true"
            if not given:
                return True
            takes_list = self._keyword(site, "nargs") not in (ABSENT, None, "?")
            values = [self._typed(word, site) for word in given]
            return ListValue(values) if takes_list else values[0]
        default = self._keyword(site, "default")
        if default is ABSENT:
            if self._keyword(site, "required") is True:
                return UNKNOWN
            default = {"store_true": False, "store_false": True}.get(str(action))
        return self.overridable(default, _shown(option.names))

    def _typed(self, word: str | None, site: CallSite) -> Value:
        kind = self._keyword(site, "type")
        if kind is ABSENT or kind == Reference("builtins.str"):
            return UNKNOWN if word is None else word
        return converted(word)

    def _keyword(self, site: CallSite, name: str) -> Value:
        for argument in site.node.args:
            if argument.keyword and argument.keyword.value == name:
                return self._evaluator.evaluate(argument.value, site.block, site.order)
        return ABSENT

    # Dataclasses

    def _dataclasses(self, node: cst.Call, block: Block, order: int) -> Value:
        function = node.func
        assert isinstance(function, cst.Attribute)
        parser = self._evaluator.evaluate(function.value, block, order)
        if not isinstance(parser, Call) or parser.name not in DATACLASS_PARSERS:
            return UNKNOWN
        kinds = parsed_classes(parser.node)
        return ListValue([self._instance(kind, node, parser.block) for kind in kinds])

    def _instance(self, kind: cst.BaseExpression, node: cst.Call, block: Block) -> Value:
        """What a parser makes of a class's fields."""
        names = self._evaluator.names
        own = names.own_class(kind, block.scope)
        if own is None:
            name = names.qualified(kind, block.scope) or ""
            defaults = self._defaults_of(name) if name else None
        else:
            name = next(iter(names.constructed(own)), "")
            defaults = {**((name and self._defaults_of(name)) or {}), **self._fields(own)}
        if defaults is None:
            return UNKNOWN
        return namespace(defaults, node, lambda key: self._field(key, defaults, own), name)

    def _fields(self, own: cst.ClassDef) -> Mapping[str, Value]:
        bases = [each for each in self._evaluator.names.ancestors(own) if not isinstance(each, str)]
        return {name: UNKNOWN for node in (own, *bases) for name, _ in fields_of(node)}

    def _field(self, name: str, defaults: Mapping[str, Value], own: cst.ClassDef | None) -> Value:
        given = self._passed.value((*spellings(name), f"--no_{name}"))
        if given is not ABSENT:
            negated = self._passed.option((f"--no_{name}",)) is not ABSENT
            return False if negated and given is True else given
        of_recipe = self._passed.of_recipe(name)
        if of_recipe is not ABSENT:
            return of_recipe
        default = self._evaluator.class_attribute(own, name) if own else ABSENT
        default = defaults[name] if default is ABSENT else default
        return self.overridable(UNKNOWN if default is ABSENT else default, f"--{name}")

    # Functions that a command line calls

    def _decorations(self, function: cst.FunctionDef) -> Iterator[OwnOption]:
        evaluator = self._evaluator
        reader = OptionReader(evaluator.index, evaluator.names, evaluator)
        for decorator in function.decorators:
            node = decorator.decorator
            if isinstance(node, cst.Call):
                site = evaluator.index.call_site(node)
                name = evaluator.names.qualified(node.func, site.block.scope)
                if name == "click.option":
                    yield reader.declared(site)

    def _is_started(self, function: cst.FunctionDef) -> bool:
        if any(map(is_command, function.decorators)):
            return True
        names = self._evaluator.names
        return any(
            names.qualified(site.node.func, site.block.scope) in _STARTERS
            and any(
                isinstance(argument.value, cst.Name) and argument.value.value == function.name.value
                for argument in site.node.args[:1]
            )
            for site in self._evaluator.index.calls
        )


def _shown(names: tuple[str, ...]) -> str:
    return max(names, key=len)
