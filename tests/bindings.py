"""Bind calls to the objects of the libraries that this Python has: which keywords raise TypeError?

Standard input: [{"name": canonical name, "module", "positional": count, "keywords": [name]}].
Standard output, a line each: {"refused": [keyword], "completed": [what else had to be put right]},
or {"absent": why}. What wraps a function (deprecations that still take an old keyword) runs, its
body does not; an `__init__` that hands `**kwargs` on takes what its base takes. It is run by the
Python whose libraries are asked, without Tunesmith.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import re
import sys
from collections.abc import Callable
from types import CellType, FunctionType
from typing import Any

from disagreements import found

Bind = Callable[..., inspect.BoundArguments]
UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")
MISSING = re.compile(r"missing a required (?:keyword-only )?argument: '(\w+)'")
HANDS_ON = re.compile(r"super\(\).__init__\([^)]*\*\*kwargs")
REPEATED = re.compile(r"(?:multiple values for argument '|Both `)(\w+)")


def without_body(function: Callable[..., Any], bind: Bind) -> Callable[..., Any]:
    """A function that takes what another takes, as a way to bind says, and does nothing else."""
    inner = getattr(function, "__wrapped__", None)
    cells = getattr(function, "__closure__", None) or ()
    if isinstance(function, FunctionType) and any(_holds(cell, inner) for cell in cells):
        closure = tuple(
            CellType(without_body(inner, bind)) if _holds(cell, inner) else cell for cell in cells
        )
        made = FunctionType(
            function.__code__, function.__globals__, None, function.__defaults__, closure
        )
        made.__kwdefaults__ = function.__kwdefaults__
        return functools.update_wrapper(made, function)
    signature = inspect.signature(function)

    def take(*values: Any, **named: Any) -> None:
        bind(signature, *values, **named)

    return functools.update_wrapper(take, function)


def _holds(cell: CellType, value: Any) -> bool:
    try:
        return value is not None and cell.cell_contents is value
    except ValueError:
        return False


def binder(value: Any) -> Callable[..., Any]:
    """Takes what calling an object takes, and does nothing."""
    if not inspect.isclass(value):
        return without_body(value, inspect.Signature.bind)
    first = without_body(value.__init__, inspect.Signature.bind)
    handed_on = next((each for each in value.__mro__[1:] if "__init__" in vars(each)), object)
    is_library = handed_on.__module__.partition(".")[0] not in sys.stdlib_module_names
    hands_on = is_library and HANDS_ON.search(source(value.__init__))
    partial = inspect.Signature.bind_partial
    onwards = without_body(handed_on.__init__, partial) if hands_on else None
    named = {each.name for each in inspect.signature(value.__init__).parameters.values()}

    def bind(*values: Any, **keywords: Any) -> None:
        first(object(), *values, **keywords)
        if onwards:
            others = {name: given for name, given in keywords.items() if name not in named}
            onwards(object(), **others)

    return bind


def source(function: Callable[..., Any]) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""


def refusals(value: Any, positional: int, keywords: list[str]) -> dict[str, list[str]]:
    """What binding a call raises, until it raises nothing any more."""
    bind = binder(value)
    refused: list[str] = []
    completed: list[str] = []
    kept = dict.fromkeys(keywords)
    while True:
        try:
            bind(*[None] * positional, **kept)
        except (TypeError, ValueError) as error:
            message = str(error)
        else:
            return {"refused": refused, "completed": completed}
        if unexpected := UNEXPECTED.search(message):
            refused.append(unexpected[1])
            del kept[unexpected[1]]
            continue
        completed.append(message)
        if missing := MISSING.search(message):
            kept[missing[1]] = None
        elif (repeated := REPEATED.search(message)) and repeated[1] in kept:
            del kept[repeated[1]]
        elif (repeated or "too many positional" in message) and positional:
            positional -= 1
        else:
            raise TypeError(f"{value}: {message}")


def answer(call: dict[str, Any]) -> dict[str, Any]:
    try:
        value = found(call["name"], call["module"])
    except Exception as error:
        return {"absent": f"{type(error).__name__}: {error}"[:300]}
    return refusals(value, call["positional"], call["keywords"])


def main() -> None:
    answers = os.dup(1)
    os.dup2(2, 1)  # the libraries print
    calls = json.load(sys.stdin)
    with os.fdopen(answers, "w") as output:
        for call in calls:
            output.write(json.dumps(answer(call)) + "\n")


if __name__ == "__main__":
    main()
