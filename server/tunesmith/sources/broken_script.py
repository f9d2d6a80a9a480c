"""Python code that does not parse."""

from __future__ import annotations

import ast
import warnings
from pathlib import PurePosixPath

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.document import Document
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.text import Position, Span


class SyntaxFault(NamedTuple):
    """Where code stops to be Python, and why."""

    span: Span
    reason: str


class BrokenScript(NamedTuple):
    """A script whose code could not be parsed."""

    document: Document
    header: ScriptHeader | None

    @property
    def path(self) -> PurePosixPath:
        return self.document.path

    @property
    def fault(self) -> SyntaxFault | None:
        """What Python's own parser says; None where it takes the code.

        The code is not run. It must have passed `find_excess`, as that of every `BrokenScript` has.
        """
        error = syntax_error(self.document.text.removeprefix("\ufeff"))
        return SyntaxFault(self._span(error), error.msg) if error else None

    def _span(self, error: SyntaxError) -> Span:
        """The rest of the line from the place that the parser names."""
        lines = self.document.lines
        last = lines.position(len(self.document.text)).line
        line = min(max((error.lineno or 1) - 1, 0), last)
        whole = lines.line_span(line)
        start = lines.offset(Position(line, max((error.offset or 1) - 1, 0)))
        rest = self.document.text[start : whole.end]
        if not rest.strip():
            start = whole.start
            rest = self.document.text[start : whole.end]
        start += len(rest) - len(rest.lstrip())
        return Span(start, max(start + len(rest.strip()), start))


def syntax_error(code: str) -> SyntaxError | None:
    """What Python's own parser says of code that has passed `find_excess`; it is not run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        return error
    except (MemoryError, RecursionError, ValueError):
        pass
    return None
