"""The values of a configuration in YAML or JSON, as PyYAML's safe loader reads them.

Numbers such as `1e-5`, which PyYAML takes for text, are numbers here: whoever reads such a file for
a training turns them into numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from tunesmith.text import regex

if TYPE_CHECKING:
    from tree_sitter import Node

    from tunesmith.sources.commands.syntax import SyntaxTree

MAX_CHARACTERS = 64 * 1024
"""Longer files are no configuration of a training."""
_DEEPEST = 24
_TRUTHS = {
    word: truth
    for truth, words in ((True, ("true", "yes", "on")), (False, ("false", "no", "off")))
    for word in words
}
_NULLS = ("", "~", "null", "Null", "NULL")
_NUMBER = regex(r"[-+]?(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:[eE][-+]?\d+)?")
_INDENT = regex(r"^[ \t]{48,}\S", 8)
_WRAPPERS = ("stream", "document", "block_node", "flow_node", "plain_scalar")
_PAIRS = ("block_mapping_pair", "flow_pair")


def configuration_values(text: str) -> Mapping[str, Any] | None:
    """The mapping that a file holds; None where it holds none, or cannot be read.

    Values are texts, numbers, truths, None, lists and mappings. What is written in another way
    (anchors, tags, texts of several lines) is left out.
    """
    if len(text) > MAX_CHARACTERS:
        return None
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return cast("Mapping[str, Any]", found) if isinstance(found, dict) else None
    if _INDENT.search(text) or "[[[[" in text:
        return None  # what no person writes may be too deep for the grammar
    from tunesmith.sources.commands.syntax import SyntaxTree  # loads the grammar

    tree = SyntaxTree("yaml", text)
    found = _Reader(tree).value(tree.root, 0)
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else None


class _Unreadable:
    """What is written in another way."""


class _Reader:
    def __init__(self, tree: SyntaxTree) -> None:
        self._tree = tree

    def value(self, node: Node | None, depth: int) -> Any:
        if node is None:
            return None
        if depth > _DEEPEST:
            return _Unreadable
        kind = node.type
        inner = [each for each in node.named_children if each.type != "comment"]
        if kind in ("block_mapping", "flow_mapping"):
            pairs = (each for each in inner if each.type in _PAIRS)
            entries = ((self._key(each), self._value(each, depth)) for each in pairs)
            return {key: value for key, value in entries if key and value is not _Unreadable}
        if kind == "block_sequence":
            return [self.value(next(iter(each.named_children), None), depth + 1) for each in inner]
        if kind == "flow_sequence":
            return [self.value(each, depth + 1) for each in inner]
        if kind in ("double_quote_scalar", "single_quote_scalar"):
            return self._tree.raw(node)[1:-1]
        if kind == "block_scalar" or any(it.type in ("anchor", "tag", "alias") for it in inner):
            return _Unreadable
        if kind in _WRAPPERS and inner:
            return self.value(inner[0], depth + 1) if kind != "plain_scalar" else self._plain(node)
        return _Unreadable if inner else self._plain(node)

    def _key(self, pair: Node) -> str:
        node = pair.child_by_field_name("key")
        return self._tree.raw(node).strip("\"'") if node else ""

    def _value(self, pair: Node, depth: int) -> Any:
        return self.value(pair.child_by_field_name("value"), depth + 1)

    def _plain(self, node: Node) -> Any:
        return plain_value(self._tree.raw(node))


def plain_value(text: str) -> Any:
    """What a scalar without quotes is worth."""
    text = text.strip()
    if text in _NULLS:
        return None
    if text.lower() in _TRUTHS:
        return _TRUTHS[text.lower()]
    if _NUMBER.fullmatch(text):
        digits = text.replace("_", "")
        return float(digits) if any(each in digits for each in ".eE") else int(digits)
    return text
