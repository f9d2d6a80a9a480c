"""Constants that a script takes from other modules of its project: `from config import MODEL`.

Texts, numbers, truths and lists of them are taken, of a module or of a class in it. What a module
builds (a LoraConfig, a loaded model) is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

import libcst as cst

from tunesmith.project import Project
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.python_evaluate import Evaluator
from tunesmith.sources.python_index import PythonIndex
from tunesmith.sources.python_scopes import Block
from tunesmith.sources.python_script import PythonScript, UnreadableScriptError
from tunesmith.sources.python_values import ListValue, Reference, Value
from tunesmith.sources.script_header import find_header
from tunesmith.sources.unknown import ABSENT, UNKNOWN

_MOST_MODULES = 60
"""Names of modules that are looked for; libraries are among them."""
_LIBRARIES = frozenset(
    [
        "builtins",
        "datasets",
        "os",
        "pathlib",
        "peft",
        "random",
        "sys",
        "torch",
        "transformers",
        "trl",
        "typing",
    ]
)
_AT_THE_END = 10**9
"""The order of a place behind all statements of a module."""

Ran = Callable[[PythonScript], PythonScript]
"""A module as the start of the script would run it."""


class Modules:
    """The modules of a project that a script may import.

    Args:
        path: the script.
        project: the files around it.
        ran: makes a module's run.
    """

    def __init__(self, path: PurePosixPath, project: Project, ran: Ran) -> None:
        self._path, self._project, self._ran = path, project, ran
        self._known: dict[str, PythonScript | None] = {}

    def constant(self, name: str) -> Value:
        """What `config.MODEL` is worth; ABSENT where no module of the project says it."""
        parts = [part for part in name.split(".") if part]
        if not parts or parts[0] in _LIBRARIES:
            return ABSENT
        for end in range(len(parts) - 1, 0, -1):
            module = self._module("/".join(parts[:end]))
            if module:
                value = _value(module, parts[end:])
                return value if _is_plain(value) else ABSENT
        return ABSENT

    def _module(self, name: str) -> PythonScript | None:
        if name not in self._known and len(self._known) < _MOST_MODULES:
            self._known[name] = self._read(name)
        return self._known.get(name)

    def _read(self, name: str) -> PythonScript | None:
        for file in (f"{name}.py", f"{name}/__init__.py"):
            found = self._project.text_near(file, self._path)
            if found and found[0] != self._path:
                document = Document(found[0], Kind.PYTHON, found[1])
                try:
                    return self._ran(PythonScript.parse(document, find_header(document)))
                except UnreadableScriptError:
                    return None
        return None


def _value(module: PythonScript, parts: Sequence[str]) -> Value:
    index: PythonIndex = module.index
    evaluator: Evaluator = module.evaluator
    if parts[0] not in index.scope.bindings:
        return UNKNOWN
    block = Block(index.scope)
    if len(parts) == 1:
        return evaluator.evaluate(cst.Name(parts[0]), block, _AT_THE_END)
    own = evaluator.names.own_class(cst.Name(parts[0]), index.scope)
    return evaluator.class_attribute(own, parts[1]) if own and len(parts) == 2 else UNKNOWN


def _is_plain(value: Value) -> bool:
    if isinstance(value, ListValue):
        return all(_is_plain(each) for each in value.elements)
    if isinstance(value, Reference):
        return value.name.startswith("torch.")
    return value is None or isinstance(value, (str, int, float))
