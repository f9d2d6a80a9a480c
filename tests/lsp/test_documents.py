"""The store of open documents: versions, UTF-16 columns, line breaks, notebooks."""

from __future__ import annotations

import random
from pathlib import PurePosixPath

import pytest

from tunesmith.lsp.documents import (
    Change,
    DocumentStore,
    NotebookCell,
    NotebookChange,
    TextChange,
    difference,
    path_of,
)
from tunesmith.sources.document import CellKind, Kind
from tunesmith.text import LineIndex, Position, Span, apply_edits

URI = "file:///w/train.py"
BOOK = "file:///w/train.ipynb"


def _store(text: str) -> DocumentStore:
    store = DocumentStore()
    assert store.open(URI, "python", 1, text)
    return store


def _change(store: DocumentStore, *changes: Change) -> str:
    changed = store.change(URI, 2, changes)
    assert changed
    return changed[0].text


def _replace(start: tuple[int, int], end: tuple[int, int], text: str) -> Change:
    return Change(text, Position(*start), Position(*end))


@pytest.mark.parametrize(
    ("uri", "language", "kind"),
    [
        (URI, "python", Kind.PYTHON),
        ("file:///w/a", "shellscript", Kind.SHELL),
        ("file:///w/ci.yml", "something-else", Kind.YAML),
        ("untitled:Untitled-1", "python", Kind.PYTHON),
        ("file:///w/Dockerfile.train", "plaintext", Kind.DOCKERFILE),
    ],
)
def test_the_language_or_the_name_tells_the_kind(uri: str, language: str, kind: Kind):
    opened = DocumentStore().open(uri, language, 1, "")
    assert opened
    assert opened.document.kind is kind


@pytest.mark.parametrize(
    ("uri", "language"),
    [
        ("file:///w/a.c", "c"),
        ("git:/w/train.py", "python"),
        ("vscode-notebook-cell:/w/t.ipynb#1", "python"),
        (BOOK, "json"),
    ],
)
def test_other_documents_are_not_kept(uri: str, language: str):
    store = DocumentStore()
    assert store.open(uri, language, 1, "text") is None
    assert store.get(uri) is None
    assert store.change(uri, 2, [Change("x")]) is None
    assert store.close(uri) is None


def test_paths_are_decoded_and_normalised():
    assert path_of("file:///w/a%20b/../%C3%A9.py") == PurePosixPath("/w/é.py")
    assert path_of("untitled:Untitled-1").name == "Untitled-1"
    assert path_of("untitled:Untitled-1") != path_of("file:///Untitled-1")


def test_columns_count_utf16_units():
    store = _store("a = '😀😀b'\n")
    assert _change(store, _replace((0, 9), (0, 10), "c")) == "a = '😀😀c'\n"
    assert _change(store, _replace((0, 5), (0, 7), "")) == "a = '😀c'\n"


def test_lines_end_at_crlf_cr_and_lf_only():
    store = _store("a\f1\r\nb\u20282\rc\x853\nd")
    assert _change(store, _replace((3, 0), (3, 1), "D")) == "a\f1\r\nb\u20282\rc\x853\nD"
    assert _change(store, _replace((1, 2), (1, 3), "X")) == "a\f1\r\nb\u2028X\rc\x853\nD"
    assert _change(store, _replace((0, 3), (1, 0), "+")) == "a\f1+b\u2028X\rc\x853\nD"


def test_changes_apply_one_after_the_other_and_tell_their_edits():
    store = _store("one two\n")
    changed = store.change(
        URI, 2, [_replace((0, 0), (0, 0), "zero "), _replace((0, 5), (0, 8), "1")]
    )
    assert changed
    opened, edits = changed
    text = "one two\n"
    for edit in edits:
        text = apply_edits(text, [edit])
    assert opened.text == text == "zero 1 two\n"


def test_a_snapshot_does_not_change():
    store = _store("a")
    before = store.get(URI)
    _change(store, Change("b"))
    after = store.get(URI)
    assert before
    assert after
    assert (before.text, after.text) == ("a", "b")
    assert [part.version for part in after.parts] == [2]


def test_positions_past_the_end_are_the_end():
    store = _store("ab\n")
    assert _change(store, _replace((0, 99), (99, 99), "!")) == "ab!"


def test_random_changes_equal_an_editor_that_counts_utf16_code_units():
    generator = random.Random(3)
    alphabet = ["a", "é", "😀", "\n", "\r\n", "\r", "\f", "\u2028", "🚀"]
    for _ in range(200):
        text = "".join(generator.choices(alphabet, k=generator.randrange(30)))
        store = _store(text)
        lines = LineIndex(text)
        start, end = sorted(generator.randint(0, len(text)) for _ in range(2))
        new = "".join(generator.choices(alphabet, k=generator.randrange(4)))
        if any(text[at - 1 : at + 1] == "\r\n" for at in (start, end)):
            continue  # no editor has a position between these two
        change = Change(new, lines.utf16_position(start), lines.utf16_position(end))
        assert _change(store, change) == text[:start] + new + text[end:]


