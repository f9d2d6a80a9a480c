"""Values that the text tells are known; everything else is UNKNOWN."""

from __future__ import annotations

import re
import time

import pytest

from sources.python_code import read, the_call, value_of
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_values import (
    ABSENT,
    UNKNOWN,
    DictValue,
    ListValue,
    Reference,
    Value,
)

KNOWN: dict[str, tuple[str, object]] = {
    "'text'": ("", "text"),
    "'a' \"b\" r'\\n'": ("", "ab\\n"),
    "'\\x41\\u0042\\N{DIGIT ONE}\\\n\\t'": ("", "AB1\t"),
    "b'a\\x41'": ("", b"aA"),
    "1_000": ("", 1000),
    "0x10": ("", 16),
    "1e-4": ("", 1e-4),
    "2j": ("", 2j),
    "-1": ("", -1),
    "not True": ("", False),
    "None": ("", None),
    "2 * 1024 + 1": ("", 2049),
    "7 // 2": ("", 3),
    "2 ** 10": ("", 1024),
    "A": ("A = 'a'", "a"),
    "A + B": ("A = 'a'\nB = 'b'", "ab"),
    "f'{A}-{N}'": ("A = 'a'\nN = 3", "a-3"),
    "f'{{{A}}}'": ("A = 'a'", "{a}"),
    "'%s-x' % A": ("A = 'a'", "a-x"),
    "'{}/{b}'.format(A, b=2)": ("A = 'a'", "a/2"),
    "'-'.join(['a', 'b'])": ("", "a-b"),
    "str('x')": ("", "x"),
    "(A)": ("A = 1", 1),
    "A.b": ("class A:\n    b = 5", 5),
    "C().b": ("class C:\n    b: int = 5", 5),
    "c.b": ("class C:\n    b: int = 5\nc = C()", 5),
    "D().a": (
        "from dataclasses import field\nclass D:\n    a: str = field(default='x')",
        "x",
    ),
    "D(a='y').a": ("class D:\n    a: str = 'x'", "y"),
    "D('y').a": ("class D:\n    a: str = 'x'", "y"),
    "E().a": ("class D:\n    a: str = 'x'\nclass E(D): ...", "x"),
    "d['k']": ("d = {'k': 1}", 1),
    "d['k']['l']": ("d = {'k': {'l': 2}}", 2),
    "l[-1]": ("l = [1, 2]", 2),
    "'a' if True else 'b'": ("", "a"),
    "'a' if x else 'a'": ("", "a"),
    "None or 'b'": ("", "b"),
    "'a' or y": ("", "a"),
    "0 and y": ("", 0),
    "(y := 4)": ("", 4),
    "a": ("a, b = 1, 2", 1),
    "t": ("x: str = 't'\nt = x", "t"),
    "torch.bfloat16": ("import torch", Reference("torch.bfloat16")),
    "DT": ("import torch\nDT = torch.bfloat16", Reference("torch.bfloat16")),
    "bf16": ("from torch import bfloat16 as bf16", Reference("torch.bfloat16")),
    "z": ("if True:\n    z = 1", 1),
    "m": ("try:\n    m = 1\nexcept E:\n    pass", 1),
}
NOT_KNOWN: dict[str, str] = {
    "twice": "x = 1\nx = 2",
    "in both branches": "if a:\n    x = 1\nelse:\n    x = 2",
    "augmented": "x = 1\nx += 1",
    "augmented in a function": "x = 1\ndef f():\n    global x\n    x = 2",
    "loop": "for x in [1]: ...",
    "with": "with open(p) as x: ...",
    "except": "try: ...\nexcept E as x: ...",
    "deleted": "x = 1\ndel x",
    "walrus": "if x := 1: ...",
    "unpacked": "x, y = f()",
    "starred": "x, *y = 1, 2",
    "star import": "x = 1\nfrom y import *",
    "environment": "import os\nx = os.environ.get('X', 'd')",
    "getenv": "import os\nx = os.getenv('X')",
    "itself": "x = x",
    "each other": "x = y\ny = x",
    "own function": "def f(): return 1\nx = f()",
    "comparison": "x = 1 < 2",
    "unknown choice": "x = 1 if a else 2",
    "huge power": "x = 9 ** 9 ** 9",
    "huge shift": "x = 1 << 10 ** 9",
    "huge text": "x = 'a' * 10 ** 9",
    "division by zero": "x = 1 / 0",
    "type error": "x = 1 + 'a'",
    "await": "async def f():\n    global x\n    x = await y",
    "formatted": "x = f'{1:03d}'",
    "parser": (
        "from transformers import HfArgumentParser\n"
        "x, y = HfArgumentParser((A, B)).parse_args_into_dataclasses()"
    ),
    "trl parser": "from trl import TrlParser\nx = TrlParser(A).parse_args_and_config()",
    "argparse": "import argparse\nx = argparse.ArgumentParser().parse_args()",
    "instance attribute set twice": (
        "class C:\n    a = 1\n    def f(self):\n        self.a = 2\nx = C().a"
    ),
    "instance attribute set outside": "class C:\n    a = 1\nc = C()\nc.a = 2\nx = c.a",
    "enum": "import enum\nclass C(enum.Enum):\n    a = 1\nx = C.a",
    "unknown instance argument": "class C:\n    a: int = 1\nx = C(**k).a",
    "missing key": "d = {}\nx = d['k']",
    "no such element": "l = [1]\nx = l[3]",
}


