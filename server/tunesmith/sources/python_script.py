"""A Python script as rules see it: calls by qualified name, values, places, edits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import PurePosixPath

import libcst as cst

from tunesmith.sources.document import Document
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_edits import Edits, Statement
from tunesmith.sources.python_evaluate import Evaluator
from tunesmith.sources.python_flow import is_available_at
from tunesmith.sources.python_index import PythonIndex, StatementOwner
from tunesmith.sources.python_names import Names, canonical_name
from tunesmith.sources.python_options import command_line_options
from tunesmith.sources.python_parse import ParsedCode, UnreadableScriptError, parse_document
from tunesmith.sources.python_positions import Positions
from tunesmith.sources.python_strings import StringLiteral, Strings, StringSequence
from tunesmith.sources.python_values import Argument
from tunesmith.sources.python_walk import runs_as_main
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.text import Edit, Span

__all__ = ["Argument", "Call", "PythonScript", "UnreadableScriptError"]

Branch = cst.If | cst.Match | cst.Try | cst.TryStar


class PythonScript:
    """The Python of a document: one tree, one index, everything else when it is asked for.

    Attributes:
        document: the document; all spans are spans of its text.
        header: its PEP 723 header.
        code: its tree and index.
    """

    def __init__(self, document: Document, header: ScriptHeader | None, code: ParsedCode) -> None:
        self.document = document
        self.header = header
        self.code = code

    @classmethod
    def parse(cls, document: Document, header: ScriptHeader | None) -> PythonScript:
        """Read the Python of a document; of a notebook, its code cells that are valid.

        Raises:
            UnreadableScriptError: it is not valid Python 3, or cannot be parsed safely.
        """
        return cls(document, header, parse_document(document))

    @property
    def path(self) -> PurePosixPath:
        return self.document.path

    @property
    def text(self) -> str:
        return self.document.text

    @property
    def comments(self) -> Sequence[Span]:
        """The places of all comments, `#` included."""
        return self.positions.comments

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands: without the whitespace and comma that it owns, with parentheses."""
        return self.positions.span(node)

    def text_of(self, node: cst.CSTNode) -> str:
        """A node as written."""
        start, end = self.span(node)
        return self.text[start:end]

    def imports(self, package: str) -> bool:
        """Whether a line imports a package or a part of it, wherever the line stands."""
        if package not in self._imported:
            line = rf"^[ \t]*(?:import|from)[ \t]+{re.escape(package)}\b"
            self._imported[package] = re.search(line, self.text, re.MULTILINE) is not None
        return self._imported[package]

    @cached_property
    def _imported(self) -> dict[str, bool]:
        return {}

    def calls(self, *names: str) -> Iterator[Call]:
        """The calls of library objects with these qualified names, in the order of the text.

        Names are canonical (`trl.SFTTrainer`), whatever the script imports from where. A call of
        an own subclass that does not define `__init__` counts, and `super().__init__(...)`.
        """
        wanted = {canonical_name(name) for name in names}
        return (call for call in self._calls if call.name in wanted)

    def calls_matching(self, pattern: re.Pattern[str]) -> Iterator[Call]:
        """The calls of library objects whose canonical name matches a pattern whole."""
        return (call for call in self._calls if pattern.fullmatch(call.name))

    def subclasses_of(self, *names: str) -> Iterator[cst.ClassDef]:
        """The script's own classes that derive from a library class, also through each other."""
        wanted = {canonical_name(name) for name in names}
        for node, _ in self.index.classes:
            if wanted.intersection(
                base for base in self.names.ancestors(node) if isinstance(base, str)
            ):
                yield node

    def strings_matching(self, pattern: re.Pattern[str]) -> Iterator[StringLiteral]:
        """The strings whose raw text matches a pattern."""
        return self._strings.literals(self.text, pattern)

    def sequences_matching(self, pattern: re.Pattern[str]) -> Iterator[StringSequence]:
        """The list and tuple displays whose raw text matches a pattern."""
        return self._strings.sequences(self.text, pattern)

    @cached_property
    def command_line_options(self) -> frozenset[str]:
        """The options that the script defines by itself, as `--timeout` and `-e`."""
        return command_line_options(self.text, self.index, self.names, self.evaluator)

    def enclosing_statement(self, node: cst.CSTNode) -> Statement:
        """The innermost statement that a node is part of; a statement encloses itself."""
        return self.edits.enclosing_statement(node)

    def is_conditional(self, node: cst.CSTNode) -> bool:
        """Whether it is decided, tried or caught somewhere around a node that it runs.

        `if __name__ == "__main__"` decides nothing; whether a function is called is not asked.
        """
        span = self.span(node)
        return any(
            place.contains(span) and not (isinstance(each, cst.If) and runs_as_main(each.test))
            for each, place in self.branches
        )

    @cached_property
    def branches(self) -> Sequence[tuple[Branch, Span]]:
        """The statements by which parts of the script run or do not, with their places."""
        return [
            (statement, self.span(statement))
            for owner in self.index.owners
            for statement in owner.body
            if isinstance(statement, (cst.If, cst.Match, cst.Try, cst.TryStar))
        ]

    def block_of(self, statement: Statement | cst.SimpleStatementLine) -> StatementOwner:
        """The line, suite, block or module whose body holds a statement, or a line of them."""
        return self.edits.owner_of(statement)

    def statement_of(self, call: Call) -> Statement | None:
        """The statement that consists of a call alone; None where its result is used."""
        statement = self.enclosing_statement(call.node)
        is_alone = isinstance(statement, cst.Expr) and statement.value is call.node
        return statement if is_alone else None

    def statement_removal(self, statement: Statement) -> Edit:
        """Delete a statement with its line; a block's only statement becomes `pass`."""
        return self.edits.statement_removal(statement)

    def keyword_removal(self, call: Call, argument: Argument) -> Edit:
        """Delete an argument that is written in the call itself, with its comma."""
        return self.edits.keyword_removal(call, argument)

    def keyword_insertion(self, call: Call, keyword: str) -> Edit:
        """Add `name=value` as the last keyword, before `**`, in the layout of the call."""
        return self.edits.keyword_insertion(call, keyword)

    def import_edit(self, module: str, name: str) -> Edit | None:
        """Import a name at the top level; None if the script has it already."""
        return self.edits.import_edit(module, name)

    def import_removal(self, call: Call) -> Sequence[Edit]:
        """Delete the imports of names that nothing but this call uses."""
        return list(self.edits.import_removals(call.node, call.block))

    def is_available_at(self, node: cst.BaseExpression, place: cst.CSTNode) -> bool:
        """Whether an argument's expression would be worth the same in the call `place`."""
        return is_available_at(self.index, node, place)

    @cached_property
    def edits(self) -> Edits:
        """Makes the edits that fixes are made of."""
        return Edits(self.document, self.code, self.names)

    @cached_property
    def _strings(self) -> Strings:
        return Strings(self.index, self.names, self.evaluator, self.positions)

    @cached_property
    def names(self) -> Names:
        """Which library object an expression means."""
        return Names(self.index)

    @cached_property
    def evaluator(self) -> Evaluator:
        """What an expression is worth."""
        return Evaluator(self.index, self.names, self.span)

    @property
    def positions(self) -> Positions:
        """Where all nodes stand; counted on the first use."""
        return self.code.positions

    @property
    def module(self) -> cst.Module:
        """The tree."""
        return self.code.module

    @property
    def index(self) -> PythonIndex:
        """What the tree binds and calls."""
        return self.code.index

    @cached_property
    def _calls(self) -> Sequence[Call]:
        calls = map(self.evaluator.call_of, self.index.calls)
        return [call for call in calls if call is not None]
