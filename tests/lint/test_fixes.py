"""Which fixes are made together."""

from __future__ import annotations

import random

from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.fixes import joint_edits
from tunesmith.lint.rule import ERROR, SAFE, UNSAFE, Applicability, Fix
from tunesmith.text import Edit, Span


def finding(*spans: tuple[int, int], safety: Applicability = SAFE) -> Diagnostic:
    fix = Fix("fix", [Edit(Span(*span), "x") for span in spans], safety)
    return Diagnostic("LCH001", "rule", ERROR, Span(*spans[0]), "message", fix)


def test_of_fixes_that_touch_the_first_is_made():
    edits, count = joint_edits([finding((0, 2)), finding((2, 2)), finding((3, 4))])

    assert count == 2
    assert [edit.span for edit in edits] == [(0, 2), (3, 4)]


def test_a_fix_is_made_whole_or_not_at_all():
    assert joint_edits([finding((5, 6)), finding((0, 1), (6, 9))])[1] == 1


def test_only_what_is_allowed_is_made():
    assert joint_edits([finding((0, 1), safety=UNSAFE)]) == ([], 0)


def test_no_two_of_many_fixes_touch_and_none_is_left_out_that_could_be_made():
    draw = random.Random(3)
    spans = [(start, start + draw.randrange(4)) for start in draw.choices(range(3_000), k=1_500)]

    made = [edit.span for edit in joint_edits(finding(span) for span in spans)[0]]

    assert not any(a.touches(b) for i, a in enumerate(made) for b in made[:i])
    assert all(any(span.touches(each) for each in made) for span in (Span(*s) for s in spans))
