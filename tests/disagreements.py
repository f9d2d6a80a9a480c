"""Compare expected signatures with the libraries that this Python has, by `inspect`.

Standard input: {canonical name: {"module", "takes_any", "positional", "parameters": {name:
{"default", "module", "deprecated"}}}}, a default as Python source, null where it must be given.
Standard output: {"compared": [name], "absent": {name: why}, "disagreements": [sentence],
"unlisted": [name]}. It is run by the Python whose libraries are compared, without Tunesmith.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

MISSING = "something that must be given"
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
EXPORTS = {
    "trl": ("Config", "Trainer"),
    "trl.trainer": ("Config", "Trainer"),
    "peft": ("Config",),
    "transformers": ("TrainingArguments", "Trainer"),
}


def found(name: str, module: str) -> Any:
    """The real object of a canonical name: in the module that defines it, else at the root."""
    root, _, path = name.partition(".")
    parts = path.removeprefix("experimental.").split(".")
    value: Any = importlib.import_module(module)
    if not hasattr(value, parts[0]):
        value = importlib.import_module(root)
    for part in parts:
        value = getattr(value, part)
    return value


def accepted(value: Any) -> list[inspect.Parameter]:
    """The parameters of a class's `__init__` or of a function, `self` left out."""
    function = value.__init__ if inspect.isclass(value) else value
    parameters = list(inspect.signature(function).parameters.values())
    is_bound = parameters and parameters[0].name in ("self", "cls")
    return parameters[1:] if is_bound else parameters


def default_of(value: Any, parameter: inspect.Parameter) -> Any:
    """What the parameter is where it is not given; a default factory's product."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            is_made = field.default_factory is not dataclasses.MISSING
            if field.name == parameter.name and is_made:
                return field.default_factory()
    return MISSING if parameter.default is inspect.Parameter.empty else parameter.default


def evaluated(source: str | None, value: Any, module: str) -> Any:
    """A default as the class body or the module that defines it would evaluate it."""
    if source is None:
        return MISSING
    scope: dict[str, Any] = {}
    for each in reversed(inspect.getmro(value) if inspect.isclass(value) else ()):
        scope.update(vars(sys.modules[each.__module__]))
    scope.update(vars(importlib.import_module(module)))
    for each in reversed(inspect.getmro(value) if inspect.isclass(value) else ()):
        scope.update(vars(each))
    return eval(source, scope)


def same(one: Any, other: Any) -> bool:
    if type(one) is type(other) and hasattr(one, "__dict__"):
        return vars(one) == vars(other)
    if isinstance(one, tuple) and isinstance(other, tuple):  # of PEFT 0.19: `field(...),`
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dataclasses.Field):
        return repr(one) == repr(other)
    return one is other or one == other or repr(one) == repr(other) == "nan"


def compare(name: str, expected: dict[str, Any], value: Any) -> Iterator[str]:
    parameters = accepted(value)
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    real = {each.name: each for each in parameters if each.kind not in variable}
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters)
    for extra in real.keys() - expected["parameters"].keys():
        yield f"{name} also takes {extra}"
    for parameter, about in expected["parameters"].items():
        if parameter in real:
            yield from compare_default(f"{name}.{parameter}", about, value, real[parameter])
        elif not takes_any and not about["deprecated"]:
            yield f"{name} does not take {parameter}"
    if expected["takes_any"] and not takes_any:
        yield f"{name} does not take any keyword"
    positional = [each.name for each in parameters if each.kind in POSITIONAL]
    is_first_only = dataclasses.is_dataclass(value) and len(expected["positional"]) == 1
    known = positional[:1] if is_first_only else positional
    if expected["positional"] != known and variable[0] not in {e.kind for e in parameters}:
        yield f"{name} takes by position {known}, not {expected['positional']}"


def compare_default(
    name: str, about: dict[str, Any], value: Any, parameter: inspect.Parameter
) -> Iterator[str]:
    real = default_of(value, parameter)
    try:
        default = evaluated(about["default"], value, about["module"])
    except Exception as error:
        yield f"{name}: {about['default']} cannot be evaluated: {error!r}"
        return
    if not same(real, default):
        yield f"{name} has the default {real!r}, not {about['default']}"


def unlisted(expected: dict[str, Any]) -> list[str]:
    """Public classes of the kinds that the tables hold, but which they lack."""
    missing: set[str] = set()
    for module, endings in EXPORTS.items():
        package = module.partition(".")[0]
        try:
            library = importlib.import_module(module)
        except ImportError:
            continue
        names = {*getattr(library, "__all__", ()), *dir(library)}
        missing |= {
            f"{package}.{name}"
            for name in names
            if name.endswith(endings) and name[0].isupper() and f"{package}.{name}" not in expected
        }
    return sorted(missing)


def main() -> None:
    answers = os.dup(1)
    os.dup2(2, 1)  # the libraries print
    expected = json.load(sys.stdin)
    compared: list[str] = []
    absent: dict[str, str] = {}
    disagreements: list[str] = []
    for name, about in expected.items():
        try:
            value = found(name, about["module"])
        except Exception as error:
            absent[name] = f"{type(error).__name__}: {error}"[:300]
            continue
        compared.append(name)
        disagreements += compare(name, about, value)
    answer = {
        "compared": compared,
        "absent": absent,
        "disagreements": disagreements,
        "unlisted": unlisted(expected),
    }
    with os.fdopen(answers, "w") as output:
        json.dump(answer, output)


if __name__ == "__main__":
    main()
