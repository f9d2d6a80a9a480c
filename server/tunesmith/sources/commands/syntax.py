"""Concrete syntax trees with places in code points.

tree-sitter counts bytes. It is given a letter for every character beyond ASCII, and for NUL and
lone surrogates, which it cannot take: to the grammars these are letters anyway, and bytes are then
code points.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

from tunesmith.text import Span, regex

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser

_NO_ASCII = regex(r"[^\x01-\x7f]")

_MAX_ANCESTORS = 100


@cache
def language(grammar: str) -> Language:
    """The grammar of the package `tree_sitter_<grammar>`, loaded when first asked for."""
    from tree_sitter import Language

    pointer: object = _binding(f"tree_sitter_{grammar}").language()
    return Language(pointer)


def _binding(package: str) -> Any:
    """What a package of a grammar takes from C.

    Without its queries, which nobody asks for here: what reads them loads all kinds of archives.
    """
    found = find_spec(package)
    binding = PathFinder.find_spec("_binding", found.submodule_search_locations) if found else None
    if binding is None or binding.loader is None:
        return import_module(package)
    module = module_from_spec(binding)
    binding.loader.exec_module(module)
    return module


@cache
def _parser(grammar: str) -> Parser:
    from tree_sitter import Parser

    return Parser(language(grammar))


def _as_ascii(text: str) -> bytes:
    """The text with a letter for what is not ASCII, and a blank for byte order marks."""
    return _NO_ASCII.sub("x", text.replace("\ufeff", " ")).encode("ascii")


class SyntaxTree:
    """A text and its syntax tree."""

    def __init__(self, grammar: str, text: str) -> None:
        self.text = text
        self.root: Node = _parser(grammar).parse(_as_ascii(text)).root_node

    def span(self, node: Node) -> Span:
        """Where a node stands in the text."""
        return Span(node.start_byte, node.end_byte)

    def raw(self, node: Node) -> str:
        """A node as it is written."""
        return self.text[node.start_byte : node.end_byte]

    def node_at(self, offset: int) -> Node:
        """The smallest node around the character at an offset."""
        return self.root.descendant_for_byte_range(offset, offset + 1) or self.root


def ancestors(node: Node | None) -> Iterator[Node]:
    """The node, its parent, and so on; not further than code for people is nested."""
    for _ in range(_MAX_ANCESTORS):
        if node is None:
            return
        yield node
        node = node.parent


def descendants(node: Node, *types: str) -> Iterator[Node]:
    """Every node below of these types, in order; the inside of a match is searched as well."""
    cursor = node.walk()
    while True:
        current = cursor.node
        if current is not None and current.type in types:
            yield current
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
