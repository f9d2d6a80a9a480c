"""Code that runs only where a library's release lacks what a script tries to import from it.

try:
    from trl import SFTConfig
    IS_NEW = True
except ImportError:
    IS_NEW = False
if IS_NEW: ...
else: ...  # for releases that the script will not get
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import Span, regex

_IMPORTS_LIBRARY = regex(r"\b(?:from|import)[ \t]+(?:trl|transformers|peft|datasets|trackio)\b")
_IMPORT_ERRORS = regex(r"\b(?:ImportError|ModuleNotFoundError|Exception)\b")
_NOTHING = ("False", "None")


def is_for_lack_of_import(script: PythonScript, call: Call, statement: cst.If, span: Span) -> bool:
    """Whether a place in an `if` runs only where an import from a library has failed."""
    name, has_it = _asked(statement.test)
    part = statement.orelse if has_it else statement.body
    if name is None or part is None or not script.span(part).contains(span):
        return False
    holder = call.block.scope.holder(name)
    return holder is not None and any(
        binding.node is not None
        and script.text_of(binding.node) in _NOTHING
        and any(place.contains(script.span(binding.node)) for place in _handlers(script))
        for binding in holder.bindings[name]
    )


def _asked(test: cst.BaseExpression) -> tuple[str | None, bool]:
    """The name that a condition asks for, and whether it holds where the name has a value."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        name, has_it = _asked(test.expression)
        return name, not has_it
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        target = test.comparisons[0]
        is_none = isinstance(target.comparator, cst.Name) and target.comparator.value == "None"
        if not is_none or not isinstance(test.left, cst.Name):
            return None, True
        return test.left.value, isinstance(target.operator, (cst.IsNot, cst.NotEqual))
    return (test.value if isinstance(test, cst.Name) else None), True


def _handlers(script: PythonScript) -> Iterator[Span]:
    """Where scripts go on once an import from a library has failed."""
    for statement, _ in script.branches:
        if not isinstance(statement, (cst.Try, cst.TryStar)):
            continue
        if not _IMPORTS_LIBRARY.search(script.text_of(statement.body)):
            continue
        for handler in statement.handlers:
            if handler.type is None or _IMPORT_ERRORS.search(script.text_of(handler.type)):
                yield script.span(handler.body)
