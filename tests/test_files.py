"""Files: decoding, notebooks, and writes that lose nothing."""

import codecs
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path, PurePosixPath

import pytest

from tunesmith.files import (
    BinaryFileError,
    UnreadableFileError,
    UnwritableFileError,
    document_of,
    read_document,
    write_document,
)
from tunesmith.sources.document import MAX_CHARACTERS, CellKind, Document, Kind, notebook
from tunesmith.sources.document_edits import with_edits
from tunesmith.sources.understand import understand
from tunesmith.text import Edit, Span


def edit(document: Document, old: str, new: str) -> Edit:
    start = document.text.index(old)
    return Edit(Span(start, start + len(old)), new)


def write_edits(path: Path, document: Document, edits: list[Edit]) -> Document:
    changed = with_edits(document, edits)
    write_document(path, document, changed)
    return changed


def change(path: Path, old: str, new: str) -> Document:
    document = read_document(path)
    return write_edits(path, document, [edit(document, old, new)])


TEXT = "# -*- coding: {} -*-\r\nname = 'Jos\xe9'\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.format("latin-1").encode("latin-1"),
        TEXT.format("latin-1-unix").encode("latin-1"),
        TEXT.format("cp1252").encode("cp1252"),
        TEXT.format("utf-8").encode(),
        codecs.BOM_UTF8 + TEXT.format("latin-1").encode(),
        codecs.BOM_UTF16_LE + TEXT.format("utf-16").encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.format("utf-16").encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.format("utf-32").encode("utf-32-le"),
        ("#!/usr/bin/python\n# vim: set fileencoding=koi8-r :\nx = '\u0436'").encode("koi8-r"),
        b"",
        b"x = 1",
        b"x = 1\ry = 2\r",
        b"\x0cx = 1\n",
    ],
)
def test_a_write_keeps_encoding_mark_and_line_breaks(tmp_path: Path, data: bytes):
    path = tmp_path / "train.py"
    path.write_bytes(data)
    document = read_document(path)

    assert "\ufeff" not in document.text
    assert write_edits(path, document, []) == document
    assert path.read_bytes() == data
    assert [entry.name for entry in tmp_path.iterdir()] == ["train.py"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\n", b"x\ny\nb\n"),
        (b"a\r\nb\r\n", b"x\r\ny\r\nb\r\n"),
        (b"a\rb\r", b"x\ry\rb\r"),
        (b"a\r\nb\r\nc\n", b"x\r\ny\r\nb\r\nc\n"),
    ],
)
def test_new_lines_end_like_the_files_own(tmp_path: Path, before: bytes, after: bytes):
    path = tmp_path / "train.py"
    path.write_bytes(before)
    changed = change(path, "a", "x\ny")

    assert path.read_bytes() == after
    assert changed == read_document(path)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("train.py", b"x = '\xe9'\n", "line 1 is no valid utf-8"),
        ("train.py", b"a\nb\n\xff", "line 3"),
        ("train.py", b"# coding: rot13\nx", "rot-13"),
        ("train.py", b"# coding: nonsense\nx", "nonsense"),
        ("train.py", b"# coding: punycode\nx-" + b"a" * 100_000, "punycode"),
        ("train.py", b"# coding: undefined\nx", "decoded"),
        ("train.py", b"x" * (2 * 1024 * 1024 + 1), "larger than"),
        ("train.py", codecs.BOM_UTF16_LE + b"x", "utf-16"),
        ("README.md", b"Jos\xe9", "utf-8"),
        ("x.csv", b"", "does not read files of this kind"),
        ("x.ipynb", b"{", "no valid JSON"),
        ("x.ipynb", b"[]", "not an object"),
        ("x.ipynb", b"{}", "no list of cells"),
        ("x.ipynb", b'{"cells": 1}', "no list of cells"),
        ("x.ipynb", b"[" * 100_000, "no valid JSON"),
        ("x.ipynb", b'{"cells": ' + b"9" * 5000 + b"}", "no "),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, name: str, data: bytes, words: str):
    path = tmp_path / name
    path.write_bytes(data)

    with pytest.raises(UnreadableFileError) as caught:
        read_document(path)
    assert words in str(caught.value)


def test_binary_files_are_told_apart(tmp_path: Path):
    with pytest.raises(BinaryFileError):
        document_of(tmp_path / "train.py", b"\x7fELF\0\0")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: None])