@pytest.mark.parametrize("expression", KNOWN)
def test_known(expression: str) -> None:
    setup, expected = KNOWN[expression]
    value = value_of(expression, setup)
    assert type(value) is type(expected)
    assert value == expected


@pytest.mark.parametrize("setup", NOT_KNOWN.values(), ids=NOT_KNOWN)
def test_not_known(setup: str) -> None:
    assert value_of("x", setup) is UNKNOWN


def test_parameters_are_unknown() -> None:
    script = read("import trl\ndef f(x=1):\n    trl.probe(x=x)\n")
    (call,) = script.calls("trl.probe")
    assert call.value("x") is UNKNOWN


def plain(value: Value) -> object:
    """A container's value as Python has it; an open one with ... at the end."""
    if isinstance(value, DictValue):
        entries: dict[object, object] = {k: plain(e.value) for k, e in value.entries.items()}
        return {**entries, ...: ...} if value.is_open else entries
    if isinstance(value, ListValue):
        return [*map(plain, value.elements), *([...] if value.is_open else [])]
    return value


CONTAINERS: dict[str, tuple[str, object]] = {
    "{'a': 1, **b}": ("b = {'a': 2, 'c': 3}", {"a": 2, "c": 3}),
    "{**b, 'a': 1}": ("b = {'a': 2, 'c': 3}", {"a": 1, "c": 3}),
    "{'a': 1, **unknown, 'b': 2}": ("", {"a": UNKNOWN, "b": 2, ...: ...}),
    "{k: 1, 'b': 2}": ("", {"b": 2, ...: ...}),
    "{1: 2, 'b': 2}": ("", {"b": 2}),
    "dict(a=1, **b)": ("b = {'c': 3}", {"a": 1, "c": 3}),
    "dict(b, a=1)": ("b = {'c': 3}", {"a": 1, "c": 3}),
    "dict([('a', 1)])": ("", {...: ...}),
    "{'a': 1} | b": ("b = {'c': 3}", {"a": 1, "c": 3}),
    "d1": ("d1 = {}\nd1['a'] = 1\nd1['a'] = 2", {"a": 2}),
    "d2": ("d2 = {'a': 1}\nd2.update({'b': 2}, c=3)", {"a": 1, "b": 2, "c": 3}),
    "d3": ("d3 = {'a': 1}\nif x:\n    d3['a'] = 2", {"a": UNKNOWN, ...: ...}),
    "d4": ("d4 = {'a': 1, 'b': 2}\nif x:\n    d4['a'] = 2", {"a": UNKNOWN, "b": 2, ...: ...}),
    "d5": ("d5 = {'a': 1}\nd5.update(x)", {"a": UNKNOWN, ...: ...}),
    "d6": ("d6 = {'a': 1}\nd6[x] = 2", {"a": UNKNOWN, ...: ...}),
    "d7": ("d7 = {'a': 1, 'b': 2}\ndel d7['a']\nd7.pop('b', None)", {}),
    "d8": ("d8 = {'a': 1}\nd8.setdefault('a', 2)\nd8.setdefault('b', 3)", {"a": 1, "b": 3}),
    "d9": ("d9 = {'a': 1}\nd9 |= {'b': 2}", {"a": 1, "b": 2}),
    "da": ("da = {'a': 1}\ndef f():\n    da['b'] = 2", {"a": 1, ...: ...}),
    "db": ("db = {'a': 1}\nadd_defaults(db)", {"a": 1, ...: ...}),
    "dc": ("dc = {'a': 1}\ndc.clear()", {...: ...}),
    "dd": ("dd = {'a': 1}\nfor k in x:\n    dd[k] = 2", {"a": UNKNOWN, ...: ...}),
    "df": ("df = {'a': 1, 'b': 2}\nif x:\n    df.pop('a')", {"b": 2, ...: ...}),
    "de": ("de = {'n': 1}\nde['n'] += 1", {...: ...}),
    "[1, *l]": ("l = [2]", [1, 2]),
    "[1, *x]": ("", [1, ...]),
    "('a', 'b')": ("", ["a", "b"]),
    "l1": ("l1 = ['a']\nl1.append('b')\nl1 += ['c']\nl1.extend(['d'])", ["a", "b", "c", "d"]),
    "l2": ("l2 = ['a']\nif x:\n    l2.append('b')", ["a", ...]),
    "l3": ("l3 = ['a']\nl3 += x", ["a", ...]),
    "l4": ("l4 = ['a'] + ['b']", ["a", "b"]),
    "list(('a',))": ("", ["a"]),
}


