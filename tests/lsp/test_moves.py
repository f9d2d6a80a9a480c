"""Findings move with the edits that are made before the next check."""

from __future__ import annotations

import random

import pytest

from builders import document
from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.rule import SAFE, UNSAFE, WARNING, Fix
from tunesmith.lsp.moves import moved, moved_span
from tunesmith.text import Edit, Span, apply_edits


def _finding(span: Span, *edits: Edit) -> Diagnostic:
    fix = Fix("Repair it", edits, SAFE) if edits else None
    return Diagnostic("T001", "a-rule", WARNING, span, "message", fix)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit(Span(0, 0), "abc"), Span(13, 17)),
        (Edit(Span(0, 10), ""), Span(0, 4)),
        (Edit(Span(10, 10), "x"), Span(11, 15)),
        (Edit(Span(14, 14), "x"), Span(10, 14)),
        (Edit(Span(20, 25), "x"), Span(10, 14)),
        (Edit(Span(12, 12), "xy"), Span(10, 16)),
        (Edit(Span(11, 13), ""), Span(10, 12)),
        (Edit(Span(8, 12), "x"), Span(9, 11)),
        (Edit(Span(12, 20), "xyz"), Span(10, 12)),
        (Edit(Span(10, 14), "other"), None),
        (Edit(Span(0, 30), ""), None),
    ],
)
def test_a_span_follows_one_edit(edit: Edit, expected: Span | None):
    assert moved_span(Span(10, 14), edit) == expected


def test_an_empty_span_is_pushed_by_text_put_in_its_place():
    assert moved_span(Span(5, 5), Edit(Span(5, 5), "ab")) == Span(7, 7)
    assert moved_span(Span(5, 5), Edit(Span(3, 8), "ab")) is None


def test_what_a_finding_underlines_stays_the_same_text_under_any_edits_elsewhere():
    generator = random.Random(7)
    for _ in range(300):
        text, finding = "-" * 40 + "MISTAKE" + "-" * 40, _finding(Span(40, 47))
        for _ in range(generator.randrange(1, 8)):
            edit = _random_edit(generator, text, finding.span)
            text = apply_edits(text, [edit])
            (finding,) = moved([finding], [edit])
        assert text[slice(*finding.span)] == "MISTAKE"


def _random_edit(generator: random.Random, text: str, keep: Span) -> Edit:
    low, high = generator.choice([(0, keep.start), (keep.end, len(text))])
    start, end = sorted(generator.randint(low, high) for _ in range(2))
    return Edit(Span(start, end), "+" * generator.randrange(4))


def test_edits_apply_one_after_the_other():
    edits = [Edit(Span(0, 0), "ab"), Edit(Span(2, 2), "c"), Edit(Span(0, 1), "")]
    (finding,) = moved([_finding(Span(4, 6))], edits)
    assert finding.span == Span(6, 8)


def test_a_fix_moves_with_its_finding():
    finding = _finding(Span(4, 6), Edit(Span(4, 6), "x"), Edit(Span(20, 20), "y"))
    (after,) = moved([finding], [Edit(Span(10, 10), "...")])
    assert after.fix is not None
    assert list(after.fix.edits) == [Edit(Span(4, 6), "x"), Edit(Span(23, 23), "y")]


def test_a_fix_is_withdrawn_when_its_text_was_edited():
    finding = _finding(Span(4, 6), Edit(Span(10, 14), "x"))
    (after,) = moved([finding], [Edit(Span(11, 12), "")])
    assert after.span == Span(4, 6)
    assert after.fix is None


def test_alternatives_move_as_the_fix_does_and_those_of_other_documents_stay():
    own = Fix("Own", [Edit(Span(5, 7), "x")], UNSAFE)
    cut = Fix("Cut", [Edit(Span(1, 2), "x")], UNSAFE)
    other = Fix("Other", [Edit(Span(5, 7), "x")], UNSAFE, document("run.sh", "hf jobs ps\n"))
    finding = _finding(Span(10, 14))._replace(alternatives=[own, cut, other])

    (after,) = moved([finding], [Edit(Span(0, 2), "abc")])
    assert [each.title for each in after.alternatives] == ["Own", "Other"]
    assert after.alternatives[0].edits == [Edit(Span(6, 8), "x")]
    assert after.alternatives[1] is other


def test_a_finding_is_gone_when_its_text_was_replaced():
    assert moved([_finding(Span(4, 6))], [Edit(Span(3, 7), "new")]) == []
