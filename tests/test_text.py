import random

import pytest

from tunesmith.text import Edit, LineIndex, MappedText, Position, Span, apply_edits

ODD = "a\r\nb\rc\n\n𝔘x\u2028y\f z\n"


def test_lines_end_at_lf_crlf_and_cr_only():
    lines = LineIndex(ODD)
    texts = [lines.line_text(line) for line in range(lines.line_count)]
    assert texts == ["a", "b", "c", "", "𝔘x\u2028y\f z", ""]


@pytest.mark.parametrize("text", ["", "\n", ODD, "no end", "🙂" * 3 + "\r"])
def test_offsets_survive_the_way_to_positions_and_back(text: str):
    lines = LineIndex(text)
    for offset in range(len(text) + 1):
        is_inside_line_break = text[offset - 1 : offset + 1] == "\r\n"
        if not is_inside_line_break:
            assert lines.offset(lines.position(offset)) == offset
            assert lines.utf16_offset(lines.utf16_position(offset)) == offset


def test_utf16_columns_count_surrogates():
    lines = LineIndex("𝔘x")
    assert lines.utf16_position(1) == Position(0, 2)
    assert lines.utf16_offset(Position(0, 1)) == 0, "inside the pair"


def test_positions_outside_the_text_are_its_ends():
    lines = LineIndex("ab\ncd")
    assert lines.offset(Position(0, 99)) == 2
    assert lines.offset(Position(9, 0)) == 5
    assert lines.position(99) == Position(1, 2)


def test_edits_are_made_on_one_baseline():
    edits = [Edit(Span(4, 5), "E"), Edit(Span(0, 1), ""), Edit(Span(2, 2), "+")]
    assert apply_edits("abcde", edits) == "b+cdE"


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(Span(0, 3), ""), Edit(Span(2, 4), "")],
        [Edit(Span(4, 9), "")],
        [Edit(Span(3, 2), "")],
    ],
)
def test_impossible_edits_are_refused(edits: list[Edit]):
    with pytest.raises(ValueError, match="overlaps"):
        apply_edits("abcde", edits)


def test_mapped_text_knows_where_every_character_came_from():
    document = "> hf jobs\n> run"
    parts = [MappedText.slice(document, Span(2, 10)), MappedText.slice(document, Span(12, 15))]
    joined = MappedText.join(parts)
    assert joined.text == "hf jobs\nrun"
    for index, character in enumerate(joined.text):
        start, end = joined.span(index, index + 1)
        assert document[start:end] == character
    start = joined.text.index("run")
    assert joined.span(3, start + 3) == Span(5, 15)


def test_random_edits_equal_edits_made_one_by_one():
    generator = random.Random(7)
    for _ in range(200):
        text = "".join(generator.choices("ab\n🙂", k=30))
        points = sorted(generator.sample(range(31), 6))
        edits = [Edit(Span(*points[i : i + 2]), generator.choice(["", "xy"])) for i in (0, 2, 4)]
        expected = text
        for (start, end), replacement in reversed(edits):
            expected = expected[:start] + replacement + expected[end:]
        assert apply_edits(text, edits) == expected
