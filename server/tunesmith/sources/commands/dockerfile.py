"""Commands in Dockerfiles: RUN, CMD and ENTRYPOINT, as shell text and as JSON lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunesmith.sources.commands import prose, scripts
from tunesmith.sources.commands.found import (
    LAUNCHES,
    UNKNOWN_VALUE,
    Sought,
    Value,
    comment_blocks,
    make_word,
    unified_line_ends,
    without,
)
from tunesmith.sources.commands.marks import Mark, mark_at
from tunesmith.sources.commands.syntax import SyntaxTree, ancestors
from tunesmith.sources.launch_command import Argv
from tunesmith.text import MappedText, regex

if TYPE_CHECKING:
    from tree_sitter import Node

_COMMENT_LINE = regex(r"^[ \t]*#[^\n]*\n", re.MULTILINE)
_PLACES = ("shell_command", "json_string_array", "heredoc_block")


def find(source: MappedText, sought: Sought = LAUNCHES) -> Iterator[Argv]:
    """The commands in the instructions and the comments of a Dockerfile."""
    source = unified_line_ends(source)
    tree = SyntaxTree("containerfile", source.text)
    seen: set[int] = set()
    for match in sought.mention.finditer(tree.text):
        around = ancestors(tree.node_at(match.start()))
        node = next((node for node in around if node.type in _PLACES), None)
        if node is not None and node.id not in seen:
            seen.add(node.id)
            yield from _in_node(tree, source, node, sought)
    for block in comment_blocks(source, sought):
        yield from prose.find(block, None, sought)


def _in_node(tree: SyntaxTree, source: MappedText, node: Node, sought: Sought) -> Iterator[Argv]:
    start, end = tree.span(node)
    mark = mark_at(source.text, start, end, lambda line: line.lstrip().startswith("#"))
    if node.type != "json_string_array":
        text = without(source.part(start, end), _COMMENT_LINE)
        yield from scripts.find(text, mark, sought)
        return
    strings = [child for child in node.children if child.type == "json_string"]
    words = [make_word(source, *tree.span(item), _json_value(tree.raw(item))) for item in strings]
    yield Argv(words, mark is Mark.WRONG)


def _json_value(raw: str) -> Value:
    try:
        return Value(str(json.loads(raw)))
    except ValueError:
        return UNKNOWN_VALUE
