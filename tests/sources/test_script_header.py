"""PEP 723 headers: what is read, where it stands, what is wrong with it."""

from pathlib import PurePosixPath

import pytest

from tunesmith.sources.document import CellKind, Document, Kind, notebook
from tunesmith.sources.script_header import ScriptHeader, find_header
from tunesmith.text import Edit, apply_edits

PATH = PurePosixPath("/work/train.py")
HEADER = """\
#!/usr/bin/env -S uv run
# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "trl>=1.16",  # the trainer
#     "Flash_Attn",
#     'peft @ https://example.org/peft.whl'
# ]
#
# [tool.uv]
# no-build-isolation-package = ["flash-attn"]
#
# [tool.hf-jobs]
# flavor = "a10g-large"
# ///
import trl
"""


def header_of(text: str) -> ScriptHeader | None:
    return find_header(Document(PATH, Kind.PYTHON, text))


def sure_header(text: str) -> ScriptHeader:
    header = header_of(text)
    assert header
    return header


def block(*toml: str) -> str:
    return "\n".join(["# /// script", *(f"# {line}" for line in toml), "# ///", ""])


def without(text: str, name: str) -> str:
    entry = sure_header(text).requirement(name)
    assert entry
    return apply_edits(text, [Edit(entry.removal, "")])


def test_reads_every_table_and_names_distributions_normalised():
    header = sure_header(HEADER)

    assert [entry.name for entry in header.dependencies] == ["trl", "flash-attn", "peft"]
    assert header.requires_python == ">=3.10"
    assert header.uv_table == {"no-build-isolation-package": ["flash-attn"]}
    assert header.jobs_table == {"flavor": "a10g-large"}
    assert header.errors == ()


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_spans_are_places_of_the_document(line_break: str):
    text = HEADER.replace("\n", line_break)
    header = sure_header(text)

    assert [text[entry.span.start : entry.span.end] for entry in header.dependencies] == [
        '"trl>=1.16"',
        '"Flash_Attn"',
        "'peft @ https://example.org/peft.whl'",
    ]
    raw = text[header.span.start : header.span.end]
    assert raw.startswith("# /// script")
    assert raw.endswith("# ///")


def test_key_and_value_spans():
    header = sure_header(HEADER)

    assert HEADER[slice(*header.key_span("tool", "hf-jobs") or ())] == "[tool.hf-jobs]"
    assert HEADER[slice(*header.key_span("tool", "hf-jobs", "flavor") or ())] == "flavor"
    assert HEADER[slice(*header.value_span("tool", "hf-jobs", "flavor") or ())] == '"a10g-large"'
    assert header.key_span("tool", "absent") is None


@pytest.mark.parametrize(
    ("dependencies", "name", "expected"),
    [
        (['dependencies = ["a", "b", "c"]'], "a", ['dependencies = ["b", "c"]']),
        (['dependencies = ["a", "b", "c"]'], "b", ['dependencies = ["a", "c"]']),
        (['dependencies = ["a", "b", "c"]'], "c", ['dependencies = ["a", "b"]']),
        (['dependencies = ["a"]'], "a", ["dependencies = []"]),
        (['dependencies = ["a",]'], "a", ["dependencies = []"]),
        (["dependencies = [", '  "a",', '  "b"', "]"], "a", ["dependencies = [", '  "b"', "]"]),
        (["dependencies = [", '  "a",', '  "b"', "]"], "b", ["dependencies = [", '  "a",', "]"]),
        (["dependencies = [", '  "a", # why', "]"], "a", ["dependencies = [", "  # why", "]"]),
        (['dependencies = ["a",', '  "b"]'], "a", ["dependencies = [", '  "b"]']),
        (['dependencies = ["a",', '  "b"]'], "b", ['dependencies = ["a",', "  ]"]),
        (['dependencies = ["a" , "b"]'], "a", ['dependencies = ["b"]']),
        (["dependencies = [", '  "a"', '  , "b"]'], "a", ["dependencies = [", '  "b"]']),
        (['dependencies = [ # "x", ]', '  "a",', "]"], "a", ['dependencies = [ # "x", ]', "]"]),
    ],
)
def test_removal_leaves_a_valid_header(dependencies: list[str], name: str, expected: list[str]):
    text = block(*dependencies)
    rest = without(text, name)

    assert rest == block(*expected)
    header = sure_header(rest)
    assert header.errors == ()
    assert header.requirement(name) is None
    assert len(header.dependencies) == len(sure_header(text).dependencies) - 1


def test_removal_of_a_whole_line_takes_its_crlf():
    text = block("dependencies = [", '  "a",', '  "b",', "]").replace("\n", "\r\n")

    assert without(text, "a") == text.replace('#   "a",\r\n', "")


def test_an_entry_that_is_no_requirement_is_kept():
    header = sure_header(block('dependencies = ["trl >> 1", "peft"]'))

    assert header.dependencies[0].requirement is None
    assert header.dependencies[0].name is None
    assert header.dependencies[0].text == "trl >> 1"
    assert header.requirement("peft") is header.dependencies[1]


