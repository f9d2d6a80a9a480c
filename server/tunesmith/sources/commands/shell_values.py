"""What the words of a shell script stand for, as far as the text tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tunesmith.sources.commands.found import (
    OPEN_VALUE,
    UNKNOWN_VALUE,
    Value,
    joined,
    literal,
    unquoted_literal,
)
from tunesmith.sources.commands.syntax import SyntaxTree, ancestors, descendants
from tunesmith.text import regex

if TYPE_CHECKING:
    from tree_sitter import Node

_EXPANSIONS = ("simple_expansion", "expansion", "command_substitution", "arithmetic_expansion")
_REBINDING_COMMANDS = ("read", "getopts", "unset", "mapfile", "readarray", "printf")
_ARRAY = regex(r'"?\$\{(\w+)\[[@*]\]\}"?')
_OWN_FOLDER = r"\$\(dirname (?:-- )?\"?\$(?:\{BASH_SOURCE(?:\[0\])?\}|BASH_SOURCE|\{?0\}?)\"?\)"
_FOLDER = regex(
    rf"{_OWN_FOLDER}|\$\(cd (?:-- )?\"?(?:{_OWN_FOLDER}|\$\{{?(?P<name>\w+)\}}?)"
    r"(?P<below>[/.\w-]*)\"?"
    r"(?: *>/dev/null(?: 2>&1)?)? *(?:&&|;) *pwd(?: -P)?\)"
)
"""The script's own folder, and folders that are named from there."""
_DEFAULT = regex(r"\$\{(?P<name>[A-Za-z_]\w*):?-(?P<value>[\w.:/+=-]+)\}")
_MAX_DEPTH = 20


