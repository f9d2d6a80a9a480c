"""Finds launch commands wherever they stand in a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from tunesmith.sources.commands.found import LAUNCHES, Sought
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.launch_command import Argv, LaunchCommand
from tunesmith.text import MappedText, Span

if TYPE_CHECKING:
    from tunesmith.sources.python_script import PythonScript

_MOST_COMMANDS = 1_000
"""A document with more was made by a program."""


def find_commands(document: Document, script: PythonScript | None) -> Sequence[LaunchCommand]:
    """Every command of a document that starts a job, in the order of their places.

    Args:
        document: any document; nothing in it makes this raise.
        script: its Python, for Python files and notebooks; None where it cannot be read.
    """
    if not LAUNCHES.mention.search(document.text):
        return ()
    from tunesmith.sources.launch_parser import parse  # with the grammar of every release of `hf`

    found: dict[int, LaunchCommand] = {}
    for argv in islice(find_argvs(document, script, LAUNCHES), _MOST_COMMANDS):
        command = parse(argv, document)
        if command is None:
            continue
        place = command.argv.words[0].span.start
        known = found.get(place)
        if known is None or len(known.argv.words) < len(command.argv.words):
            found[place] = command
    return [found[place] for place in sorted(found)]


def find_argvs(document: Document, script: PythonScript | None, sought: Sought) -> Iterator[Argv]:
    """The words of every command that may be one of those sought, wherever it stands."""
    # The readers are imported where they are needed: each one loads its grammar.
    source = MappedText.slice(document.text, Span(0, len(document.text)))
    match document.kind:
        case Kind.SHELL:
            from tunesmith.sources.commands import scripts

            return scripts.find(source, None, sought)
        case Kind.MARKDOWN:
            from tunesmith.sources.commands import markdown, other_languages

            return markdown.find(source, other_languages.read, sought)
        case Kind.PYTHON:
            from tunesmith.sources.commands import python

            return python.find(source, script, sought)
        case Kind.NOTEBOOK:
            from tunesmith.sources.commands import notebook

            return notebook.find(document, script, sought)
        case Kind.YAML:
            from tunesmith.sources.commands import yaml

            return yaml.find(source, sought)
        case Kind.DOCKERFILE:
            from tunesmith.sources.commands import dockerfile

            return dockerfile.find(source, sought)
        case Kind.MAKEFILE:
            from tunesmith.sources.commands import makefile

            return makefile.find(source, sought)
        case Kind.JUSTFILE:
            from tunesmith.sources.commands import justfile

            return justfile.find(source, sought)
        case Kind.POWERSHELL:
            from tunesmith.sources.commands import powershell

            return powershell.find(source, None, sought)
