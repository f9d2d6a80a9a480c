"""Findings of code that does not parse for the moment: the last good ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tunesmith.lint.engine import Diagnostic, rule_named
from tunesmith.sources.document import CellKind
from tunesmith.sources.understand import Understanding
from tunesmith.text import Span


def with_last_good(
    last: Iterable[Diagnostic], understanding: Understanding, fresh: Sequence[Diagnostic]
) -> Sequence[Diagnostic]:
    """The findings to show: fresh ones, and old ones where nothing could be read.

    Args:
        last: what was shown before, moved to where it stands now.
        understanding: what could be read.
        fresh: what was found in that.
    """
    unread = _unread(understanding)
    kept = [
        finding
        for finding in last
        if any(place.contains(finding.span) for place in unread)
        and _needs_code(finding)
        and not _is_among(fresh, finding)
    ]
    return sorted((*fresh, *kept), key=lambda finding: (finding.span, finding.code))


def _unread(understanding: Understanding) -> Sequence[Span]:
    """Where code could not be read: everywhere, or in single cells of a notebook."""
    document, script = understanding.document, understanding.script
    if understanding.unreadable is not None:
        return [Span(0, len(document.text))]
    if script is None:
        return ()
    return [
        cell.span
        for cell in document.cells
        if cell.kind is CellKind.CODE
        and not script.code.source[slice(*cell.span)].strip()
        and not document.text[slice(*cell.span)].lstrip().startswith("%%")
    ]


def _needs_code(finding: Diagnostic) -> bool:
    """Whether its rule looks at more than the header, which is read also over broken code."""
    rule = rule_named(finding.name)
    return rule is None or rule.sources != frozenset({"ScriptHeader"})


def _is_among(findings: Iterable[Diagnostic], other: Diagnostic) -> bool:
    return any(
        finding.name == other.name and finding.span.touches(other.span) for finding in findings
    )
