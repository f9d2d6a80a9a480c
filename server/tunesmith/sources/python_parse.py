"""Parsing that cannot take the process down: a cheap scan first, then a thread with a big stack."""

from __future__ import annotations

import re
import threading
from functools import cached_property

import libcst as cst

from tunesmith.sources.document import Document, Kind
from tunesmith.sources.python_index import PythonIndex
from tunesmith.sources.python_positions import Positions
from tunesmith.sources.python_scan import find_excess
from tunesmith.sources.python_walk import MAX_DEPTH, TooDeepError, index_module
from tunesmith.text import Span, common_prefix_length, regex

_STACK_BYTES = 64 * 1024 * 1024
_stack_size_lock = threading.Lock()
_ODD = regex("[\r\f\ud800-\udfff]|\\A\ufeff")
_LONE_RETURN = regex(r"\r(?!\n)")
_FORM_FEED_BEFORE_CODE = regex(r"(\r?\n)(\f+)(?=[^\r\n\f])")
_NO_CODE = regex(r"(?:[ \t\f]*(?:#[^\r\n]*)?[\r\n])*[ \t\f]*(?:#[^\r\n]*)?")
_COMMENT = regex(r"#[^\r\n]*")
_IGNORED_START = regex("\ufeff?\f*")
_SURROGATE = regex("[\ud800-\udfff]")


class UnreadableScriptError(Exception):
    """Python code that cannot or must not be parsed; the message says why and where."""


class InvalidSyntaxError(UnreadableScriptError):
    """It is no valid Python 3."""


class ParsedCode:
    """A tree with its index.

    Attributes:
        source: what was parsed: as long as the document's text, and alike but for characters
            that mean nothing in Python or that the parser cannot take.
        offset: how many of its first characters (byte order mark, form feeds) are no code.
    """

    def __init__(self, module: cst.Module, index: PythonIndex, source: str, offset: int) -> None:
        self.module = module
        self.index = index
        self.source = source
        self.offset = offset

    @cached_property
    def positions(self) -> Positions:
        """Where all nodes stand; counted on the first use."""
        positions = Positions(self.module, self.offset)
        source = self.source[self.offset :]
        if positions.text != source:
            end = _start_of_difference(positions.text, source)
            if not all(_NO_CODE.fullmatch(text, end) for text in (positions.text, source)):
                raise UnreadableScriptError(
                    "the parser lost characters of this file, so that no place in it is sure; "
                    "remove control characters from it"
                )
            start = self.offset + end
            before = [comment for comment in positions.comments if comment.start < start]
            behind = [Span(*match.span()) for match in _COMMENT.finditer(self.source, start)]
            positions.comments = [*before, *behind]
        return positions


def _start_of_difference(written: str, source: str) -> int:
    """Where the first line begins that differs.

    At the end of a file the parser drops blank lines and comments before an indented one, as they
    stand after Enter in a function's body.
    """
    return source.rfind("\n", 0, common_prefix_length(written, source)) + 1


def parse_document(document: Document) -> ParsedCode:
    """Parse and index the Python of a document.

    Raises:
        UnreadableScriptError: it is not valid Python 3, or cannot be parsed safely.
    """
    if document.kind is not Kind.NOTEBOOK:
        return _parse_code(document.text)
    from tunesmith.sources.python_notebook_mask import mask_broken_cells, mask_notebook

    masked = mask_notebook(document)
    try:
        return _parse_code(masked)
    except UnreadableScriptError:
        readable = mask_broken_cells(document, masked, _is_readable)
        if readable == masked or not readable.strip():
            raise
        return _parse_code(readable)


def _is_readable(code: str) -> bool:
    try:
        _parse_code(code)
    except UnreadableScriptError:
        return False
    return True


def _parse_code(text: str) -> ParsedCode:
    is_plain = text.isascii() and "\r" not in text and "\f" not in text
    is_odd = not is_plain and _ODD.search(text) is not None
    source, offset = _acceptable(text) if is_odd else (text, 0)
    excess = find_excess(source)
    if excess:
        raise UnreadableScriptError(
            f"line {_line(source, excess[0])}: {excess[1]}; move such data or code to another file"
        )
    module = _parse_on_big_stack(source[offset:])
    try:
        parsed = ParsedCode(module, index_module(module), source, offset)
        if is_odd:
            _ = parsed.positions
    except (TooDeepError, RecursionError):
        raise UnreadableScriptError(
            f"the code is nested more than {MAX_DEPTH} levels deep; split the longest expression"
        ) from None
    return parsed


def _acceptable(text: str) -> tuple[str, int]:
    """Code of the same length that the parser takes, and the length of what it must not see."""
    text = _SURROGATE.sub("\ufffd", text)
    text = _LONE_RETURN.sub("\n", text)
    # The parser drops a form feed before code; blanks at the end of the line before mean as little.
    text = _FORM_FEED_BEFORE_CODE.sub(lambda match: " " * len(match[2]) + match[1], text)
    start = _IGNORED_START.match(text)
    return text, start.end() if start else 0


def _parse_on_big_stack(text: str) -> cst.Module:
    outcome: list[cst.Module | BaseException] = []

    def parse() -> None:
        try:
            outcome.append(cst.parse_module(text))
        except BaseException as error:
            outcome.append(error)

    with _stack_size_lock:
        before = threading.stack_size(_STACK_BYTES)
        try:
            thread = threading.Thread(target=parse, name="parse", daemon=True)
            thread.start()
        finally:
            threading.stack_size(before)
    thread.join()
    if isinstance(outcome[0], cst.Module):
        return outcome[0]
    raise _unreadable(text, outcome[0])


def _unreadable(text: str, error: BaseException) -> UnreadableScriptError:
    if not isinstance(error, cst.ParserSyntaxError):
        return UnreadableScriptError(
            f"the parser gave up ({type(error).__name__}); simplify the file to have it checked"
        )
    from tunesmith.sources.broken_script import syntax_error  # seldom needed

    detail, line = error.message.partition("\n")[0][:100], error.raw_line
    if own := syntax_error(text):  # says it in words that people know
        detail, line = own.msg, own.lineno or 1
    elif "tokenizer error" in error.message:  # which is always said to be in line 1
        line = 0
    place = f"line {line}: " if line else ""
    return InvalidSyntaxError(
        f"{place}no valid Python 3 ({detail}); correct the syntax to have it checked"
    )


def _line(text: str, offset: int) -> int:
    return len(re.findall(r"\r\n|\r|\n", text[:offset])) + 1
