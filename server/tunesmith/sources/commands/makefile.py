"""Commands in Makefiles: recipes and comments."""

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

_RECIPE = regex(r"\t[ \t]*[@+-]*[ \t]*|[^\t#=:\n][^#=:\n]*:[^#=;\n]*;[ \t]*")
_VARIABLE = regex(r"[ \t]*(?:export[ \t]+|override[ \t]+)?[\w.-]+[ \t]*[:?+!]{0,3}=[ \t]*")
_CONTINUATION_TAB = regex(r"(?<=\\\n)\t")
_EXPANSION = regex(r"\$\$|\$\((?:[^()\n]|\([^()\n]*\))*\)|\$\{[^{}\n]*\}|\$[@<^*?%+|]")


def find(source: MappedText, sought: Sought = LAUNCHES) -> Iterator[Argv]:
    """The commands in the recipes, variables and comments of a Makefile."""
    source = unified_line_ends(source)
    for match in LOGICAL_LINE.finditer(source.text):
        line = match[0]
        beginning = _RECIPE.match(line) or _VARIABLE.match(line)
        if beginning is None or not sought.mention.search(line):
            continue
        start = match.start() + beginning.end()
        shell = without(source.part(start, match.end()), _CONTINUATION_TAB)
        mark = mark_at(source.text, start, match.end(), lambda text: text.lstrip().startswith("#"))
        yield from scripts.find(substituted(shell, _EXPANSION, _expand), mark, sought)
    for block in comment_blocks(source, sought):
        yield from prose.find(block, None, sought)


def _expand(match: re.Match[str]) -> str:
    return "$" if match[0] == "$$" else OPEN_PART * len(match[0])
