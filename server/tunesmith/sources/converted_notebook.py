"""Shell commands in a notebook that nbconvert saved as a script: `get_ipython().system('...')`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunesmith.named_tuple import NamedTuple
from tunesmith.text import MappedText, regex

_CALL = regex(
    r"^[ \t#]*get_ipython\(\)\.(?P<method>system|getoutput|run_line_magic|run_cell_magic)"
    r"\((?P<arguments>[^\n]*)\)[ \t]*$",
    re.MULTILINE,
)
_STRING = regex(r"""'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)\"""")
_ESCAPE = regex(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t"}


class ConvertedCell(NamedTuple):
    """A magic, a line or a whole cell of it.

    Attributes:
        magic: the cell's, as "capture"; None for a line of shell.
        source: the cell below its magic, or the line of shell; each character has the place of
            the whole line.
    """

    magic: str | None
    source: MappedText


def converted_cells(text: str) -> Iterator[ConvertedCell]:
    """Every magic in a script, also in lines that nbconvert, or somebody, commented out."""
    for call in _CALL.finditer(text):
        found = [_decoded(each) for each in _STRING.finditer(call["arguments"])]
        if not found:
            continue
        is_cell = call["method"] == "run_cell_magic"
        line = (
            found[-1] if is_cell or call["method"] in ("system", "getoutput") else " ".join(found)
        )
        places = [call.start()] * len(line), [call.end()] * len(line)
        yield ConvertedCell(found[0] if is_cell else None, MappedText(line, *places))


def _decoded(literal: re.Match[str]) -> str:
    raw = literal["single"] if literal["single"] is not None else literal["double"]
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), raw)
