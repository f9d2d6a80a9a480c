"""Python code of a shape that parsers, walks and evaluations stumble over."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from robustness.nasty.document import COMMAND, FLAGS, Nasty
from robustness.nasty.python_text import CALL, FOUND, python

_MODEL = "from trl import SFTTrainer\nSFTTrainer(x, model_init_kwargs=x)\n"
_COMMANDS = f"    {COMMAND}\n" * 5_000
_RUN = 'import subprocess\nc = ["hf", "jobs", "uv", "run"]\n'

NESTED: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: f"x = {'(' * n}1{')' * n}\n",
    "lists": lambda n: f"x = {'[' * n}1{']' * n}\n",
    "dicts": lambda n: f"x = {'{1: ' * n}1{'}' * n}\n",
    "calls": lambda n: f"x = {'f(' * n}1{')' * n}\n",
    "subscripts": lambda n: f"x = {'a[' * n}1{']' * n}\n",
    "keywords": lambda n: f"x = {'f(a=' * n}1{')' * n}\n",
    "comprehensions": lambda n: f"x = {'[' * n}1{' for a in b]' * n}\n",
    "f-strings": lambda n: "x = " + 'f"""{' * n + "1\n",
    "open parentheses": lambda n: f"x = {'(' * n}\n",
    "patterns": lambda n: f"match x:\n    case {'[' * n}a{']' * n}:\n        pass\n",
    "targets": lambda n: f"{'(' * n}x,{'),' * n} = y\n",
    "not": lambda n: f"x = {'not ' * n}1\n",
    "minus": lambda n: f"x = {'-' * n}1\n",
    "lambdas": lambda n: f"x = {'lambda: ' * n}1\n",
    "conditions": lambda n: f"x = {'1 if 2 else ' * n}3\n",
    "powers": lambda n: f"x = {'2 ** ' * n}2\n",
    "stars": lambda n: f"f({'*' * n}x)\n",
}
CHAINED: dict[str, Callable[[int], str]] = {
    "attributes": lambda n: f"x = a{'.b' * n}\n",
    "calls in a row": lambda n: f"x = a{'.b()' * n}\n",
    "empty calls": lambda n: f"x = a{'()' * n}\n",
    "items in a row": lambda n: f"x = a{'[0]' * n}\n",
    "terms": lambda n: f"x = {' + '.join('a' * n)}\n",
    "strings added": lambda n: "x = " + '"s" + ' * n + '"s"\n',
    "strings side by side": lambda n: "x = " + '"s" ' * n + "\n",
    "strings on lines": lambda n: "x = (" + '"s"\n' * n + ")\n",
    "comparisons": lambda n: f"x = {' < '.join('a' * n)}\n",
    "or": lambda n: f"x = {' or '.join('a' * n)}\n",
    "targets in a row": lambda n: f"{'x = ' * n}1\n",
    "statements on one line": lambda n: f"{'x = 1; ' * n}\n",
    "lines continued": lambda n: "x = 1" + " + \\\n 1" * n + "\n",
    "elif": lambda n: "if x:\n    pass\n" + "elif x:\n    pass\n" * n,
    "decorators": lambda n: "@f\n" * n + "def g(): pass\n",
    "except": lambda n: "try:\n    pass\n" + "except E:\n    pass\n" * n,
    "with items": lambda n: f"with {', '.join('a' * n)}:\n    pass\n",
    "parameters": lambda n: f"def f({', '.join(f'a{i}=1' for i in range(n))}): pass\n",
    "arguments": lambda n: f"f({', '.join(f'a{i}=1' for i in range(n))})\n",
    "imported names": lambda n: f"from a import {', '.join(f'a{i}' for i in range(n))}\n",
    "imports": lambda n: "".join(f"import a{i}\n" for i in range(n)),
    "global names": lambda n: f"def f():\n    global {', '.join(f'a{i}' for i in range(n))}\n",
    "assignments to one name": lambda n: "".join(f"x = {i}\n" for i in range(n)),
    "fields of an f-string": lambda n: f"x = f'{'{a}' * n}'\n",
    "escapes": lambda n: "x = '" + "\\x41" * n + "'\n",
    "elements of a dict": lambda n: f"x = {{{', '.join(f'{i}: {i}' for i in range(n))}}}\n",
    "comments": lambda n: "# nothing\n" * n,
    "blank lines": lambda n: "\n" * n,
}
BLOCKS = ("if a:", "while a:", "for a in b:", "with a:", "def f():", "class A:", "try:")


