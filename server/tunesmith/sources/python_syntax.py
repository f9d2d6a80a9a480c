"""Syntax that came with later releases of Python."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import Span


class NewSyntax(NamedTuple):
    """Something that older releases of Python do not parse.

    Attributes:
        name: in words: "match".
        since: the first release that has it.
    """

    span: Span
    name: str
    since: str


def new_syntax(script: PythonScript) -> Iterator[NewSyntax]:
    """What a script holds of it: statements, type parameters, f-strings as they are since 3.12."""
    for owner in script.index.owners:
        for statement in owner.body:
            found = _of_statement(statement)
            if found:
                name, since = found
                yield NewSyntax(_head(script, statement), name, since)
    for site in script.index.strings:
        for node in _formatted(site.node):
            reason = _of_string(script, node)
            if reason:
                yield NewSyntax(script.span(node), reason, "3.12")


def _of_statement(node: cst.CSTNode) -> tuple[str, str] | None:
    if isinstance(node, cst.Match):
        return "match", "3.10"
    if isinstance(node, cst.TryStar):
        return "except*", "3.11"
    if isinstance(node, cst.TypeAlias):
        return "the type statement", "3.12"
    if isinstance(node, (cst.FunctionDef, cst.ClassDef)) and node.type_parameters:
        return "type parameters", "3.12"
    return None


def _head(script: PythonScript, node: cst.CSTNode) -> Span:
    """The first line of a statement."""
    start, end = script.span(node)
    return Span(start, start + len(script.text[start:end].partition("\n")[0].rstrip()))


def _formatted(node: cst.CSTNode) -> Iterator[cst.FormattedString]:
    if isinstance(node, cst.FormattedString):
        yield node
    elif isinstance(node, cst.ConcatenatedString):
        yield from _formatted(node.left)
        yield from _formatted(node.right)


def _of_string(script: PythonScript, node: cst.FormattedString) -> str | None:
    """Why an f-string is none before 3.12; None where it is."""
    for part in node.parts:
        if not isinstance(part, cst.FormattedStringExpression):
            continue
        code = script.text_of(part.expression)
        if "\\" in code:
            return "a backslash between the braces of an f-string"
        if node.end in code:
            return f"the f-string's own quotes {node.end} between its braces"
        if len(node.end) == 1 and "\n" in code:
            return "a line break between the braces of an f-string"
    return None
