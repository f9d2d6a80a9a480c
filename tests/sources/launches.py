"""Finds the launch commands of a text, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from tunesmith.sources.commands import find_commands
from tunesmith.sources.document import CellKind, Document, Kind, kind_of, notebook
from tunesmith.sources.launch_command import LaunchCommand, Word
from tunesmith.sources.python_script import PythonScript, UnreadableScriptError

FOLDER = PurePosixPath("/project")


def document_of(text: str, name: str = "run.sh") -> Document:
    kind = kind_of(PurePosixPath(name))
    assert kind is not None
    return Document(FOLDER / name, kind, text)


def launches_in(document: Document) -> Sequence[LaunchCommand]:
    script = None
    if document.kind in (Kind.PYTHON, Kind.NOTEBOOK):
        try:
            script = PythonScript.parse(document, None)
        except UnreadableScriptError:
            script = None
    return find_commands(document, script)


def launches(text: str, name: str = "run.sh") -> Sequence[LaunchCommand]:
    return launches_in(document_of(text, name))


def launch(text: str, name: str = "run.sh") -> LaunchCommand:
    """The only launch command of a text."""
    (found,) = launches(text, name)
    return found


def cells(*sources: tuple[CellKind, str]) -> Document:
    return notebook(FOLDER / "train.ipynb", sources)


def words(command: LaunchCommand) -> list[str | None]:
    return [word.text for word in command.argv.words]


def raw(command: LaunchCommand, word: Word) -> str:
    return command.raw(word.span)


def written(command: LaunchCommand) -> list[str]:
    """Every word as it stands in the document."""
    return [raw(command, word) for word in command.argv.words]


def line(command: LaunchCommand) -> str:
    """The words that are known, and `?` for each that is not."""
    return " ".join("?" if text is None else text for text in words(command))
