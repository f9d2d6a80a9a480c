"""The end of a file, where people type: blank and indented lines lose and move nothing."""

from __future__ import annotations

import itertools
import re
from pathlib import PurePosixPath

import pytest

from tunesmith.sources.document import Document, Kind
from tunesmith.sources.python_script import PythonScript

TAILS = ("", "    ", "\t", "   \n", "\n", "\r\n", "\f", "# c\n", "  # d", "\r")


@pytest.mark.parametrize("body", ["x = f(1)\n", "if x:\n    y = f(1)\n", "def g():\n  f(1)\n    "])
def test_calls_and_comments_keep_their_places(body: str):
    for tail in itertools.product(TAILS, repeat=2):
        text = body + "".join(tail)
        script = PythonScript.parse(Document(PurePosixPath("/a.py"), Kind.PYTHON, text), None)
        wanted = [match.span() for match in re.finditer(r"#[^\r\n]*", text)]
        assert list(script.comments) == wanted, repr(text)
        names = {text[slice(*span)] for spans in script.positions.names.values() for span in spans}
        assert "f" in names, repr(text)