def test_what_is_no_file_does_not_hang(tmp_path: Path, make):
    path = tmp_path / "train.py"
    make(path)

    with pytest.raises(UnreadableFileError):
        read_document(path)


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path):
    path = tmp_path / "train.py"
    path.write_text("a = 1\n")
    document = read_document(path)
    path.write_text("a = 2\n")

    with pytest.raises(UnwritableFileError, match="changed since"):
        write_edits(path, document, [edit(document, "a", "b")])
    assert path.read_text() == "a = 2\n"
    path.unlink()
    with pytest.raises(UnwritableFileError, match="can no longer be read"):
        write_edits(path, document, [edit(document, "a", "b")])


def test_a_read_only_file_is_left_alone(tmp_path: Path):
    path = tmp_path / "train.py"
    path.write_text("a = 1\n")
    path.chmod(0o444)

    with pytest.raises(UnwritableFileError, match="read-only"):
        change(path, "a", "b")
    assert path.read_text() == "a = 1\n"


def test_mode_and_symlink_stay(tmp_path: Path):
    target = tmp_path / "real" / "train.py"
    target.parent.mkdir()
    target.write_text("a = 1\n")
    target.chmod(0o751)
    link = tmp_path / "train.py"
    link.symlink_to("real/train.py")
    change(link, "a", "b")

    assert link.is_symlink()
    assert target.read_text() == "b = 1\n"
    assert target.stat().st_mode & 0o777 == 0o751


def test_a_text_that_the_encoding_cannot_hold_is_refused(tmp_path: Path):
    path = tmp_path / "train.py"
    path.write_bytes(b"# coding: latin-1\na = 1\n")

    with pytest.raises(UnwritableFileError, match="iso8859-1"):
        change(path, "a =", "\u0436 =")
    assert path.read_bytes() == b"# coding: latin-1\na = 1\n"


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path):
    """The limit on a file's size stands for the disk: both fail in the middle of a write."""
    path = tmp_path / "train.py"
    path.write_text("a = 1\n" * 1000)
    script = textwrap.dedent("""
        import resource, sys
        from pathlib import Path
        from tunesmith.files import UnwritableFileError, read_document, write_document
        from tunesmith.sources.document_edits import with_edits
        from tunesmith.text import Edit, Span

        path = Path(sys.argv[1])
        document = read_document(path)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            write_document(path, document, with_edits(document, [Edit(Span(0, 1), "b")]))
        except UnwritableFileError as error:
            print(error)
    """)
    ran = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )

    assert "the file is as it was" in ran.stdout
    assert path.read_text() == "a = 1\n" * 1000
    assert [entry.name for entry in tmp_path.iterdir()] == ["train.py"]


CELLS = [
    {"cell_type": "markdown", "metadata": {}, "source": ["# Caf\xe9\n", "text"]},
    {
        "cell_type": "code",
        "execution_count": 1.0,
        "metadata": {},
        "outputs": [{"text": ["a = 1\n"], "data": 1e100}],
        "source": ["a = 1\n", "s = '\xe9 </b>'\n", "c = 3"],
    },
    {"cell_type": "code", "metadata": {}, "outputs": [], "source": []},
    {"cell_type": "raw", "metadata": {}, "source": "raw"},
]


def notebook_json(**layout: object) -> str:
    notebook = {"cells": CELLS, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, **layout)


@pytest.mark.parametrize(
    "text",
    [
        notebook_json(indent=1, ensure_ascii=False) + "\n",
        notebook_json(indent=1, ensure_ascii=True),
        notebook_json(indent=4, sort_keys=True, ensure_ascii=False),
        notebook_json(separators=(",", ":")),
        notebook_json(),
        notebook_json(indent="\t", ensure_ascii=False).replace("\n", "\r\n"),
        notebook_json(indent=1).replace("</b>", "\\u003c/b>"),
        "\ufeff" + notebook_json(indent=1),
    ],
)
def test_only_the_changed_source_of_a_notebook_is_rewritten(tmp_path: Path, text: str):
    path = tmp_path / "train.ipynb"
    path.write_bytes(text.encode())
    changed = change(path, "a = 1", "a = 2")

    in_outputs, in_source = (match.start() for match in re.finditer("a = 1", text))
    assert in_outputs < in_source
    assert path.read_bytes().decode() == f"{text[:in_source]}a = 2{text[in_source + 5 :]}"
    assert changed == read_document(path)


