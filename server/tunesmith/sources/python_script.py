"""A Python script as rules see it: calls by qualified name, values, places, edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

import libcst as cst

from tunesmith.sources.document import Document
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_evaluate import Evaluator
from tunesmith.sources.python_index import PythonIndex
from tunesmith.sources.python_names import Names, canonical_name
from tunesmith.sources.python_parse import UnreadableScriptError, parse_script
from tunesmith.sources.python_positions import Positions
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.text import Span

__all__ = ["PythonScript", "UnreadableScriptError"]


@dataclass(eq=False)
class PythonScript:
    """The Python of a document: one tree, one index, everything else when it is asked for.

    Attributes:
        document: the document; all spans are spans of its text.
        header: its PEP 723 header.
    """

    document: Document
    header: ScriptHeader | None
    module: cst.Module = field(repr=False)
    index: PythonIndex = field(repr=False)

    @classmethod
    def parse(cls, document: Document, header: ScriptHeader | None) -> PythonScript:
        """Read the Python of a document.

        Raises:
            UnreadableScriptError: it is not valid Python 3, or too deep to be parsed safely.
        """
        module, index = parse_script(document.text)
        return cls(document, header, module, index)

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

    def calls(self, *names: str) -> Iterator[Call]:
        """The calls of library objects with these qualified names, in the order of the text.

        Names are canonical (`trl.SFTTrainer`), whatever the script imports from where. A call of
        an own subclass that does not define `__init__` counts, and `super().__init__(...)`.
        """
        wanted = {canonical_name(name) for name in names}
        return (call for call in self._calls if call.name in wanted)

    def subclasses_of(self, *names: str) -> Iterator[cst.ClassDef]:
        """The script's own classes that derive from a library class, also through each other."""
        wanted = {canonical_name(name) for name in names}
        for node, _ in self.index.classes:
            if wanted.intersection(
                base for base in self.names.ancestors(node) if isinstance(base, str)
            ):
                yield node

    @cached_property
    def names(self) -> Names:
        """Which library object an expression means."""
        return Names(self.index)

    @cached_property
    def evaluator(self) -> Evaluator:
        """What an expression is worth."""
        return Evaluator(self.index, self.names, self.span)

    @cached_property
    def positions(self) -> Positions:
        """Where all nodes stand; counted on the first use."""
        return Positions(self.module)

    @cached_property
    def _calls(self) -> Sequence[Call]:
        calls = map(self.evaluator.call_of, self.index.calls)
        return [call for call in calls if call is not None]
