"""The comment that makes a finding go away, where there is room for one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunesmith.lint import engine
from tunesmith.lint.engine import Diagnostic
from tunesmith.lsp.moves import moved
from tunesmith.project import Project
from tunesmith.sources.document import CellKind, Document, Kind
from tunesmith.sources.document_edits import with_edits
from tunesmith.sources.understand import Understanding, understand
from tunesmith.text import Edit, Span, regex

_EXISTING = regex(r"tunesmith:\s*ignore\[[^\]\n]*(?=\])")
_FENCE = regex(r"[ \t>]*(?:```|~~~)")


def ignore_edits(
    document: Document, finding: Diagnostic, findings: Sequence[Diagnostic], project: Project
) -> Sequence[Edit] | None:
    """The edits that silence a finding and do nothing else; None if no comment can do that.

    A comment is impossible inside many strings and behind a line that goes on, so every candidate
    is tried out: commands must keep their words, and other rules their findings.
    """
    before = understand(document, relevant=True)
    commands = before.commands
    extent = next((c.span for c in commands if c.span.contains(finding.span)), finding.span)
    for edit in _candidates(document, extent, finding.name):
        after = understand(with_edits(document, [edit]), relevant=True)
        if _words(before) == _words(after) and after.unreadable is None:
            expected = moved(findings, [edit])
            if _silences(finding, expected, engine.check(after, project), edit):
                return [edit]
    return None


def _silences(
    finding: Diagnostic, expected: Sequence[Diagnostic], found: Sequence[Diagnostic], edit: Edit
) -> bool:
    (silenced,) = moved([finding], [edit])
    wanted = {(each.name, each.span) for each in expected}
    got = {(each.name, each.span) for each in found}
    gone = wanted - got
    return (
        got <= wanted
        and (silenced.name, silenced.span) in gone
        and all(name == silenced.name for name, _ in gone)
    )


def _words(understanding: Understanding) -> Sequence[Sequence[str | None]]:
    return [[word.text for word in command.argv.words] for command in understanding.commands]


def _candidates(document: Document, extent: Span, name: str) -> Iterator[Edit]:
    lines = document.lines
    first, last = (lines.position(offset).line for offset in extent)
    for line in dict.fromkeys((first, last)):
        existing = _EXISTING.search(lines.line_text(line))
        if existing:
            offset = lines.line_span(line).start + existing.end()
            yield Edit(Span(offset, offset), f", {name}")
    comment = f"tunesmith: ignore[{name}]"
    top = _top_of_markup(document, first)
    if top is not None:
        yield _line_above(document, top, f"<!-- {comment} -->")
        return
    for line in dict.fromkeys((first, last)):
        end = lines.line_span(line).end
        yield Edit(Span(end, end), f"  # {comment}")
    yield _line_above(document, first, f"# {comment}")


def _line_above(document: Document, line: int, text: str) -> Edit:
    span = document.lines.line_span(line)
    content = document.text[span.start : span.end]
    indent = content[: len(content) - len(content.lstrip(" \t>"))]
    return Edit(Span(span.start, span.start), f"{indent}{text}{_line_break(document.text)}")


def _line_break(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _top_of_markup(document: Document, line: int) -> int | None:
    """The line where the Markdown block around a line begins; None in anything but Markdown."""
    top = 0
    if document.kind is Kind.NOTEBOOK:
        cell = document.cell_at(document.lines.line_span(line).start)
        if cell is None or document.cells[cell].kind is not CellKind.MARKDOWN:
            return None
        top = document.lines.position(document.cells[cell].span.start).line
    elif document.kind is not Kind.MARKDOWN:
        return None
    fences = [n for n in range(top, line) if _FENCE.match(document.lines.line_text(n))]
    return fences[-1] if len(fences) % 2 else line
