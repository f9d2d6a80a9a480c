"""Nothing that a file may hold ends the process, stalls it, or gives a wrong place."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath
from threading import Thread

import pytest

from sources.python_code import read, read_cells
from tunesmith.sources import python_items
from tunesmith.sources.document import MAX_CHARACTERS, CellKind, notebook
from tunesmith.sources.python_notebook_mask import mask_notebook
from tunesmith.sources.python_parse import UnreadableScriptError
from tunesmith.sources.python_scan import find_excess
from tunesmith.sources.python_script import PythonScript

EVERYTHING = re.compile(r"(?s).")

NESTED = {
    "parentheses": ("x = ", "(", "1", ")"),
    "lists": ("x = ", "[", "1", "]"),
    "dicts": ("x = ", "{1:", "1", "}"),
    "calls": ("x = ", "f(a=", "1", ")"),
    "subscripts": ("x = ", "a[", "1", "]"),
    "lambdas in parentheses": ("x = ", "(lambda: ", "1", ")"),
    "comprehensions": ("x = ", "[", "a", " for a in b]"),
    "conditions": ("x = ", "(1 if ", "1", " else 2)"),
    "targets": ("", "(", "a", ",) = b"),
    "patterns": ("match x:\n case ", "[", "a", "]: pass"),
    "mapping patterns": ("match x:\n case ", '{"a":', "a", "}: pass"),
    "class patterns": ("match x:\n case ", "A(", "a", "): pass"),
    "f-strings": ("x = ", 'f"{', "1", '}"'),
    "format specifications": ('x = f"', "{a:", "1", "}"),
    "f-string brackets": ('x = f"{', "(", "1", ")"),
    "unclosed": ("x = ", "f(", "", ""),
    "closed only": ("x = ", "", "1", ")"),
    "not": ("x = ", "not ", "1", ""),
    "minus": ("x = ", "-", "1", ""),
    "lambdas": ("x = ", "lambda: ", "1", ""),
    "else if": ("x = ", "1 if 1 else ", "1", ""),
    "powers": ("x = ", "1**", "1", ""),
    "sum": ("x = ", "1+", "1", ""),
    "sum over lines": ("x = (", "1\n+", "1)", ""),
    "sum in an f-string": ('x = f"{', "1+", "1", ""),
    "matmul": ("x = ", "a@", "1", ""),
    "and": ("x = ", "a and ", "1", ""),
    "attributes": ("x = a", ".b", "", ""),
    "call chain": ("x = a", "()", "", ""),
    "subscript chain": ("x = a", "[0]", "", ""),
    "call chain with commas": ("x = a", "(1, 2)", "", ""),
    "strings": ("x = ", '"a" ', "", ""),
    "holes": ('x = f"', "{a}", '"', ""),
    "elements": ("x = [", "1,", "]", ""),
    "entries": ("x = {", '"a": {"b": 1},\n', "}", ""),
    "arguments": ("f(", "a=1,", ")", ""),
    "statements": ("", "a;", "", "\n"),
    "elif": ("if a: pass\n", "elif b: pass\n", "", ""),
    "decorators": ("", "@a\n", "def f(): pass", ""),
    "handlers": ("try: pass\n", "except A: pass\n", "", ""),
    "module path": ("import a", ".b", "", ""),
    "relative": ("from ", ".", " import a", ""),
    "clauses": ("x = [a", " for a in b", "]", ""),
    "assignments": ("", "a = ", "1", ""),
    "with items": ("with ", "a,", "b: pass", ""),
    "parameters": ("def f(", "a=1,", "): pass", ""),
    "unions": ("x: ", "a|", "1 = 1", ""),
    "await": ("async def f():\n ", "await ", "a", ""),
    "continuations": ("x = ", "1 \\\n+", "1", ""),
    "lines": ("", "a\n", "", ""),
    "blank lines": ("", "\n", "", ""),
    "backslashes": ("x = '", "\\", "", ""),
    "quotes": ("x = ", "'", "", ""),
}


def nested(name: str, count: int) -> str:
    start, opening, middle, closing = NESTED[name]
    end = closing if closing.startswith(("\n", ": ")) else closing * count
    return start + opening * count + middle + end + "\n"


def blocks(count: int) -> str:
    return "".join(f"{' ' * i}if a:\n" for i in range(count)) + " " * count + "pass\n"


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("count", [90, 700, 30_000])
def test_no_nesting_or_length_ends_or_stalls_the_process(name: str, count: int) -> None:
    text = nested(name, count)[:MAX_CHARACTERS]
    started = time.process_time()
    examine(text)
    assert time.process_time() - started < 20  # 2 s where it is not shared


def examine(text: str) -> PythonScript | None:
    """Ask a text for all that rules may ask for."""
    try:
        script = read(text)
    except UnreadableScriptError:
        return None
    for site in script.index.calls:
        call = script.evaluator.call_of(site)
        if call:
            _ = [argument.value for argument in call.arguments]
            assert text[slice(*call.span)].endswith(")")
    list(script.strings_matching(EVERYTHING))
    list(script.sequences_matching(EVERYTHING))
    assert all(text[start] == "#" for start, _ in script.comments)
    _ = script.command_line_options
    return script


def test_nested_blocks() -> None:
    assert examine(blocks(60))
    assert examine(blocks(300)) is None


@pytest.mark.parametrize("stack", [256 * 1024])
def test_the_caller_s_stack_does_not_matter(stack: int) -> None:
    import threading

    outcome: list[object] = []
    before = threading.stack_size(stack)
    try:
        thread = Thread(target=lambda: outcome.append(read(nested("parentheses", 90))))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert isinstance(outcome[0], PythonScript)


def test_excess_is_said_with_its_line() -> None:
    with pytest.raises(UnreadableScriptError, match=r"line 3: brackets nested 101 deep; move"):
        read("a\nb\n" + nested("lists", 200))
    said = r"line 2: no valid Python 3 \(Missing parentheses in call to 'print'"
    with pytest.raises(UnreadableScriptError, match=said):
        read("a\nprint 'x'\n")


def test_code_that_people_write_is_not_refused() -> None:
    data = (
        "x = [\n" + '    {"prompt": "Why (or why not)?", "answer": "So [1, 2]"},\n' * 1000 + "]\n"
    )
    prompt = 'y = f"""' + "{a} said: (\n" * 2000 + '"""\n'
    long_sum = "z = (" + '"text, text" + name +\n' * 100 + "'')\n"
    assert find_excess(data + prompt + long_sum) is None
    assert examine(data + prompt + long_sum)


ODD = {
    "byte order mark": "\ufeffimport trl\ntrl.f(1)\n",
    "CRLF": "import trl\r\n\r\ntrl.f(1)\r\n",
    "lone CR": "import trl\rtrl.f(1)\r",
    "mixed line breaks": "import trl\r\n# a\ntrl.f(1)\r",
    "double CR": "import trl\r\r\ntrl.f(1)\r\r\n",
    "form feed line": "import trl\n\f\ntrl.f(1)\n",
    "form feed before code": "import trl\n\ftrl.f(1)\n",
    "form feed first": "\f\fimport trl\ntrl.f(1)\n",
    "form feed in block": "import trl\nif a:\n\f    trl.f(1)\n",
    "form feed after comment": "import trl\n# a\n\f\ftrl.f(1)\n",
    "tabs": "import trl\nif a:\n\ttrl.f(1)\n",
    "U+2028": "import trl\nx = '\u2028'\ntrl.f(1)\n",
    "astral": "import trl\nx = '😀'\ntrl.f(1)\n",
    "lone surrogate": "import trl\nx = '\ud800'\ntrl.f(1)\n",
    "NUL in string": "import trl\nx = '\0'\ntrl.f(1)\n",
    "coding line": "# -*- coding: latin-1 -*-\nimport trl\nx = 'é'\ntrl.f(1)\n",
    "no line break at the end": "import trl\ntrl.f(1)",
    "comment at the end": "import trl\ntrl.f(1)  # a",
    "identifiers": "import trl\nnaïve = ª = 1\ntrl.f(1)\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_characters_shift_no_place(text: str) -> None:
    script = examine(text)
    assert script
    (call,) = script.calls("trl.f")
    assert text[slice(*call.span)] == "trl.f(1)"


@pytest.mark.parametrize(
    "text",
    [
        "print 'x'\n",
        "exec 'x' in y\n",
        "raise E, 'x'\n",
        "x = 0777L\n",
        "x\0 = 1\n",
        "x = 1\x1a",
        "def f(:\n",
        "x = (\n",
        "'''",
        "\\",
        "if a:\n\tb\n        c\n",
        "\ud800",
        "  x = 1\n",
    ],
)
def test_what_is_no_python_is_said(text: str) -> None:
    with pytest.raises(UnreadableScriptError, match="no valid Python 3"):
        read(text)


@pytest.mark.parametrize("text", ["", "\n", "   ", "\f", "\ufeff", "# a", "\r", "\t\n\t"])
def test_nearly_nothing_is_a_script(text: str) -> None:
    assert examine(text)


def test_mutations_of_real_code_do_no_harm() -> None:
    rnd = random.Random(11)
    source = Path(python_items.__file__).read_text(encoding="utf-8")
    pieces = [
        *"()[]{}'\"\\#\n\r\t\f\0,:;=*@!% ",
        "\ud800",
        "\ufeff",
        "f'{",
        "'''",
        "lambda ",
        "\r\n",
    ]
    readable = 0
    for _ in range(150):
        text = source
        for _ in range(rnd.randrange(1, 4)):
            start = rnd.randrange(len(text))
            end = start + rnd.choice([0, 0, 1, 2, 20])
            text = text[:start] + rnd.choice(pieces) + text[end:]
        readable += examine(text) is not None
    assert 10 < readable < 150


def test_parallel_parsing() -> None:
    outcomes: list[object] = []
    threads = [
        Thread(target=lambda: outcomes.append(examine(nested("lists", 50)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert all(outcomes)


def test_reading_imports_nothing_heavy() -> None:
    code = (
        "import sys, tunesmith.sources.python_script\n"
        "bad = {'torch', 'transformers', 'pygls', 'socket'} & set(sys.modules)\n"
        "assert not bad, bad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


MASKED = {
    "!pip install trl": "0               ",
    "%pip install x": "0             ",
    "?f": "0 ",
    "f?": "0 ",
    "a.b??": "0    ",
    "x = !ls -l": "x = 0     ",
    "x = %env A": "x = 0     ",
    "a, b = !ls": "a, b = 0  ",
    "!pip install \\\n  x": "0             \n   ",
    "%time f()": "0    ;f()",
    "%timeit -n 3 f()": "0               ",
    "%%bash\nls": "      \n  ",
    "%%time\nf()": "      \nf()",
    "%%capture out\nf()": "             \nf()",
    "x = (a\n% b)": "x = (a\n% b)",
    "x = '''\n!ls\n'''": "x = '''\n!ls\n'''",
    "if a:\n    !ls\nb": "if a:\n    0  \nb",
    "!echo it's\nf()": "0         \nf()",
    "!echo (\nf()": "0      \nf()",
    "x = a != b": "x = a != b",
    "x = a % b": "x = a % b",
    "f(a, # ?\n  b)": "f(a, # ?\n  b)",
    "if a:\n  !ls": "if a:\n  0  ",
    "!a\r\nb": "0 \r\nb",
}


@pytest.mark.parametrize("cell", MASKED)
def test_magics_are_masked_at_their_length(cell: str) -> None:
    document = notebook(PurePosixPath("/work/train.ipynb"), [(CellKind.CODE, cell)])
    assert mask_notebook(document) == MASKED[cell]


def test_a_notebook_is_read_around_what_is_no_python() -> None:
    script = read_cells(
        (CellKind.MARKDOWN, "# Title (\nimport os"),
        "import trl",
        (CellKind.RAW, "raw"),
        "this is broken (",
        "%%bash\nhf jobs run",
        "trl.f(1)",
    )
    (call,) = script.calls("trl.f")
    assert script.text[slice(*call.span)] == "trl.f(1)"
    assert script.document.cell_at(call.span.start) == 5
    assert len(script.code.source) == len(script.text)


def test_a_notebook_without_readable_code_says_why() -> None:
    with pytest.raises(UnreadableScriptError, match="no valid Python 3"):
        read_cells("broken (")
