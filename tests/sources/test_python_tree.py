"""Going through a tree."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from tunesmith.sources import python_tree
from tunesmith.sources.python_tree import parts

SPACE = (cst.BaseParenthesizableWhitespace, cst.TrailingWhitespace, cst.EmptyLine, cst.Comment)
MARKS = (cst.Comma, cst.LeftParen, cst.RightParen, cst.Colon, cst.Dot, cst.AssignEqual, cst.Newline)
MARKS += (cst.LeftSquareBracket, cst.RightSquareBracket, cst.LeftCurlyBrace, cst.RightCurlyBrace)


def all_nodes(node: cst.CSTNode) -> list[cst.CSTNode]:
    found = [node]
    for part in found:
        found += part.children
    return found


@pytest.mark.parametrize("path", [Path(__file__), Path(python_tree.__file__)], ids=["test", "tree"])
def test_finds_what_libcst_finds_but_whitespace_and_punctuation(path: Path):
    module = cst.parse_module(
        path.read_text("utf-8") + "with a as (b, *c): x[1:2] = lambda d=1: d\n"
    )
    kept = {id(part) for part in parts(module)}
    left_out = [node for node in all_nodes(module) if id(node) not in kept]
    assert len(kept) > 300
    assert not [node for node in left_out if not isinstance(node, SPACE + MARKS)]
