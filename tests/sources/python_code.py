"""Short ways to read Python code in tests."""

from __future__ import annotations

from pathlib import PurePosixPath

from tunesmith.sources.document import CellKind, Document, Kind, notebook
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_values import Value
from tunesmith.text import Edit, apply_edits


def read(text: str) -> PythonScript:
    return PythonScript.parse(Document(PurePosixPath("/work/train.py"), Kind.PYTHON, text), None)


def read_cells(*cells: str | tuple[CellKind, str]) -> PythonScript:
    pairs = [cell if isinstance(cell, tuple) else (CellKind.CODE, cell) for cell in cells]
    return PythonScript.parse(notebook(PurePosixPath("/work/train.ipynb"), pairs), None)


def value_of(expression: str, setup: str = "") -> Value:
    """The value of `expression` as an argument of a library's call behind `setup`."""
    script = read(f"{setup}\nimport trl\ntrl.probe(x={expression})\n")
    (call,) = script.calls("trl.probe")
    return call.value("x")


def the_call(text: str, name: str = "trl.SFTTrainer") -> Call:
    (call,) = read(text).calls(name)
    return call


def edited(script: PythonScript, *edits: Edit | None) -> str:
    return apply_edits(script.text, [edit for edit in edits if edit is not None])