class ShellValues:
    """The values of a script's words; constants that are assigned once are put in."""

    def __init__(self, tree: SyntaxTree) -> None:
        self._tree = tree

    def value(self, node: Node, depth: int = 0) -> Value:
        """The value of a word as one argument; quotes and escapes are gone."""
        if depth > _MAX_DEPTH:
            return OPEN_VALUE
        raw = self._tree.raw(node)
        if node.has_error:
            return OPEN_VALUE
        if depth == 0 and raw.startswith("["):
            return OPEN_VALUE  # `[--flavor FLAVOR]` in a synopsis
        match node.type:
            case "string" | "raw_string" | "translated_string" if not _is_closed(raw):
                return UNKNOWN_VALUE
            case "string" | "translated_string":
                return self._string(node, depth)
            case "raw_string":
                return literal(raw[1:-1])
            case "ansi_c_string":
                return UNKNOWN_VALUE if "\\" in raw else literal(raw[2:-1])
            case "simple_expansion" | "expansion":
                return self._expansion(node, depth)
            case "concatenation":
                return self._concatenation(node, depth)
            case "command_name":
                return self.value(node.children[0], depth + 1) if node.children else literal(raw)
            case "command_substitution" | "process_substitution" | "arithmetic_expansion":
                return self._folder(node, depth)
            case _:
                return _unquoted(raw)

    def array_name(self, node: Node) -> str | None:
        """The name of the array whose elements a word stands for."""
        match = _ARRAY.fullmatch(self._tree.raw(node))
        return match[1] if match else None

    def array_elements(self, name: str, use: Node) -> Sequence[Node | None]:
        """The words of an array at its use; None for any number of unknown words."""
        blocks = {ancestor.id for ancestor in ancestors(use)}
        elements: list[Node | None] | None = None
        for assignment in self._assignments.get(name, ()):
            if assignment.start_byte > use.start_byte:
                break
            always = assignment.parent is not None and assignment.parent.id in blocks
            words = _array_words(assignment)
            added: list[Node | None] = [*words] if words is not None and always else [None]
            is_append = any(child.type == "+=" for child in assignment.children)
            elements = [*(elements or []), *added] if is_append or not always else added
        return [None] if elements is None else elements

    def words_of_constant(self, node: Node) -> Node | None:
        """The string literal of several words that an unquoted `$NAME` stands for."""
        name = _plain_name(self._tree.raw(node))
        constant = self._constant(name, node) if name else None
        if constant is None or constant.type not in ("string", "raw_string"):
            return None
        return constant if " " in (self.value(constant).text or "") else None

    def _string(self, node: Node, depth: int) -> Value:
        """A double-quoted string; the grammar leaves some blanks out of its nodes, so that what
        stands between the expansions is taken from the text."""
        start, end = node.start_byte + 1, node.end_byte - 1
        if node.type == "translated_string":
            start += 1
        parts: list[Value] = []
        for child in node.children:
            if child.type in _EXPANSIONS:
                parts.append(_quoted(self._tree.text[start : child.start_byte]))
                inner = self.value(child, depth + 1)
                several = re.match(r"\$(?:@|\{@|\{\w+\[@\])", self._tree.raw(child)) is not None
                parts.append(Value(inner.text, inner.prefix, several))
                start = child.end_byte
        return joined([*parts, _quoted(self._tree.text[start:end])])

    def _concatenation(self, node: Node, depth: int) -> Value:
        raw = self._tree.raw(node)
        if any(child.type == "brace_expression" for child in node.children):
            return OPEN_VALUE
        parts = [self.value(child, depth + 1) for child in node.children]
        value = joined(parts)
        braced = value.text is not None and re.search(r"(?<![\\$])\{[^{}\s]*\}", raw)
        if braced and not any(child.type in ("string", "raw_string") for child in node.children):
            return Value(None, raw[: braced.start()], "," in braced[0])
        return value

    def _expansion(self, node: Node, depth: int) -> Value:
        name = _plain_name(self._tree.raw(node))
        constant = self._constant(name, node) if name else None
        if constant is None:
            return self._default(node)
        value = self.value(constant, depth + 1)
        if value.text is None:
            return OPEN_VALUE
        return OPEN_VALUE if re.search(r"[\s*]", value.text) and not _is_quoted(node) else value

    def _default(self, node: Node) -> Value:
        """What `${NAME:-value}` is worth for who sets nothing, where it is a word by itself.

        A part of a word, as the token in `HF_TOKEN=${HF_TOKEN:-none}`, may well be set.
        """
        match = _DEFAULT.fullmatch(self._tree.raw(node))
        if match is None or not self._is_whole(node) or match["name"] in self._rebound:
            return OPEN_VALUE
        around = {ancestor.id for ancestor in ancestors(node)}
        others = [
            each for each in self._assignments.get(match["name"], ()) if each.id not in around
        ]
        return OPEN_VALUE if others else literal(match["value"])

    def _is_whole(self, node: Node) -> bool:
        """Whether an expansion is all of a word, quotes apart."""
        word = node
        if node.parent is not None and node.parent.type == "string":
            word = node.parent
            if self._tree.raw(word)[1:-1] != self._tree.raw(node):
                return False
        return word.parent is not None and word.parent.type != "concatenation"

    def _folder(self, node: Node, depth: int) -> Value:
        """`$(dirname "$0")` and its like, as a path from the script's own folder."""
        match = _FOLDER.fullmatch(self._tree.raw(node))
        if match is None:
            return OPEN_VALUE
        constant = self._constant(match["name"], node) if match["name"] else None
        if match["name"] and constant is None:
            return OPEN_VALUE
        base = self.value(constant, depth + 1) if constant is not None else literal(".")
        return joined([base, literal(match["below"] or "")])

    def _constant(self, name: str, use: Node) -> Node | None:
        """The value of a variable that is assigned once, at the top level, before its use."""
        assignments = self._assignments.get(name, ())
        if len(assignments) != 1 or name in self._rebound:
            return None
        assignment = assignments[0]
        if assignment.start_byte >= use.start_byte or not _is_top_level(assignment):
            return None
        return assignment.child_by_field_name("value")

    @cached_property
    def _assignments(self) -> Mapping[str, Sequence[Node]]:
        found: dict[str, list[Node]] = {}
        for node in descendants(self._tree.root, "variable_assignment"):
            name = node.child_by_field_name("name")
            is_prefix = node.parent is not None and node.parent.type == "command"
            if name is not None and not is_prefix:
                found.setdefault(self._tree.raw(name), []).append(node)
        return found

    @cached_property
    def _rebound(self) -> frozenset[str]:
        return frozenset(self._rebound_names())

    def _rebound_names(self) -> Iterator[str]:
        for node in descendants(self._tree.root, "for_statement", "command", "unset_command"):
            if node.type == "for_statement":
                variable = node.child_by_field_name("variable")
                yield self._tree.raw(variable) if variable else ""
                continue
            name = node.child_by_field_name("name")
            is_unset = node.type == "unset_command"
            if is_unset or (name and self._tree.raw(name) in _REBINDING_COMMANDS):
                yield from (self._tree.raw(child) for child in node.children)


def _array_words(assignment: Node) -> Sequence[Node] | None:
    value = assignment.child_by_field_name("value")
    if value is None or value.type != "array":
        return None
    return [child for child in value.children if child.is_named and child.type != "comment"]


def _plain_name(raw: str) -> str | None:
    match = re.fullmatch(r"\$(\w+)|\$\{(\w+)\}", raw)
    return (match[1] or match[2]) if match else None


def _is_closed(raw: str) -> bool:
    quoted = raw.removeprefix("$")
    return len(quoted) > 1 and quoted[0] == quoted[-1]


def _is_quoted(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "string"


def _is_top_level(assignment: Node) -> bool:
    parent = assignment.parent
    if parent is not None and parent.type == "declaration_command":
        parent = parent.parent
    return parent is not None and parent.type == "program"


def _quoted(raw: str) -> Value:
    return literal(re.sub(r'\\(?:\n|([$`"\\]))', lambda m: m[1] or "", raw))


def _unquoted(raw: str) -> Value:
    if raw in ("...", "…"):
        return OPEN_VALUE
    text = re.sub(r"\\(\n|.)", lambda m: "" if m[1] == "\n" else m[1], raw, flags=re.DOTALL)
    wildcard = re.search(r"(?<!\\)\*", raw)
    return Value(None, raw[: wildcard.start()], True) if wildcard else unquoted_literal(text)