@pytest.mark.parametrize(
    ("toml", "at", "words"),
    [
        (['dependencies = ["trl" "peft"]'], '"peft"]', "Unclosed array"),
        (["requires-python = >=3.10"], ">=3.10", "Invalid value"),
        (['a = "x', 'b = "y"'], '"x', "Illegal character"),
        (["a = ["], "a = [", ""),
        (["a = 1", "a = 2"], "a = 2", "Cannot overwrite"),
    ],
)
def test_bad_toml_is_an_error_on_its_line(toml: list[str], at: str, words: str):
    text = block(*toml)
    header = sure_header(text)

    (error,) = header.errors
    line = text.splitlines()[text[: error.span.start].count("\n")]
    assert at in line
    assert error.span.end > error.span.start
    assert "\n" not in text[slice(*error.span)]
    assert words in error.message
    assert header.table == {}
    assert header.dependencies == ()


@pytest.mark.parametrize(
    ("toml", "at", "words"),
    [
        (['dependencies = "trl"'], '"trl"', "list of strings"),
        (['dependencies = ["trl", 1]'], '["trl", 1]', "list of strings"),
        (["dependencies = {trl = '1'}"], "{trl = '1'}", "list of strings"),
        (["requires-python = 3.10"], "3.10", "version specifier"),
        (['requires-python = "3.10"'], '"3.10"', "version specifier"),
        (["tool = 1"], "1", "table"),
        (["[tool]", "uv = 1"], "1", "table"),
        (["[tool]", "hf-jobs = ['x']"], "['x']", "table"),
        (["[[tool.hf-jobs]]", "flavor = 1"], "[[tool.hf-jobs]]", "table"),
        (["tool.hf-jobs = 'x'"], "'x'", "table"),
        (["tool = {uv = 1}"], "{uv = 1}", "table"),
    ],
)
def test_a_wrong_type_is_an_error_at_its_value(toml: list[str], at: str, words: str):
    text = block(*toml)
    (error,) = sure_header(text).errors

    assert text[slice(*error.span)] == at
    assert words in error.message


def test_a_second_block_is_an_error_there():
    text = block('dependencies = ["trl"]') + "\nimport trl\n" + block('dependencies = ["peft"]')
    header = sure_header(text)

    (error,) = header.errors
    assert error.span.start == text.rindex("# /// script")
    assert [entry.name for entry in header.dependencies] == ["trl"]


def test_a_block_that_is_never_closed_is_an_error():
    text = '# /// script\n# dependencies = ["trl"]\n\n# ///\nimport trl\n'
    (error,) = sure_header(text).errors

    assert text[slice(*error.span)] == "# /// script"
    assert "never closed" in error.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "import trl\n",
        "#/// script\n# a = 1\n# ///\n",
        "# /// scripts\n# a = 1\n# ///\n",
        " # /// script\n # a = 1\n # ///\n",
        "x = '# /// script'\n",
        "# /// other\n# /// script\n# a = 1\n# ///\n",
    ],
)
def test_what_is_no_header(text: str):
    assert header_of(text) is None


def test_the_last_closing_line_of_the_comment_closes_it():
    """The example of the specification."""
    text = block('embedded = """', "/// <summary>", "text", "///", "/// </summary>", '"""')

    assert sure_header(text).table == {"embedded": "/// <summary>\ntext\n///\n/// </summary>\n"}


def test_a_header_in_a_notebook_cell():
    cells = [
        (CellKind.MARKDOWN, "# /// script\n# a = 1\n# ///"),
        (CellKind.CODE, '# /// script\n# dependencies = ["trl"]\n# ///'),
        (CellKind.CODE, "# ///"),
    ]
    document = notebook(PATH.with_suffix(".ipynb"), cells)
    header = find_header(document)

    assert header
    assert [entry.name for entry in header.dependencies] == ["trl"]
    assert document.text[slice(*header.dependencies[0].span)] == '"trl"'
    assert document.cell_at(header.span.start) == 1


def test_equal_element_counts_are_not_needed_for_odd_arrays():
    text = block('dependencies = [ "a,b" , # ",', " 'c]' , ", '"""d""" ]')
    header = sure_header(text)

    assert [entry.text for entry in header.dependencies] == ["a,b", "c]", "d"]
    assert [text[slice(*entry.span)] for entry in header.dependencies] == [
        '"a,b"',
        "'c]'",
        '"""d"""',
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# /// script\n" * 30_000,
        "# /// script\n# a = " + "[" * 5_000 + "\n# ///\n",
        "# /// script\n# a = " + "9" * 10_000 + "\n# ///\n",
        "# /// script\n# \0\ud800\n# ///\n",
        "# /// script\n" + "#\n" * 100_000 + "# ///\n",
        "# /// script\r# a = 1\r\n# ///",
    ],
)
@pytest.mark.timeout(10)
def test_nothing_raises_or_hangs(text: str):
    assert header_of(text) is not None
