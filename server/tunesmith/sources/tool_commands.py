"""Commands of other tools of fine-tuning: MLX-LM, and llama.cpp's converter to GGUF.

Found in shell scripts, in shell fences of Markdown, in the shell lines of notebooks and in the
argument lists of Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tunesmith.sources.commands.found import unified_line_ends, without
from tunesmith.sources.commands.marks import Mark, mark_at, mark_of
from tunesmith.sources.commands.shell import ShellText
from tunesmith.sources.document import CellKind, Document, Kind
from tunesmith.sources.launch_command import Argv, Word
from tunesmith.text import MappedText, Span

if TYPE_CHECKING:
    from tunesmith.sources.python_script import PythonScript

MENTION = re.compile(r"\bmlx_lm[. ]\w|\bmlx_lm[\"'], *[\"']\w|convert[-_]hf[-_]to[-_]gguf")
"""What every such command says somewhere."""

_MODULE = re.compile(r"mlx_lm\.(\w+)")
_CONVERTER = re.compile(r"convert[-_]hf[-_]to[-_]gguf(?:\.py)?")
_FENCE = re.compile(
    r"^[ \t]*(?P<sign>`{3,}|~{3,})[ \t]*(?:bash|sh|shell|zsh|console|terminal)?[ \t]*\n"
    r"(?P<body>.*?)^[ \t]*(?P=sign)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_PROMPT = re.compile(r"^[ \t]*\$[ \t]+", re.MULTILINE)
_SHELL_LINE = re.compile(r"^[ \t]*!(?P<command>(?:[^\\\n]|\\[^\n]|\\\n)+)", re.MULTILINE)
_SHELL_CELL = re.compile(r"\s*%%(?:bash|sh|shell)\b[^\n]*\n")
_MOST_COMMANDS = 200
_REACH = 300


@dataclass(frozen=True)
class ToolCommand:
    """A command of MLX-LM or llama.cpp.

    Attributes:
        document: where it stands.
        argv: the words as found, from the program on.
        tool: "mlx_lm.lora" or another command of MLX-LM, or "convert_hf_to_gguf".
        program: the words that name it.
        arguments: the words behind.
        is_file_of_module: it is run as `python -m mlx_lm.lora`.
    """

    document: Document = field(repr=False)
    argv: Argv = field(repr=False)
    tool: str
    program: Sequence[Word]
    arguments: Sequence[Word]
    is_file_of_module: bool = False

    @property
    def path(self) -> PurePosixPath:
        return self.document.path

    @property
    def is_open(self) -> bool:
        """Whether variables may stand for further options."""
        return any(word.is_open for word in self.arguments)

    def option(self, *names: str) -> tuple[Word, str | None, Word] | None:
        """The first option of these names: its word, its value, and the word that holds that."""
        for index, word in enumerate(self.arguments):
            name, equals, value = (word.text or "").partition("=")
            if name in names:
                if equals:
                    return word, value, word
                behind = self.arguments[index + 1] if index + 1 < len(self.arguments) else word
                return word, None if behind is word else behind.text, behind
        return None


def find_tool_commands(document: Document, script: PythonScript | None) -> Sequence[ToolCommand]:
    """The commands of a document that MLX-LM or llama.cpp's converter takes, in order."""
    if not MENTION.search(document.text):
        return ()
    found = (_read(argv, document) for argv in islice(_find(document, script), _MOST_COMMANDS))
    commands = [command for command in found if command]
    return sorted(commands, key=lambda command: command.argv.words[0].span.start)


def _find(document: Document, script: PythonScript | None) -> Iterator[Argv]:
    whole = Span(0, len(document.text))
    if document.kind is Kind.SHELL:
        yield from _in_shell(MappedText.slice(document.text, whole), None)
    elif document.kind is Kind.MARKDOWN:
        yield from _in_fences(document, whole)
    elif document.kind is Kind.NOTEBOOK:
        for cell in document.cells:
            if cell.kind is CellKind.MARKDOWN:
                yield from _in_fences(document, cell.span)
            elif cell.kind is CellKind.CODE:
                yield from _in_cell(document, cell.span)
    for sequence in script.sequences_matching(MENTION) if script else ():
        words = [Word(e.text, e.span, is_open=e.is_unpacked) for e in sequence.elements]
        yield Argv(words)


def _in_fences(document: Document, span: Span) -> Iterator[Argv]:
    for fence in _FENCE.finditer(document.text, span.start, span.end):
        before = document.text[max(0, fence.start() - _REACH) : fence.start()].strip()
        mark = mark_of(before.rpartition("\n\n")[2]) if before else None
        body = MappedText.slice(document.text, Span(*fence.span("body")))
        yield from _in_shell(without(body, _PROMPT), mark)


def _in_cell(document: Document, span: Span) -> Iterator[Argv]:
    magic = _SHELL_CELL.match(document.text, span.start, span.end)
    if magic:
        yield from _in_shell(MappedText.slice(document.text, Span(magic.end(), span.end)), None)
        return
    for line in _SHELL_LINE.finditer(document.text, span.start, span.end):
        yield from _in_shell(MappedText.slice(document.text, Span(*line.span("command"))), None)


def _in_shell(source: MappedText, outer: Mark | None) -> Iterator[Argv]:
    if not MENTION.search(source.text):
        return
    shell = ShellText(unified_line_ends(source))
    for command in shell.commands(MENTION):
        mark = mark_at(shell.source.text, command.start, command.end, _is_comment) or outer
        yield Argv(command.words, mark is Mark.WRONG, command.folder)


def _read(argv: Argv, document: Document) -> ToolCommand | None:
    for index, word in enumerate(argv.words):
        if word.text is None:
            continue
        follows_m = index > 0 and argv.words[index - 1].text == "-m"
        name = re.split(r"[/\\]", word.text)[-1]
        module = _MODULE.fullmatch(name)
        end = index + 1
        if module:
            tool = f"mlx_lm.{module[1]}"
        elif name == "mlx_lm" and end < len(argv.words) and argv.words[end].text:
            tool, end = f"mlx_lm.{argv.words[end].text}", end + 1
        elif _CONVERTER.fullmatch(name):
            tool = "convert_hf_to_gguf"
        else:
            continue
        return ToolCommand(
            document,
            Argv(argv.words[index:], argv.is_counter_example, argv.folder_hint),
            tool,
            argv.words[index:end],
            argv.words[end:],
            is_file_of_module=bool(module and follows_m),
        )
    return None


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")
