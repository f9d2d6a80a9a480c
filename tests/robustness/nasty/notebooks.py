"""Notebooks, and JSON that is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from robustness.nasty.document import COMMAND, FLAGS, Nasty, nasty
from robustness.nasty.python_text import CALL, FOUND


def cell(source: Any, kind: Any = "code", **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": source, **more}


def notebook(*cells: Any, **more: Any) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more})


def book(title: str, text: str | bytes, findings: frozenset[str] | None = None) -> Nasty:
    return nasty(f"ipynb: {title}", "train.ipynb", text, findings)


def documents() -> Iterator[Nasty]:
    yield from _shapes()
    yield from _sources()
    yield from _broken()


def _shapes() -> Iterator[Nasty]:
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 1_000_000}}
    yield book("1 MB in one line", notebook(cell(CALL, outputs=[picture])), FOUND)
    yield book("5,000 cells", notebook(*[cell("x = 1\n")] * 5_000, cell(CALL)), FOUND)
    yield book("400 KB of code", notebook(cell("x = 1\n" * 60_000), cell(CALL)))
    yield book("2 MB of code", notebook(cell("x = 1\n" * 350_000), cell(CALL)))
    worksheets = [{"cells": [{"cell_type": "code", "input": CALL, "language": "python"}]}]
    yield book("nbformat 3", json.dumps({"worksheets": worksheets, "nbformat": 3}), FOUND)
    yield book("nbformat 3 of nonsense", json.dumps({"worksheets": [None, 1, {"cells": None}]}))
    yield book("no cells", notebook())
    yield book("cells that are null", notebook(None, cell(CALL), None), FOUND)
    yield book("cells that are no objects", notebook(1, "a", [], True, cell(CALL)), FOUND)
    yield book("cells that are an object", json.dumps({"cells": {"a": 1}}))
    yield book("sources of other types", notebook(*map(cell, (None, 1, {}, [], [None, 1, [CALL]]))))
    yield book("a source of lines and others", notebook(cell([1, CALL, None])), FOUND)
    yield book("no source", notebook({"cell_type": "code"}, cell(CALL)), FOUND)
    yield book("kinds of other types", notebook(*(cell(CALL, kind) for kind in (None, 1, [], "x"))))
    yield book("metadata of other types", notebook(cell(CALL), metadata=[1]), FOUND)
    yield book("a language of another type", notebook(cell(CALL, language={}), metadata={"a": 1}))
    kernel = {"kernelspec": {"language": ["python"]}, "language_info": 1}
    yield book("a kernel of another type", notebook(cell(CALL), metadata=kernel))
    yield book("the same key twice", '{"cells": [], ' + notebook(cell(CALL))[1:], FOUND)
    yield book("an array", "[]")
    yield book("a number", "1")
    yield book("null", "null")


def _sources() -> Iterator[Nasty]:
    yield book(
        "magics", notebook(cell("%matplotlib inline\n!pip install trl\n"), cell(CALL)), FOUND
    )
    yield book("a command", notebook(cell(f"!{COMMAND}\n")), FLAGS)
    yield book("a command that goes on", notebook(cell(f"!{COMMAND} \\\n")))
    yield book("a bash cell", notebook(cell(f"%%bash\n{COMMAND}\n")), FLAGS)
    yield book("a bash cell that is not closed", notebook(cell(f"%%bash\n{COMMAND} 'a\n")))
    yield book("a magic alone", notebook(cell("%%"), cell("%"), cell("!"), cell("!!"), cell("?")))
    yield book("2,000 commands", notebook(cell(f"!{COMMAND}\n" * 2_000)), FLAGS)
    yield book("Markdown", notebook(cell(f"```bash\n{COMMAND}\n```", "markdown")), FLAGS)
    yield book("Markdown of quotes", notebook(cell(">" * 10_000 + COMMAND, "markdown"), cell(CALL)))
    yield book("a cell that does not parse", notebook(cell("if (:\n"), cell(CALL)), FOUND)
    yield book("50 cells that do not parse", notebook(*[cell("if (:\n")] * 50, cell(CALL)), FOUND)
    yield book("nested code", notebook(cell("(" * 20_000), cell(CALL)))
    yield book("a string over cells", notebook(cell("x = '''"), cell(CALL), cell("'''")))
    yield book("a lone surrogate", notebook(cell("x = '\ud800'\n" + CALL)))
    yield book("NUL", notebook(cell("x = '\0'\n" + CALL)))
    yield book("CRLF", notebook(cell(CALL.replace("\n", "\r\n"))), FOUND)
    yield book("lone CR", notebook(cell(CALL.replace("\n", "\r"))))
    yield book("emoji", notebook(cell("'😀'; " + CALL.replace("\n", "; ", 1))), FOUND)
    yield book("U+2028", notebook(cell("'\u2028'\n" + CALL)), FOUND)
    lines = [line + "\n" for line in CALL.split("\n")]
    yield book("lines of their own", notebook(cell(lines)), FOUND)
    yield book("letters of their own", notebook(cell(list(CALL))), FOUND)
    yield book(
        "a header in a cell", notebook(cell("# /// script\n# dependencies = []\n# ///\n" + CALL))
    )


def _broken() -> Iterator[Nasty]:
    good = notebook(cell(CALL))
    yield book("empty", "")
    yield book("no JSON", "x = 1\n")
    yield book("cut in half", good[: len(good) // 2])
    yield book("a comma too much", good.replace("]", ",]"))
    yield book("more behind it", good + "x")
    yield book("a byte order mark", b"\xef\xbb\xbf" + good.encode(), FOUND)
    yield book("UTF-16", good.encode("utf-16"))
    yield book(
        "latin-1", notebook(cell(CALL + "# \xe9\n")).replace("\\u00e9", "\xe9").encode("latin-1")
    )
    yield book("200,000 brackets", "[" * 200_000)
    yield book("200,000 brackets inside", good[:-1] + ', "a": ' + "[" * 200_000)
    nested = '{"a": ' * 50_000 + "1" + "}" * 50_000
    yield book("50,000 objects inside", good[:-1] + f', "a": {nested}}}')
    yield book("900 objects inside", good[:-1] + ', "a": ' + '{"a": ' * 900 + "1" + "}" * 901)
    yield book("not a number", good[:-1] + ', "a": NaN, "b": -Infinity}', FOUND)
    yield book("a number of 20,000 digits", good[:-1] + f', "a": {"1" * 20_000}}}')
    yield book("control characters", good.replace("trainer", "tra\x01iner"))
    yield book("blanks", " " * 100_000 + good + "\n" * 100_000, FOUND)