@pytest.mark.parametrize("expression", CONTAINERS)
def test_containers(expression: str) -> None:
    setup, expected = CONTAINERS[expression]
    assert plain(value_of(expression, setup)) == expected


@pytest.mark.parametrize("name", ["insert", "sort", "reverse", "remove", "pop", "clear"])
def test_other_changes_of_lists_are_unknown(name: str) -> None:
    value = value_of("x", f"x = ['a']\nx.{name}(0)")
    assert value is UNKNOWN or (isinstance(value, ListValue) and value.is_open)


def test_a_function_of_the_file_is_worth_what_it_returns_at_its_end() -> None:
    assert value_of("f()", "def f():\n    name = 'a'\n    return name") == "a"
    assert plain(value_of("f()", "def f(x):\n    d = {'a': 1}\n    return d")) == {"a": 1}
    for body in (
        "if x:\n        return 'a'\n    return 'b'",
        "if x:\n        return 'a'",
        "return x",
        "return f()",
        "return",
    ):
        assert value_of("f()", f"def f(x):\n    {body}") is UNKNOWN
    assert value_of("f()", "@cached\ndef f():\n    return 'a'") is UNKNOWN


def test_what_a_function_returns_is_unpacked() -> None:
    made = "def make():\n    a = 'x'\n    return a, 2\n"
    assert value_of("b", f"{made}a, b = make()") == 2
    assert value_of("a", f"{made}pair = make()\na, b = pair") == "x"
    assert value_of("c", f"{made}a, b, c = make()") is UNKNOWN
    assert value_of("b", f"{made}a, *b = make()") is UNKNOWN
    assert value_of("b", f"{made}a, b = make()\nb = 3") is UNKNOWN
    assert value_of("b", "def make():\n    return 1, []\na, b = make()\nb.append(1)") is UNKNOWN
    assert value_of("b", "a, b = make(b)") is UNKNOWN


@pytest.mark.parametrize(
    ("more", "is_known"),
    [
        ("", True),
        ("class B(A):\n    pass\n", True),
        ("class B(A):\n    def config(self):\n        return None\n", False),
        ("class A2(A):\n    config = None\n", False),
    ],
)
def test_a_method_of_self_is_worth_what_it_returns(more: str, is_known: bool) -> None:
    text = (
        "from trl import SFTConfig, SFTTrainer\n"
        "class A:\n"
        "    def config(self):\n        return SFTConfig(packing=True)\n"
        "    def train(self):\n        SFTTrainer('m', args=self.config())\n" + more
    )
    given = the_call(text).value("args")
    assert (isinstance(given, Call) and given.value("packing") is True) is is_known


