"""From a document to everything that rules look at. Pure; no exception leaves it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.document import MAX_CHARACTERS, Document, Kind
from tunesmith.sources.facts import FileFacts, ScriptFacts
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.script_header import ScriptHeader, find_header
from tunesmith.sources.training import text_needs_gpu, text_trains
from tunesmith.text import regex

if TYPE_CHECKING:
    from tunesmith.sources.broken_script import BrokenScript
    from tunesmith.sources.python_script import PythonScript
    from tunesmith.sources.python_snippet import PythonSnippet
    from tunesmith.sources.tool_commands import ToolCommand

_MENTIONS_COMMAND = regex(r"\bjobs\b")
_MENTIONS_LIBRARY = regex(
    r"\b(?:trl|peft|transformers|unsloth|huggingface_hub|datasets|bitsandbytes|trackio)\b"
)
_TOOL_WORDS = ("mlx_lm", "to-gguf", "to_gguf", "--outtype", "huggingface-cli", "/llama.cpp")
_HAS_HEADER = regex(r"^#[ \t]*///[ \t]*script", re.MULTILINE)


class Understanding(NamedTuple):
    """What a document means.

    Attributes:
        document: the document.
        script: its Python, if it has any that a rule could care for.
        header: its PEP 723 header.
        commands: the launch commands in it, wherever they stand.
        tools: the commands of MLX-LM, llama.cpp and huggingface-cli in it.
        broken: its code, where that is no valid Python.
        snippets: the blocks of Python in it, where it is Markdown.
        unreadable: why the document, or the Python in it, could not be read; None where it could.
    """

    document: Document
    script: PythonScript | None = None
    header: ScriptHeader | None = None
    commands: Sequence[LaunchCommand] = ()
    tools: Sequence[ToolCommand] = ()
    unreadable: str | None = None
    broken: BrokenScript | None = None
    snippets: Sequence[PythonSnippet] = ()

    @property
    def sources(self) -> Iterator[object]:
        """Everything in it that a rule can look at; counter-examples are wrong on purpose."""
        if self.script:
            yield self.script
        if self.broken:
            yield self.broken
        if self.header:
            yield self.header
        for snippet in self.snippets:
            yield snippet
            if snippet.header:
                yield snippet.header
        yield from (command for command in self.commands if not command.argv.is_counter_example)
        yield from (command for command in self.tools if not command.argv.is_counter_example)

    @cached_property
    def facts(self) -> FileFacts:
        """What the project keeps of it."""
        if self.document.kind is Kind.YAML:
            from tunesmith.sources.mlx_configuration import read_mlx_configuration

            mlx = read_mlx_configuration(self.document.text)
            return FileFacts(self.commands, mlx=mlx, configurations=self._configurations)
        if self.script is None and self.header is None:
            return FileFacts(self.commands, configurations=self._configurations)
        from tunesmith.sources.launch_calls import launch_calls
        from tunesmith.sources.token_needs import need_of_token

        options = self.script.command_line_options if self.script else frozenset[str]()
        jobs_table = self.header.jobs_table if self.header else None
        trains = text_trains(self.document.text)
        need = need_of_token(self.script) if self.script else None
        calls = tuple(launch_calls(self.script)) if self.script else ()
        needs_gpu = trains and text_needs_gpu(self.document.text)
        script = ScriptFacts(options, jobs_table, trains, needs_gpu, need)
        return FileFacts(self.commands, script, calls, configurations=self._configurations)

    @property
    def _configurations(self) -> Sequence[tuple[str, str | None]]:
        options = ((tool, tool.option("-c", "--config")) for tool in self.tools)
        return tuple((o[1], tool.argv.folder_hint) for tool, o in options if o and o[1])


def is_relevant(text: str) -> bool:
    """Whether a text can mean anything to us: a cheap look that spares most files a parse."""
    patterns = (_MENTIONS_COMMAND, _MENTIONS_LIBRARY, _HAS_HEADER)
    return _mentions_tool(text) or any(pattern.search(text) for pattern in patterns)


def _mentions_tool(text: str) -> bool:
    return any(word in text for word in _TOOL_WORDS)


def understand(document: Document, *, relevant: bool | None = None) -> Understanding:
    """Read a document.

    Args:
        document: any text.
        relevant: skip (False) or enforce (True) the reading of a file that mentions nothing of
            ours; a script that a command launches is read in any case.
    """
    if document.code_length > MAX_CHARACTERS:
        return Understanding(
            document,
            unreadable=f"{document.code_length:,} characters; "
            f"files over {MAX_CHARACTERS:,} are not checked",
        )
    if not (is_relevant(document.text) if relevant is None else relevant):
        return Understanding(document)
    return _read(document)


def _read(document: Document) -> Understanding:
    # What only some documents need is imported for them: grammars, parsers, readers.
    if document.kind not in (Kind.PYTHON, Kind.NOTEBOOK):
        commands, tools = _commands(document, None), _tools(document, None)
        snippets = _snippets(document)
        return Understanding(document, commands=commands, tools=tools, snippets=snippets)
    from tunesmith.sources.python_parse import InvalidSyntaxError
    from tunesmith.sources.python_script import PythonScript, UnreadableScriptError

    header = find_header(document)
    script = unreadable = broken = None
    try:
        script = PythonScript.parse(document, header)
    except InvalidSyntaxError as error:
        from tunesmith.sources.broken_script import BrokenScript

        unreadable = str(error)
        broken = BrokenScript(document, header) if document.kind is Kind.PYTHON else None
    except UnreadableScriptError as error:
        unreadable = str(error)
    commands, tools = _commands(document, script), _tools(document, script)
    return Understanding(document, script, header, commands, tools, unreadable, broken)


def _snippets(document: Document) -> Sequence[PythonSnippet]:
    """The blocks of Python in Markdown that mention a library of ours."""
    if document.kind is not Kind.MARKDOWN or not _MENTIONS_LIBRARY.search(document.text):
        return ()
    from tunesmith.sources.markdown_python import find_snippets

    return find_snippets(document)


def _commands(document: Document, script: PythonScript | None) -> Sequence[LaunchCommand]:
    if "jobs" not in document.text:
        return ()
    from tunesmith.sources.commands import find_commands

    return find_commands(document, script)


def _tools(document: Document, script: PythonScript | None) -> Sequence[ToolCommand]:
    if not _mentions_tool(document.text):
        return ()
    from tunesmith.sources.tool_commands import find_tool_commands

    return find_tool_commands(document, script)
