"""Commands in the parts of a document that are written in a language of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from tunesmith.sources.commands import prose, python
from tunesmith.sources.commands.found import Sought, lines_of, placed_in
from tunesmith.sources.commands.marks import Mark
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.launch_command import Argv
from tunesmith.text import MappedText, Span

_PYTHON = frozenset(["python", "py", "python3", "ipython", "pycon"])
_YAML = frozenset(["yaml", "yml", "json", "jsonc", "json5"])
_DOCKERFILE = frozenset(["dockerfile", "docker", "containerfile"])
_MAKEFILE = frozenset(["makefile", "make", "mk"])
_JUSTFILE = frozenset(["justfile", "just"])
_POWERSHELL = frozenset(["powershell", "ps1", "pwsh", "posh", "ps"])
_DIFFERENCE = frozenset(["diff", "patch"])


def read(name: str, text: MappedText, outer: Mark | None, sought: Sought) -> Iterator[Argv]:
    """The commands in a fence of a language: as of a file of its own."""
    if name in _PYTHON:
        return _marked(_python(text, sought), outer)
    if name in _YAML:
        from tunesmith.sources.commands import yaml

        return _marked(yaml.find(text, sought), outer)
    if name in _DOCKERFILE:
        from tunesmith.sources.commands import dockerfile

        return _marked(dockerfile.find(text, sought), outer)
    if name in _MAKEFILE:
        from tunesmith.sources.commands import makefile

        return _marked(makefile.find(text, sought), outer)
    if name in _JUSTFILE:
        from tunesmith.sources.commands import justfile

        return _marked(justfile.find(text, sought), outer)
    if name in _POWERSHELL:
        from tunesmith.sources.commands import powershell

        return powershell.find(text, outer, sought)
    return _difference(text, outer, sought) if name in _DIFFERENCE else iter(())


def _marked(found: Iterator[Argv], outer: Mark | None) -> Iterator[Argv]:
    is_wrong = outer is Mark.WRONG
    return (argv._replace(is_counter_example=argv.is_counter_example or is_wrong) for argv in found)


def _difference(text: MappedText, outer: Mark | None, sought: Sought) -> Iterator[Argv]:
    """The lines that stay or are added; what a difference removes is wrong."""
    lines = list(lines_of(text))
    removed = [line.part(1, len(line.text)) for line in lines if line.text.startswith("-")]
    kept = [line.part(1, len(line.text)) for line in lines if line.text[:1] in ("+", " ")]
    if removed:
        yield from prose.find(MappedText.join(removed), Mark.WRONG, sought)
    if kept:
        yield from prose.find(MappedText.join(kept), outer, sought)


def _python(text: MappedText, sought: Sought) -> Iterator[Argv]:
    from tunesmith.sources.python_script import PythonScript, UnreadableScriptError

    document = Document(PurePosixPath("fence.py"), Kind.PYTHON, text.text)
    try:
        script = PythonScript.parse(document, None)
    except UnreadableScriptError:
        script = None
    whole = MappedText.slice(text.text, Span(0, len(text.text)))
    for argv in python.find(whole, script, sought):
        yield placed_in(argv, text)