@pytest.mark.parametrize("ensure_ascii", [False, True])
def test_new_characters_of_a_notebook_are_written_like_the_old_ones(
    tmp_path: Path, ensure_ascii: bool
):
    path = tmp_path / "train.ipynb"
    path.write_text(notebook_json(indent=1, ensure_ascii=ensure_ascii), "utf-8")
    change(path, "c = 3", "c = '\xe9'")

    raw = path.read_text("utf-8")
    assert ("c = '\\u00e9'" in raw) == ensure_ascii
    assert ("c = '\xe9'" in raw) != ensure_ascii


def test_notebook_lines_that_come_and_go(tmp_path: Path):
    path = tmp_path / "train.ipynb"
    text = notebook_json(indent=1, ensure_ascii=False)
    path.write_text(text, "utf-8")
    change(path, "a = 1\n", "a = 1\nb = 2\n")
    first_lines = path.read_text("utf-8").partition('"outputs"')[2].partition('"source"')[2]
    assert first_lines.startswith(': [\n    "a = 1\\n",\n    "b = 2\\n",\n    "s = ')

    change(path, "a = 1\nb = 2\n", "a = 1\n")
    assert path.read_text("utf-8") == text


def test_a_source_that_is_one_string(tmp_path: Path):
    path = tmp_path / "train.ipynb"
    path.write_text('{"cells": [{"source": "a\\nb", "cell_type": "code"}]}')
    change(path, "a", "x\ny")

    assert path.read_text() == '{"cells": [{"source": "x\\ny\\nb", "cell_type": "code"}]}'


def test_nbformat_3(tmp_path: Path):
    path = tmp_path / "train.ipynb"
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["Title"]},
        {"cell_type": "code", "language": "python", "input": ["a = 1"], "outputs": []},
    ]
    text = json.dumps({"worksheets": [{"cells": cells}, {"cells": cells}], "nbformat": 3})
    path.write_text(text)
    document = read_document(path)

    assert document.text == "Title\na = 1\nTitle\na = 1"
    assert [cell.kind for cell in document.cells] == [CellKind.RAW, CellKind.CODE] * 2
    write_edits(path, document, [Edit(Span(18, 19), "b")])
    assert path.read_text() == "b = 1".join(text.rsplit("a = 1", 1))


def test_code_of_another_language_is_no_python(tmp_path: Path):
    text = json.dumps({"cells": CELLS, "metadata": {"kernelspec": {"language": "R"}}})
    document = document_of(tmp_path / "x.ipynb", text.encode())

    assert CellKind.CODE not in {cell.kind for cell in document.cells}
    assert CellKind.MARKDOWN in {cell.kind for cell in document.cells}


def test_odd_cells_are_read_as_empty_ones(tmp_path: Path):
    cells = [None, 1, {"cell_type": 3}, {"cell_type": "code", "source": [1, "a"]}]
    document = document_of(tmp_path / "x.ipynb", json.dumps({"cells": cells}).encode())

    assert document.text == "\na"
    assert len(document.cells) == 2


def test_an_edit_across_cells_is_refused():
    document = document_of(Path("x.ipynb"), notebook_json().encode())
    assert document.kind is Kind.NOTEBOOK

    with pytest.raises(ValueError, match="across the cells"):
        with_edits(document, [Edit(Span(0, document.cells[1].span.end), "")])


def test_a_large_notebook_on_one_line_is_read(tmp_path: Path):
    picture = {"cell_type": "code", "outputs": [{"png": "A" * 3_000_000}], "source": "a = 1"}
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps({"cells": [picture]}))

    assert read_document(path).text == "a = 1"


def test_pictures_in_a_notebook_do_not_count_as_code():
    picture = "![](data:image/png;base64," + "A" * 2 * MAX_CHARACTERS + ")"
    code = "from trl import SFTTrainer\nSFTTrainer(model_init_kwargs={})\n"
    document = notebook(
        PurePosixPath("/work/train.ipynb"), [(CellKind.MARKDOWN, picture), (CellKind.CODE, code)]
    )
    understanding = understand(document)
    assert understanding.unreadable is None
    assert understanding.script is not None
