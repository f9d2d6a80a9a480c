"""Moves findings along with the edits that were made since. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.rule import Fix
from tunesmith.text import Edit, Span


def moved(findings: Iterable[Diagnostic], edits: Iterable[Edit]) -> Sequence[Diagnostic]:
    """The findings after edits made one after the other.

    A finding whose text was replaced is gone; a fix that an edit touched is no longer offered.
    """
    findings = list(findings)
    for edit in edits:
        findings = [after for finding in findings if (after := _moved(finding, edit))]
    return findings


def _moved(finding: Diagnostic, edit: Edit) -> Diagnostic | None:
    span = moved_span(finding.span, edit)
    if span is None:
        return None
    fix = _moved_fix(finding.fix, edit) if finding.fix else None
    others = [after for other in finding.alternatives if (after := _moved_fix(other, edit))]
    return finding._replace(span=span, fix=fix, alternatives=others)


def _moved_fix(fix: Fix, edit: Edit) -> Fix | None:
    if fix.document is not None:
        return fix
    if any(_cuts(edit.span, own.span) for own in fix.edits):
        return None
    return fix._replace(edits=[Edit(_shifted(own.span, edit), own.text) for own in fix.edits])


def moved_span(span: Span, edit: Edit) -> Span | None:
    """Where a span stands after an edit; None if the edit replaced all of it."""
    (start, end), growth = edit.span, _growth(edit)
    if not _cuts(edit.span, span):
        return _shifted(span, edit)
    if start <= span.start and span.end <= end:
        return None
    if start < span.start:
        return Span(end + growth, span.end + growth)
    if span.end < end:
        return Span(span.start, start)
    return Span(span.start, span.end + growth)


def _cuts(edited: Span, span: Span) -> bool:
    return edited.start < span.end and span.start < edited.end


def _shifted(span: Span, edit: Edit) -> Span:
    """A span that an edit does not cut; text put right before it pushes it on."""
    if edit.span.end > span.start:
        return span
    return Span(span.start + _growth(edit), span.end + _growth(edit))


def _growth(edit: Edit) -> int:
    return len(edit.text) - (edit.span.end - edit.span.start)
