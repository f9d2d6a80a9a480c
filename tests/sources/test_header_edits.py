"""A requirement put into a header keeps its layout, and the header valid."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tunesmith.sources.document import Document, Kind
from tunesmith.sources.header_edits import closing_edits, new_header, requirement_insertion
from tunesmith.sources.script_header import ScriptHeader, find_header
from tunesmith.text import apply_edits


def header_of(text: str) -> ScriptHeader:
    found = find_header(Document(PurePosixPath("/p/train.py"), Kind.PYTHON, text))
    assert found
    return found


def block(*lines: str, newline: str = "\n") -> str:
    return newline.join(("# /// script", *(f"# {line}".rstrip() for line in lines), "# ///", ""))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (['dependencies = ["a"]'], ['dependencies = ["a", "new"]']),
        (['dependencies = ["a",]'], ['dependencies = ["a", "new",]']),
        (["dependencies = []"], ['dependencies = ["new"]']),
        (["dependencies = [", "]"], ['dependencies = ["new"', "]"]),
        (['requires-python = ">=3.10"'], ['dependencies = ["new"]', 'requires-python = ">=3.10"']),
        (["[tool.uv]"], ['dependencies = ["new"]', "[tool.uv]"]),
        (
            ["dependencies = [", "  'a',  # why", "]"],
            ["dependencies = [", "  'a',  # why", "  'new',", "]"],
        ),
        (
            ["dependencies = [", '    "a"  # why', "]"],
            ["dependencies = [", '    "a",  # why', '    "new"', "]"],
        ),
        (
            ["dependencies = [", '  "a",', '  "b"]'],
            ["dependencies = [", '  "a",', '  "b",', '  "new"]'],
        ),
        (
            ["dependencies = [", '  "a", "b",', "]"],
            ["dependencies = [", '  "a", "b", "new",', "]"],
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_requirement_is_put_behind_the_others(before: list[str], after: list[str], newline: str):
    text = block(*before, newline=newline)

    fixed = apply_edits(text, requirement_insertion(header_of(text), "new", text))
    assert fixed == block(*after, newline=newline)
    names = [entry.name for entry in header_of(fixed).dependencies]
    assert names == [*(entry.name for entry in header_of(text).dependencies), "new"]


def test_a_broken_header_gets_nothing():
    text = block('dependencies = "a"')
    assert requirement_insertion(header_of(text), "new", text) == ()


@pytest.mark.parametrize(
    ("start", "rest"),
    [
        ("", "import trl\n"),
        ("#!/usr/bin/env python\n", "import trl\n"),
        ("#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n", "# A comment\nimport trl\n"),
        ("", '"""A docstring."""\r\nimport trl\r\n'),
    ],
)
def test_a_new_header_stands_at_the_beginning(start: str, rest: str):
    text = start + rest

    fixed = apply_edits(text, [new_header(["trl", "peft"], text)])
    assert fixed.startswith(start + "# /// script")
    assert fixed.endswith(rest)
    assert [entry.name for entry in header_of(fixed).dependencies] == ["trl", "peft"]
    assert ("\r" in fixed) == ("\r" in text)


@pytest.mark.parametrize(
    ("lines", "closed"),
    [
        ('# dependencies = ["a"]\n#///\n', '# dependencies = ["a"]\n# ///\n'),
        ('# dependencies = ["a"]\n# //\n', '# dependencies = ["a"]\n# ///\n'),
        ('# dependencies = [\n\n#"a"]\n# /// \n', '# dependencies = [\n#\n# "a"]\n# ///\n'),
        ('# dependencies = ["a"]\nimport trl\n#///\n', None),
        ('# dependencies = ["a"]\n', None),
    ],
)
def test_a_header_is_closed_where_only_blanks_lack(lines: str, closed: str | None):
    text = f"# /// script\n{lines}"

    edits = closing_edits(text, len("# /// script"))
    assert (apply_edits(text, edits) if edits else None) == (
        f"# /// script\n{closed}" if closed else None
    )