def test_changes_after_the_use_do_not_count() -> None:
    script = read("import trl\nd = {'a': 1}\ntrl.probe(**d)\nd['b'] = 2\ntrl.probe(**d)\n")
    before, after = script.calls("trl.probe")
    assert [argument.name for argument in before.arguments] == ["a"]
    assert [argument.name for argument in after.arguments] == ["a", "b"]


def test_doubling_costs_nothing() -> None:
    lines = ["x0 = {'a': 'b'}", "y0 = 'ab'"]
    for i in range(60):
        lines += [f"x{i + 1} = [x{i}, x{i}]", f"y{i + 1} = y{i} + y{i}"]
    assert value_of("y60", "\n".join(lines)) is UNKNOWN
    assert isinstance(value_of("x20", "\n".join(lines)), ListValue)


def test_attributes_that_depend_on_each_other_cost_nothing() -> None:
    doubled = [f"        self.x{i + 1} = self.x{i} + self.x{i}" for i in range(60)]
    setup = "class C:\n    def __init__(self):\n        self.x0 = 'a'\n" + "\n".join(doubled)
    assert value_of("c.x60", f"{setup}\nc = C()") is UNKNOWN
    assert value_of("c.x3", f"{setup}\nc = C()") == "a" * 8
    entangled = "class C:\n    a = 1\n    b = 1\nx = C()\n" + "x.a.b = x.b.a = 1\n" * 30
    assert value_of("x.a", entangled) is UNKNOWN


@pytest.mark.parametrize(
    "line",
    [
        "class C{0}(C{1}): ...\nC{0}()\n",
        "x.a = 1\nx.a()\n",
        "import trl\ntrl.a{0} = 1\ntrl.a{0}()\n",
        "l.append(l)\nf(l)\n",
        "d['{0}'] = d\ntrl.f(x=d)\n",
        "c = ['jobs']\nc += ['a']\n",
        "c{0} = ['jobs']\nc{0} += ['a']\n",
        "def f{0}(a, b={0}):\n    global x\n    x = [a for a in x if (y := f{1}(x))]\n",
    ],
)
def test_long_files_take_no_more_than_their_length(line: str) -> None:
    text = "import trl\nd = {}\nl = []\n" + "".join(line.format(i, i - 1) for i in range(2000))
    started = time.process_time()
    script = read(text)
    for call in script.calls("trl.f"):
        call.value("x")
        call.value("y")
    list(script.sequences_matching(re.compile("jobs")))
    assert time.process_time() - started < 15  # 1 s where it is not shared


def test_configuration_is_followed_to_its_call() -> None:
    call = the_call(
        "from trl import SFTConfig, SFTTrainer\n"
        "OUT = 'out'\n"
        "class Run:\n"
        "    def __init__(self):\n"
        "        self.config = SFTConfig(output_dir=OUT)\n"
        "    def train(self):\n"
        "        SFTTrainer(args=self.config)\n"
    )
    config = call.value("args")
    assert isinstance(config, Call)
    assert config.name == "trl.SFTConfig"
    assert config.value("output_dir") == "out"


def test_absent_and_unknown_arguments() -> None:
    text = "from trl import SFTTrainer\n"
    assert the_call(text + "SFTTrainer()").value("args", 1) is ABSENT
    assert the_call(text + "SFTTrainer(**k)").value("args", 1) is UNKNOWN
    assert the_call(text + "SFTTrainer(*a)").value("args", 1) is UNKNOWN
    assert the_call(text + "SFTTrainer(*a)").value("args") is ABSENT
    assert the_call(text + "SFTTrainer(**{'a': 1})").value("args") is ABSENT
    assert the_call(text + "SFTTrainer(**{'args': 1})").value("args") == 1
    assert the_call(text + "SFTTrainer('m', 'c')").value("args", 1) == "c"
    assert the_call(text + "SFTTrainer(args='c', **k)").value("args") == "c"


