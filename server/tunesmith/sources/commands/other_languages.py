"""Commands in the parts of a document that are written in a language of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from tunesmith.sources.commands import prose, python
from tunesmith.sources.commands.found import placed_in
from tunesmith.sources.commands.marks import Mark
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.launch_command import Argv
from tunesmith.text import MappedText, Span

_PYTHON = frozenset(["python", "py", "python3", "ipython", "pycon"])


def read(name: str, text: MappedText, outer: Mark | None) -> Iterator[Argv]:
    """The commands in a fence of a language: as of a file of its own."""
    if name in _PYTHON:
        yield from _python(text, outer)


def _python(text: MappedText, outer: Mark | None) -> Iterator[Argv]:
    from tunesmith.sources.python_script import PythonScript, UnreadableScriptError

    document = Document(PurePosixPath("fence.py"), Kind.PYTHON, text.text)
    try:
        script = PythonScript.parse(document, None)
    except UnreadableScriptError:
        yield from prose.find(text, outer)
        return
    whole = MappedText.slice(text.text, Span(0, len(text.text)))
    for argv in python.find(whole, script):
        yield placed_in(argv, text)
