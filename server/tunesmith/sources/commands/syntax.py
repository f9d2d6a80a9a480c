"""Concrete syntax trees with places in code points.

tree-sitter reads UTF-8 and counts bytes. Characters that it cannot take (NUL, lone surrogates) are
replaced one for one, so that every place holds.
"""

from __future__ import annotations

import importlib
import re
from array import array
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from tunesmith.text import Span

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser

_UNREADABLE = re.compile("[\0\ud800-\udfff]")


@cache
def language(grammar: str) -> Language:
    """The grammar of the package `tree_sitter_<grammar>`, loaded when first asked for."""
    from tree_sitter import Language

    pointer: object = importlib.import_module(f"tree_sitter_{grammar}").language()
    return Language(pointer)


@cache
def _parser(grammar: str) -> Parser:
    from tree_sitter import Parser

    return Parser(language(grammar))


class SyntaxTree:
    """A text and its syntax tree."""

    def __init__(self, grammar: str, text: str) -> None:
        self.text = _UNREADABLE.sub("\ufffd", text)
        self._bytes = self.text.encode()
        self.grammar = grammar
        self.root: Node = _parser(grammar).parse(self._bytes).root_node

    def span(self, node: Node) -> Span:
        return Span(self.offset(node.start_byte), self.offset(node.end_byte))

    def raw(self, node: Node) -> str:
        return self.raw_bytes(node.start_byte, node.end_byte)

    def raw_bytes(self, start: int, end: int) -> str:
        """The text between two bytes."""
        return self._bytes[start:end].decode("utf-8", "replace")

    def offset(self, byte: int) -> int:
        """The code point at a byte."""
        return byte if len(self._bytes) == len(self.text) else self._offsets[byte]

    def node_at(self, offset: int) -> Node:
        """The smallest node around the character at an offset."""
        byte = len(self.text[:offset].encode())
        return self.root.descendant_for_byte_range(byte, byte + 1) or self.root

    @cached_property
    def _offsets(self) -> array[int]:
        """For every byte, the number of characters that begin before it or at it, less one."""
        begins = ((byte & 0xC0) != 0x80 for byte in self._bytes)
        return array(
            "I",
            (count - 1 for count in accumulate(begins)),
        ) + array("I", [len(self.text)])


def ancestors(node: Node | None) -> Iterator[Node]:
    """The node, its parent, and so on."""
    while node is not None:
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
