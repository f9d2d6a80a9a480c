"""Commands in whole shell scripts, and in the shell parts of other documents."""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.sources.commands import prose
from tunesmith.sources.commands.found import (
    LAUNCHES,
    Sought,
    comment_blocks,
    unified_line_ends,
)
from tunesmith.sources.commands.marks import Mark, mark_at
from tunesmith.sources.commands.shell import ShellText
from tunesmith.sources.launch_command import Argv
from tunesmith.text import MappedText


def find(
    source: MappedText, outer: Mark | None = None, sought: Sought = LAUNCHES
) -> Iterator[Argv]:
    """The commands in shell text, in its strings, here-documents and comments."""
    shell = ShellText(unified_line_ends(source))
    text = shell.source.text
    for command in shell.commands(sought.mention):
        mark = mark_at(text, command.start, command.end, _is_comment) or outer
        yield Argv(command.words, mark is Mark.WRONG, command.folder)
    for inside in shell.texts(sought.mention):
        yield from prose.find(inside, outer, sought)
    for block in comment_blocks(shell.source, sought):
        yield from prose.find(block, outer, sought)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")
