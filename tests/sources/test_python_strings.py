"""Strings keep the place of every character; lists of strings follow what is added to them."""

from __future__ import annotations

import ast
import random
import re

import pytest

from sources.python_code import read
from tunesmith.sources.python_strings import HOLE, StringElement, StringLiteral

ANY = re.compile(r"(?s).")
JOBS = re.compile(r"\bjobs\b")


def the_string(text: str) -> StringLiteral:
    (literal,) = read(text).strings_matching(ANY)
    return literal


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("x = 'hf jobs'", "hf jobs"),
        ("x = r'a\\n'", "a\\n"),
        ("x = 'a\\\nb'", "ab"),
        ("x = '''a\r\nb'''", "a\nb"),
        ("x = 'a' 'b' \"c\"", "abc"),
        ("x = ('a'\n  # why\n  'b')", "ab"),
        ("x = ('a')", "a"),
        ("x = f'a{b}c'", f"a{HOLE}c"),
        ("B = 3\nx = f'a{B}c'", "a3c"),
        ("B = 3\nx = f'a{B!r}c{B:2}'", f"a{HOLE}c{HOLE}"),
        ("x = f'{{a}}'", "{a}"),
        ("x = f'a' 'b{c}'", "ab{c}"),
        ("x = 'a ' + b + ' c'", f"a {HOLE} c"),
        ("b = 4\nx = 'a ' + str(b) + ' c'", f"a {HOLE} c"),
        ("x = b + 'a'", f"{HOLE}a"),
        ("x = ''", ""),
        ("x = '\\N{BULLET}\\u00e9\\x41\\101\\q'", "•éAA\\q"),
    ],
)
def test_values(code: str, value: str) -> None:
    texts = [item.value.text for item in read(code).strings_matching(ANY)]
    assert texts.count(value) == 1


def test_every_character_has_its_place() -> None:
    text = "D = 'x'\ny = ('a\\n\\u00e9' rf'\\{D}' \n f'{z}!')\n"
    (literal,) = read(text).strings_matching(re.compile("!"))
    places = [
        text[start:end] for start, end in zip(literal.value.starts, literal.value.ends, strict=True)
    ]
    assert literal.value.text == f"a\né\\x{HOLE}!"
    assert places == ["a", "\\n", "\\u00e9", "\\", "D", "z", "!"]
    assert text[slice(*literal.span)].startswith("('a")


def test_only_strings_that_match_are_given() -> None:
    script = read("a = 'hf jobs'\nb = 'nothing'\nf('jobs')\n")
    assert [item.value.text for item in script.strings_matching(JOBS)] == ["hf jobs", "jobs"]
    assert list(script.strings_matching(re.compile("absent"))) == []


def test_bytes_are_no_strings() -> None:
    assert list(read("a = b'jobs'").strings_matching(JOBS)) == []


def test_parts_of_a_sum_are_given_once() -> None:
    script = read("run('hf jobs ' + f('jobs inner') + g(f'jobs {h}'))\n")
    texts = [item.value.text for item in script.strings_matching(JOBS)]
    assert texts == [f"hf jobs {HOLE}{HOLE}", "jobs inner", f"jobs {HOLE}"]


def test_docstrings_stand_alone() -> None:
    script = read("'''jobs'''\ndef f():\n    '''jobs'''\n    return 'jobs'\n")
    assert [item.is_statement for item in script.strings_matching(JOBS)] == [True, True, False]


def test_random_strings_mean_what_python_says() -> None:
    rnd = random.Random(5)
    alphabet = [
        "\\",
        "n",
        "x41",
        "u0041",
        "'",
        '"',
        "{{",
        "}}",
        "é",
        "\n",
        "\t",
        "0",
        "N{DIGIT ONE}",
        " ",
    ]
    checked = 0
    for _ in range(3000):
        prefix = rnd.choice(["", "r", "f", "rf", "u", "F", "R"])
        quote = rnd.choice(["'", '"', "'''", '"""'])
        body = "".join(rnd.choices(alphabet, k=rnd.randrange(1, 7)))
        literal = f"{prefix}{quote}{body}{quote}"
        if "\\0" in literal:
            continue
        value = evaluated(literal)
        if value is None:
            continue
        checked += 1
        if "r" in prefix.lower() and "f" in prefix.lower() and "\\\n" in body:
            continue  # libcst refuses it
        found = the_string(f"xy = {literal}\n")
        assert found.value.text == value, literal
        for start, end in zip(found.value.starts, found.value.ends, strict=True):
            assert 0 <= start < end <= len(f"xy = {literal}")
    assert checked > 300


def evaluated(literal: str) -> str | None:
    """What Python makes of a literal without expressions; None if it refuses or warns."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            tree = ast.parse(literal, mode="eval").body
        except (SyntaxError, ValueError):
            return None
    if isinstance(tree, ast.JoinedStr):
        parts = tree.values
        if not all(isinstance(part, ast.Constant) for part in parts):
            return None
        return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
    return tree.value if isinstance(tree, ast.Constant) and isinstance(tree.value, str) else None


def elements(code: str) -> list[StringElement]:
    (sequence,) = read(code).sequences_matching(JOBS)
    return list(sequence.elements)


def test_elements_of_a_list() -> None:
    code = "N = 'n'\nrun(['hf', 'jobs', str(P), N, f'{N}-x', f'{q}', 3, *more])\n"
    found = elements(code)
    assert [item.text for item in found] == ["hf", "jobs", None, "n", "n-x", None, None, None]
    assert [code[slice(*item.span)] for item in found] == [
        "'hf'", "'jobs'", "str(P)", "N", "f'{N}-x'", "f'{q}'", "3", "*more",
    ]  # fmt: skip
    assert [item.is_unpacked for item in found] == [*[False] * 7, True]
    assert found[5].value
    assert found[5].value.text == HOLE
    assert found[3].value is None


def test_known_lists_are_unpacked() -> None:
    found = elements("O = ['-a', b]\nrun(['jobs', *O])\n")
    assert [item.text for item in found] == ["jobs", "-a", None]
    assert not any(item.is_unpacked for item in found)


@pytest.mark.parametrize(
    ("later", "texts", "is_open"),
    [
        ("", ["jobs"], False),
        ("c += ['-a', x]", ["jobs", "-a", None], False),
        ("c.append('-a')", ["jobs", "-a"], False),
        ("c.extend(['-a'])", ["jobs", "-a"], False),
        ("c.extend(x)", ["jobs"], True),
        ("c.insert(0, 'a')", ["jobs"], True),
        ("if x:\n    c += ['-a']", ["jobs"], True),
        ("if x:\n    c += ['-a']\nc += ['-b']", ["jobs"], True),
        ("for i in x:\n    c.append('-a')", ["jobs"], True),
        ("def f():\n    c.append('-a')", ["jobs"], True),
        ("def f():\n    c = []\n    c.append('-a')", ["jobs"], False),
        ("c = c + ['-a']", ["jobs"], False),
    ],
)
def test_what_is_added_later(later: str, texts: list[str | None], is_open: bool) -> None:
    sequence = next(read(f"c = ['jobs']\n{later}\n").sequences_matching(JOBS))
    assert [item.text for item in sequence.elements] == texts
    assert sequence.is_open is is_open


def test_nested_lists_are_each_a_sequence() -> None:
    found = list(read("x = [['jobs'], ('jobs',)]").sequences_matching(JOBS))
    assert [len(item.elements) for item in found] == [2, 1, 1]
