"""Which fixes can be made together, and a document after all of them. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Sequence

from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.rule import SAFE, Applicability, Fix
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.document import Document
from tunesmith.sources.document_edits import with_edits
from tunesmith.text import Edit, Span

MAX_ROUNDS = 10
"""A fix may uncover a finding whose fix uncovers another; two that undo each other end here."""

Check = Callable[[Document], Sequence[Diagnostic]]


class Fixed(NamedTuple):
    """A document after fixes, and how many were made."""

    document: Document
    made: int


def joint_edits(
    findings: Iterable[Diagnostic], allowed: Collection[Applicability] = (SAFE,)
) -> tuple[Sequence[Edit], int]:
    """The edits of all allowed fixes, and the number of these fixes.

    Of fixes that touch each other only the first is made.
    """
    edits: list[Edit] = []
    taken: list[Span] = []
    count = 0
    for finding in findings:
        fix = finding.fix
        if fix and fix.applicability in allowed and not _touches(taken, fix):
            edits += fix.edits
            for edit in fix.edits:
                insort(taken, edit.span)
            count += 1
    return edits, count


def _touches(taken: Sequence[Span], fix: Fix) -> bool:
    """Whether an edit of a fix touches one of these spans, sorted, of fixes that do not."""
    for edit in fix.edits:
        place = bisect_left(taken, edit.span)
        if any(edit.span.touches(span) for span in taken[max(place - 1, 0) : place + 1]):
            return True
    return False


def fix_all(
    document: Document,
    check: Check,
    allowed: Collection[Applicability] = (SAFE,),
) -> Fixed:
    """A document after every allowed fix, with those that become possible by others."""
    total = 0
    for _ in range(MAX_ROUNDS):
        edits, count = joint_edits(check(document), allowed)
        if not count:
            break
        document = with_edits(document, edits)
        total += count
    return Fixed(document, total)
