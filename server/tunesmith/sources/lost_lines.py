"""Lines that were meant to belong to a command, and that the shell takes for another one."""

from __future__ import annotations

import re
from enum import Enum, auto

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.document import Kind
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.text import Span, regex


class Break(Enum):
    """Why a line does not belong to the command above it."""

    MISSING = auto()
    """No backslash at the end of the line above."""
    BLANKS = auto()
    """Blanks, or blanks and a comment, behind the backslash."""
    COMMENT = auto()
    """A comment between the lines, or at the end of the line above."""
    EMPTY = auto()
    """An empty line between the lines."""
    BACKSLASH = auto()
    """A backslash in PowerShell, which continues a line by a backtick."""


class LostLines(NamedTuple):
    """Where a command breaks off.

    Attributes:
        kind: why.
        end: the end of the command's last word.
        next_line: the start of the first lost line.
        first: the first lost line without its indentation.
        comments: the comments that stand between, as written.
    """

    kind: Break
    end: int
    next_line: int
    first: Span
    comments: tuple[Span, ...] = ()


_KINDS = (Kind.SHELL, Kind.MARKDOWN, Kind.NOTEBOOK, Kind.YAML, Kind.POWERSHELL)
_TAIL = regex(
    r"[ \t]*(?P<backslash>\\)?(?P<behind>[ \t]*(?P<comment>\#[^\r\n]*)?)\r?\n"
    r"(?P<between>(?:[ \t]*(?:\#[^\r\n]*)?\r?\n)*)"
    r"[ \t]*(?P<lost>[^\s#][^\r\n]*)"
)
_FENCE = regex(r"^[ \t>]*(?:```|~~~)[ \t]*(\w*)", re.MULTILINE)
_POWERSHELL = ("powershell", "ps1", "pwsh", "posh", "ps")
_ELSEWHERE = ("...", "…", "^")
"""Ends of lines that leave something out, or are continued as Windows' cmd does it."""

_COMMENT = regex(r"#[^\r\n]*")
_OPTION = regex(r"--[a-z][\w-]*(?:[=\s]|$)|-[a-zA-Z][ \t]+[\w'\"$]")
_SCRIPT = regex(r"[^\s|&;]*\.py\b|https?://", re.IGNORECASE)


def lost_lines(command: LaunchCommand) -> LostLines | None:
    """Where a command over several lines breaks off; None where it does not."""
    text = command.document.text
    line_start = text.rfind("\n", 0, command.span.start) + 1
    is_comment = "#" in text[line_start : command.span.start]
    if command.document.kind not in _KINDS or command.argv.is_mention or is_comment:
        return None
    last = max(command.argv.words, key=lambda word: word.span.end)
    if command.raw(last.span) in _ELSEWHERE:
        return None
    has_backslash = command.raw(last.span) == "\\"
    end = len(text[: last.span.start].rstrip()) if has_backslash else last.span.end
    tail = _TAIL.match(text, end)
    if tail is None or not _belongs(tail["lost"], command, bool(tail["backslash"])):
        return None
    kind = Break.BACKSLASH if has_backslash else _kind(tail)
    if kind is None:
        return None
    spans = [Span(*tail.span(group)) for group in ("comment", "between") if tail[group]]
    comments = tuple(
        Span(*match.span()) for span in spans for match in _COMMENT.finditer(text, *span)
    )
    stripped = Span(tail.start("lost"), tail.start("lost") + len(tail["lost"].rstrip(" \t\\`")))
    next_line = text.rfind("\n", 0, stripped.start) + 1
    return LostLines(kind, end, next_line, stripped, comments)


def is_powershell(command: LaunchCommand) -> bool:
    """Whether a command stands in PowerShell, which continues a line by a backtick."""
    if command.document.kind is not Kind.MARKDOWN:
        return command.document.kind is Kind.POWERSHELL
    fences = _FENCE.findall(command.document.text, 0, command.span.start)
    return bool(fences) and fences[-1].lower() in _POWERSHELL


def _kind(tail: re.Match[str]) -> Break | None:
    between = tail["between"]
    if tail["backslash"] and tail["behind"]:
        return Break.BLANKS
    if tail["comment"]:
        return None if between else Break.COMMENT
    if not tail["backslash"]:
        return None if between else Break.MISSING
    if "#" in between:
        return Break.COMMENT
    return Break.EMPTY if between else None


def _belongs(line: str, command: LaunchCommand, is_continued: bool) -> bool:
    """Whether a line looks like the rest of the command."""
    if _OPTION.match(line):
        return True
    lacks_script = command.target is None or command.target.text == "\\"
    return is_continued and lacks_script and bool(_SCRIPT.match(line))