def test_attributes_set_later_make_arguments_unknown() -> None:
    text = "from trl import SFTConfig\nc = SFTConfig(packing=True, a=1)\n"
    for later, name in [
        ("c.packing = False", "packing"),
        ("c.seed = 3", "seed"),
        ("setattr(c, 'packing', 1)", "packing"),
        ("setattr(c, key, 1)", "packing"),
        ("def f(config):\n    config.packing = False\n", "packing"),
    ]:
        call = the_call(text + later, "trl.SFTConfig")
        assert call.value(name) is UNKNOWN, later
        assert call.value("a") == 1 or "key" in later
    other = text + "class X:\n    def f(self):\n        self.packing = 1\n"
    assert the_call(other, "trl.SFTConfig").value("packing") is True


def test_attributes_of_an_own_subclass_count_as_given() -> None:
    call = the_call(
        "from dataclasses import dataclass\nfrom trl import SFTConfig\n@dataclass\n"
        "class C(SFTConfig):\n    packing: bool = True\nC()\n",
        "trl.SFTConfig",
    )
    assert call.value("packing") is True
    assert call.value("seed") is ABSENT


def test_arguments_have_places() -> None:
    text = (
        "from trl import SFTTrainer\nd = {'e': [1]}\nd['f'] = 2\n"
        "SFTTrainer( (m) , b = ( 1 ) , **d, **dict(g=4))\n"
    )
    call = the_call(text)
    found = [
        (
            argument.name,
            argument.position,
            argument.comes_from_expansion,
            text[slice(*argument.span)],
            argument.name_span and text[slice(*argument.name_span)],
            text[slice(*argument.value_span)],
        )
        for argument in call.arguments
    ]
    assert found == [
        (None, 0, False, "(m)", None, "(m)"),
        ("b", None, False, "b = ( 1 )", "b", "( 1 )"),
        ("e", None, True, "'e': [1]", "'e'", "[1]"),
        ("f", None, True, "'f'] = 2", "'f'", "2"),
        ("g", None, True, "g=4", "g", "4"),
    ]


def test_unknown_and_absent_refuse_to_be_truth_values() -> None:
    for value in (UNKNOWN, ABSENT):
        with pytest.raises(TypeError, match=repr(value)):
            bool(value)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("p.add_argument('-e', '--epochs', default='--no')", {"-e", "--epochs"}),
        ("F = '--flavor'\ngroup.add_argument(F)", {"--flavor"}),
        ("import click\n@click.option('--lr', '-l')\ndef f(): ...", {"--lr", "-l"}),
        ("import click\n@click.option('--a/--no-a')\ndef f(): ...", {"--a", "--no-a"}),
        ("import typer\ndef f(a=typer.Option(1, '--my-a')): ...", {"--my-a"}),
        (
            "import typer\napp = typer.Typer()\n@app.command()\ndef f(my_a: int = 1): ...",
            {"--my_a", "--my-a"},
        ),
        (
            "import trl\nclass A:\n my_x: int = 1\ntrl.TrlParser((A, trl.SFTConfig))",
            {"--my_x", "--my-x", "--no_my_x"},
        ),
        (
            "from transformers import *\nclass B: b: int\nclass A(B): a: int\nHfArgumentParser(A)",
            {"--a", "--b", "--no_a", "--no_b"},
        ),
        ("import tyro\nclass A:\n    x: int\ntyro.cli(A)", {"--x"}),
        ("import tyro\ndef main(my_x: int): ...\ntyro.cli(main)", {"--my_x", "--my-x"}),
        ("import sys\nif '--dry' in sys.argv: ...", {"--dry"}),
        ("from absl import flags\nflags.DEFINE_string('x', 1, 'h')", {"--x", "-x", "--nox"}),
        ("import fire\nfire.Fire(f)", set[str]()),
        ("print('--x')", set[str]()),
    ],
)
def test_command_line_options(code: str, options: set[str]) -> None:
    assert read(code).command_line_options == options