def documents() -> Iterator[Nasty]:
    for title, make in NESTED.items():
        for depth in (40, 200, 2_000, 20_000):
            yield python(f"{depth:,} nested {title}", CALL + make(depth))
    for title, make in CHAINED.items():
        for length in (200, 20_000):
            yield python(f"{length:,} {title}", CALL + make(length))
    for block in BLOCKS:
        for depth in (19, 90, 400):
            lines = [" " * level + block for level in range(depth)]
            yield python(
                f"{depth} times {block}", "\n".join([CALL, *lines, " " * depth + "pass\n"])
            )
    yield from _large()
    yield from _endless()


def _large() -> Iterator[Nasty]:
    yield python("a line of 512 KB", CALL + "x = '" + "a" * (500 * 1024) + "'\n", FOUND)
    yield python("a comment of 512 KB", CALL + "#" + " a" * (250 * 1024) + "\n", FOUND)
    yield python("5 MB", CALL + "x = 1\n" * (5 * 1024 * 1024 // 6))
    yield python("a string of 5,000 commands", f'"""\n{_COMMANDS}"""\n' + CALL)
    calls = 'SFTTrainer("m", model_init_kwargs={})\n' * 2_000
    yield python("2,000 findings", "from trl import SFTTrainer\n" + calls, FOUND)


def _endless() -> Iterator[Nasty]:
    yield python("names in a circle", "x = y\ny = z\nz = x\n" + _MODEL)
    yield python("a name of itself", "x = x\n" + _MODEL)
    yield python("classes in a circle", CALL + "class A(B): pass\nclass B(A): pass\nA(x=1)\n")
    yield python("a class of itself", "class SFTTrainer(SFTTrainer): pass\n" + CALL)
    chain = "".join(f"x{i} = x{i - 1}\n" for i in range(1, 10_001))
    yield python("10,000 names in a row", f"x0 = 1\n{chain}x = x10000\n" + _MODEL)
    for title, line in {
        "a sum": "x = x + x",
        "a list": "x = [*x, *x]",
        "a dict": "x = {**x, **x}",
        "a string": "x = f'{x}{x}'",
        "a format": "x = '%s%s' % (x, x)",
        "a product": "x = x * x",
        "an addition": "x += x",
        "an extension": "x.extend(x)",
        "an update": "x.update(x)",
    }.items():
        yield python(f"{title} doubled 60 times", "x = [1, 2]\n" + f"{line}\n" * 60 + _MODEL)
    doubled = "".join(f"x{i} = x{i - 1} + x{i - 1}\n" for i in range(1, 61))
    for title, start in {"strings": "'ab'", "lists": "['--flavor']", "numbers": "2"}.items():
        code = f"x0 = {start}\n{doubled}x = x60\n{_MODEL}{_RUN}subprocess.run(c + x)\n"
        yield python(f"{title} doubled through 60 names", code)
    for title, value in {
        "a huge power": "10 ** 10 ** 10",
        "a huge shift": "1 << 10 ** 10",
        "a huge string": "'a' * 10 ** 12",
        "a huge list": "[0] * 10 ** 12",
        "a huge list of lists": "[[0] * 10 ** 6] * 10 ** 6",
        "a huge format": "'%1000000000d' % 1",
        "a huge field": "f'{1:1000000000}'",
        "a huge format call": "'{:1000000000}'.format(1)",
        "a huge range": "list(range(10 ** 12))",
        "a number of 20,000 digits": "1" * 20_000,
        "a float beyond all": "1e400 ** 2",
        "a division by zero": "1 / 0 + 1 // 0 + 1 % 0",
        "a huge hexadecimal number": "0x" + "f" * 20_000,
        "negative shifts": "1 << -1",
    }.items():
        yield python(title, f"x = {value}\n" + _MODEL + f"{_RUN}subprocess.run(c + [str(x)])\n")
    yield python("a command that adds itself", _RUN + "c += c\n" * 40 + "subprocess.run(c)\n")
    yield python("a command of itself", _RUN + "c = [*c, c, *c]\nsubprocess.run(c)\n")
    flags = f'{_RUN}c += ["train.py", "--flavor", "l4x1"]\nsubprocess.run(c)\n'
    yield python("a command in pieces", flags, FLAGS)
