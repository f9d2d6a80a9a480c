"""Commands in the files of `just`: recipes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunesmith.sources.commands import prose, scripts
from tunesmith.sources.commands.found import (
    LAUNCHES,
    LOGICAL_LINE,
    OPEN_PART,
    Sought,
    comment_blocks,
    substituted,
    unified_line_ends,
    without,
)
from tunesmith.sources.commands.marks import mark_at
from tunesmith.sources.launch_command import Argv
from tunesmith.text import MappedText, regex

_BODY = regex(r"(?:^[ \t]+\S[^\n]*(?:\n|\Z)(?:[ \t]*\n)*)+", re.MULTILINE)
_SHEBANG = regex(r"([ \t]+)#![^\n]*?(\w+)[\d.]*(?:[ \t]+-[^\n]*)?(?:\n|\Z)")
_SHELLS = frozenset(["sh", "bash", "zsh", "dash", "ksh"])
_PREFIX = regex(r"[ \t]*[@-]*[ \t]*")
_EXPANSION = regex(r"\{\{[^{}\n]*\}\}")


def find(source: MappedText, sought: Sought = LAUNCHES) -> Iterator[Argv]:
    """The commands in the recipes and comments of a justfile."""
    source = unified_line_ends(source)
    for body in _BODY.finditer(source.text):
        if not sought.mention.search(body[0]):
            continue
        shebang = _SHEBANG.match(body[0])
        if shebang:
            yield from _whole(source.part(*body.span()), shebang, sought)
        else:
            yield from _line_by_line(source, body.start(), body.end(), sought)
    for block in comment_blocks(source, sought):
        yield from prose.find(block, None, sought)


def _whole(body: MappedText, shebang: re.Match[str], sought: Sought) -> Iterator[Argv]:
    """A recipe that is a script of its own."""
    indentation = re.compile(f"^{shebang[1]}", re.MULTILINE)
    script = substituted(without(body, indentation), _EXPANSION, _expand)
    if shebang[2] in _SHELLS:
        return scripts.find(script, None, sought)
    from tunesmith.sources.commands import other_languages

    return other_languages.read(shebang[2], script, None, sought)


def _line_by_line(source: MappedText, start: int, end: int, sought: Sought) -> Iterator[Argv]:
    """A recipe whose every line gets a shell of its own."""
    for line in LOGICAL_LINE.finditer(source.text, start, end):
        prefix = _PREFIX.match(line[0])
        if prefix is None or not sought.mention.search(line[0]):
            continue
        place = line.start() + prefix.end()
        shell = substituted(source.part(place, line.end()), _EXPANSION, _expand)
        mark = mark_at(source.text, place, line.end(), lambda text: text.lstrip().startswith("#"))
        yield from scripts.find(shell, mark, sought)


def _expand(match: re.Match[str]) -> str:
    return OPEN_PART * len(match[0])
