"""Parsing that cannot take the process down: a cheap scan first, then a thread with a big stack."""

from __future__ import annotations

import threading

import libcst as cst

from tunesmith.sources.python_index import PythonIndex
from tunesmith.sources.python_walk import MAX_DEPTH, TooDeepError, index_module

_STACK_BYTES = 64 * 1024 * 1024
_stack_size_lock = threading.Lock()


class UnreadableScriptError(Exception):
    """Python code that cannot or must not be parsed; the message says why and where."""


def parse_script(text: str) -> tuple[cst.Module, PythonIndex]:
    """Parse and index Python code.

    Raises:
        UnreadableScriptError: the code is not valid, or too deeply nested to be parsed safely.
    """
    module = _parse_on_big_stack(text)
    try:
        return module, index_module(module)
    except (TooDeepError, RecursionError):
        raise UnreadableScriptError(
            f"the code is nested more than {MAX_DEPTH} levels deep; split the longest expression"
        ) from None


def _parse_on_big_stack(text: str) -> cst.Module:
    outcome: list[cst.Module | BaseException] = []

    def parse() -> None:
        try:
            outcome.append(cst.parse_module(text))
        except BaseException as error:  # the native parser's panics are no Exceptions
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
    raise _unreadable(outcome[0])


def _unreadable(error: BaseException) -> UnreadableScriptError:
    if isinstance(error, cst.ParserSyntaxError):
        return UnreadableScriptError(
            f"line {error.raw_line}: no valid Python 3; correct the syntax to have it checked"
        )
    return UnreadableScriptError(f"the parser gave up ({type(error).__name__})")