@pytest.mark.parametrize(
    ("old", "new", "span", "text"),
    [
        ("abc", "abc", Span(3, 3), ""),
        ("abc", "aXc", Span(1, 2), "X"),
        ("aaa", "aa", Span(2, 3), ""),
        ("", "x", Span(0, 0), "x"),
        ("x", "", Span(0, 1), ""),
    ],
)
def test_the_difference_of_two_texts_is_one_small_edit(old: str, new: str, span: Span, text: str):
    edit = difference(old, new)
    assert (edit.span, edit.text) == (span, text)


def test_any_difference_makes_the_new_text():
    generator = random.Random(5)
    for _ in range(500):
        old = "".join(generator.choices("ab\n", k=generator.randrange(12)))
        new = "".join(generator.choices("ab\n", k=generator.randrange(12)))
        assert apply_edits(old, [difference(old, new)]) == new


def _cell(name: str, text: str, language: str = "python", *, markup: bool = False) -> NotebookCell:
    return NotebookCell(f"cell:{name}", 1, language, markup, text)


def _notebook(*cells: NotebookCell) -> DocumentStore:
    store = DocumentStore()
    # The texts need not come in the order of the cells.
    content = NotebookChange(opened=cells[::-1], inserted=[cell.uri for cell in cells])
    store.open_notebook(BOOK, content)
    return store


def _texts(store: DocumentStore) -> list[str]:
    opened = store.get(BOOK)
    assert opened
    assert opened.text == "\n".join(part.text for part in opened.parts)
    assert [cell.span for cell in opened.document.cells] == [part.span for part in opened.parts]
    return [part.text for part in opened.parts]


def test_a_notebook_is_one_document_of_cells():
    markdown = _cell("2", "# Title", "markdown", markup=True)
    store = _notebook(_cell("1", "import trl"), markdown, _cell("3", "x", "javascript"))
    opened = store.get("cell:2")
    assert opened
    assert opened.uri == BOOK
    kinds = [cell.kind for cell in opened.document.cells]
    assert kinds == [CellKind.CODE, CellKind.MARKDOWN, CellKind.RAW]
    assert _texts(store) == ["import trl", "# Title", "x"]


def test_a_position_in_a_cell_is_an_offset_into_the_notebook():
    opened = _notebook(_cell("1", "ab\ncd"), _cell("2", "😀e\nf")).get(BOOK)
    assert opened
    part = opened.part("cell:2")
    assert part
    offset = part.offset(Position(0, 2))
    assert opened.text[offset] == "e"
    assert part.position(offset) == Position(0, 2)


def test_cells_are_changed_inserted_moved_and_removed():
    store = _notebook(_cell("1", "one"), _cell("2", "two"), _cell("3", "three"))
    text = TextChange("cell:2", 7, [Change("2", Position(0, 0), Position(0, 3))])
    assert store.change_notebook(BOOK, NotebookChange(texts=[text]))
    assert _texts(store) == ["one", "2", "three"]
    moved = NotebookChange(start=0, removed=2, inserted=["cell:2", "cell:1"])
    assert store.change_notebook(BOOK, moved)
    assert _texts(store) == ["2", "one", "three"]
    new = NotebookChange(opened=[_cell("4", "four")], start=1, inserted=["cell:4"])
    assert store.change_notebook(BOOK, new)
    assert _texts(store) == ["2", "four", "one", "three"]
    gone = NotebookChange(start=0, removed=1, closed=["cell:2"])
    assert store.change_notebook(BOOK, gone)
    assert _texts(store) == ["four", "one", "three"]
    assert store.get("cell:2") is None


def test_a_cell_may_be_taken_out_and_put_back_in_two_steps():
    store = _notebook(_cell("1", "one"), _cell("2", "two"))
    store.change_notebook(BOOK, NotebookChange(start=0, removed=1))
    assert _texts(store) == ["two"]
    store.change_notebook(BOOK, NotebookChange(start=1, inserted=["cell:1"]))
    assert _texts(store) == ["two", "one"]


def test_a_closed_notebook_takes_its_cells_along():
    store = _notebook(_cell("1", "one"))
    assert store.close(BOOK)
    assert store.get(BOOK) is None
    assert store.get("cell:1") is None
    assert store.change_notebook(BOOK, NotebookChange()) is None
