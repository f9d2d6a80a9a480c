"""Edits leave valid code in the layout found, and lose no comment."""

from __future__ import annotations

import libcst as cst
import pytest

from sources.python_code import edited, read, read_cells, the_call
from tunesmith.sources.python_script import PythonScript


def first_statement(script: PythonScript, source: str) -> cst.BaseSmallStatement:
    """The statement that reads `source`."""
    for owner in script.index.owners:
        for statement in owner.body:
            if (
                isinstance(statement, cst.BaseSmallStatement)
                and script.text_of(statement) == source
            ):
                return statement
    raise AssertionError(f"no statement {source!r} in {script.text!r}")


REMOVED_STATEMENTS = {
    "x()\n": "",
    "x()": "",
    "a\nx()\nb\n": "a\nb\n",
    "a\r\nx()\r\nb\r\n": "a\r\nb\r\n",
    "a\nx()": "a\n",
    "# why\nx()  # how\n# then\n": "# why\n# then\n",
    "a; x(); b\n": "a; b\n",
    "a; x()  # how\n": "a  # how\n",
    "x(); a\n": "a\n",
    "x();\n": "",
    "if a:\n    x()\n": "if a:\n    pass\n",
    "if a: x()\n": "if a: pass\n",
    "if a: x(); b\n": "if a: b\n",
    "if a:\n    # why\n    x()  # how\nb": "if a:\n    # why\n    pass  # how\nb",
    "if a:\n    x()\n    b\n": "if a:\n    b\n",
    "def f():\n    '''Doc.'''\n    x()\n": "def f():\n    '''Doc.'''\n",
    "try:\n\tx()\nfinally:\n\tb\n": "try:\n\tpass\nfinally:\n\tb\n",
}


@pytest.mark.parametrize("before", REMOVED_STATEMENTS)
def test_statements_are_removed(before: str) -> None:
    script = read(before)
    statement = first_statement(script, "x()")
    assert edited(script, script.statement_removal(statement)) == REMOVED_STATEMENTS[before]


def test_statements_over_several_lines_are_removed() -> None:
    script = read("a\nx(\n  '''\n''',\n) # b\nc\n")
    (owner,) = [owner for owner in script.index.owners if isinstance(owner, cst.Module)]
    line = owner.body[1]
    assert isinstance(line, cst.SimpleStatementLine)
    assert edited(script, script.statement_removal(line.body[0])) == "a\nc\n"


def test_decorated_functions_are_removed_whole() -> None:
    script = read("class A:\n    # why\n    @a\n    @b(1)\n    def f(self): ...\n    c = 1\n")
    function = script.enclosing_statement(script.index.calls[0].node)
    assert isinstance(function, cst.FunctionDef)
    assert edited(script, script.statement_removal(function)) == (
        "class A:\n    # why\n    c = 1\n"
    )


@pytest.mark.parametrize(
    ("cells", "after"),
    [(["x()"], ""), (["a\nx()", "b"], "a\nb"), (["x()\na", "b"], "a\nb"), (["x()", "b"], "\nb")],
)
def test_removals_stay_within_a_notebook_cell(cells: list[str], after: str) -> None:
    script = read_cells(*cells)
    edit = script.statement_removal(first_statement(script, "x()"))
    assert edited(script, edit) == after
    cell = script.document.cell_at(edit.span.start)
    assert cell is not None
    assert script.document.cells[cell].span.contains(edit.span)


REMOVED_KEYWORDS = {
    "SFTTrainer(x=1)": "SFTTrainer()",
    "SFTTrainer(x=1,)": "SFTTrainer()",
    "SFTTrainer(x=1, a=2)": "SFTTrainer(a=2)",
    "SFTTrainer(a=2, x=1)": "SFTTrainer(a=2)",
    "SFTTrainer(a=2, x=1,)": "SFTTrainer(a=2,)",
    "SFTTrainer(a=2 , x = 1 , b=3)": "SFTTrainer(a=2 , b=3)",
    "SFTTrainer(a=2, x=(1), **k)": "SFTTrainer(a=2, **k)",
    "SFTTrainer(\n    x=1,\n)": "SFTTrainer(\n)",
    "SFTTrainer(\n    a=2,\n    x=1,\n    b=3,\n)": "SFTTrainer(\n    a=2,\n    b=3,\n)",
    "SFTTrainer(\n    a=2,\n    x=1\n)": "SFTTrainer(\n    a=2,\n)",
    "SFTTrainer(\r\n    x=1,\r\n    b=3)": "SFTTrainer(\r\n    b=3)",
    "SFTTrainer(\n    x={\n        1: 2,\n    },\n    b=3)": "SFTTrainer(\n    b=3)",
    "SFTTrainer(\n    x=1,  # why\n    b=3)": "SFTTrainer(\n    # why\n    b=3)",
    "SFTTrainer(\n    # why\n    x=1,\n    b=3)": "SFTTrainer(\n    # why\n    b=3)",
    "SFTTrainer(a=2,\n           x=1)": "SFTTrainer(a=2)",
    "SFTTrainer(a=2,  # why\n           x=1)": "SFTTrainer(a=2,  # why\n           )",
    "SFTTrainer(a=2,\n           x=1, b=3)": "SFTTrainer(a=2,\n           b=3)",
    "SFTTrainer(a=2,\n           x=1,  # why\n           b=3)": (
        "SFTTrainer(a=2,\n           # why\n           b=3)"
    ),
    "SFTTrainer(\n    a=2\n    , x=1\n    , b=3)": "SFTTrainer(\n    a=2\n    , b=3)",
}


@pytest.mark.parametrize("before", REMOVED_KEYWORDS)
def test_keywords_are_removed(before: str) -> None:
    text = f"from trl import SFTTrainer\nt = {before}\n"
    script = read(text)
    (call,) = script.calls("trl.SFTTrainer")
    argument = call.argument("x")
    assert argument
    after = edited(script, script.keyword_removal(call, argument))
    assert after == f"from trl import SFTTrainer\nt = {REMOVED_KEYWORDS[before]}\n"
    assert read(after)


def test_unpacked_arguments_are_not_the_call_s_to_remove() -> None:
    script = read("from trl import SFTTrainer\nSFTTrainer(**{'x': 1})\n")
    (call,) = script.calls("trl.SFTTrainer")
    argument = call.argument("x")
    assert argument
    with pytest.raises(ValueError, match="'x' is not written in the call itself"):
        script.keyword_removal(call, argument)


INSERTED_KEYWORDS = {
    "SFTTrainer()": "SFTTrainer(x=1)",
    "SFTTrainer(\n)": "SFTTrainer(\n    x=1,\n)",
    "SFTTrainer(  # why\n    )": "SFTTrainer(  # why\n        x=1,\n    )",
    "SFTTrainer(a)": "SFTTrainer(a, x=1)",
    "SFTTrainer(a,)": "SFTTrainer(a, x=1,)",
    "SFTTrainer(a, **k)": "SFTTrainer(a, x=1, **k)",
    "SFTTrainer(*a)": "SFTTrainer(*a, x=1)",
    "SFTTrainer(a for a in b)": "SFTTrainer((a for a in b), x=1)",
    "SFTTrainer((a for a in b))": "SFTTrainer((a for a in b), x=1)",
    "SFTTrainer(\n    a=2,\n)": "SFTTrainer(\n    a=2,\n    x=1,\n)",
    "SFTTrainer(\n    a=2\n)": "SFTTrainer(\n    a=2,\n    x=1\n)",
    "SFTTrainer(\n    a=2)": "SFTTrainer(\n    a=2,\n    x=1)",
    "SFTTrainer(\n    a=2,  # why\n)": "SFTTrainer(\n    a=2,  # why\n    x=1,\n)",
    "SFTTrainer(\n    a=2  # why, not\n)": "SFTTrainer(\n    a=2,  # why, not\n    x=1\n)",
    "SFTTrainer(\n    a=2,\n    **k,\n)": "SFTTrainer(\n    a=2,\n    x=1,\n    **k,\n)",
    "SFTTrainer(\n    a=2, b=3\n)": "SFTTrainer(\n    a=2, b=3, x=1\n)",
    "SFTTrainer(a=2,\n           b=3)": "SFTTrainer(a=2,\n           b=3,\n           x=1)",
    "SFTTrainer(\r\n    a=2,\r\n)": "SFTTrainer(\r\n    a=2,\r\n    x=1,\r\n)",
    "SFTTrainer(a={\n    1: 2\n})": "SFTTrainer(a={\n    1: 2\n}, x=1)",
    "(SFTTrainer(a))": "(SFTTrainer(a, x=1))",
}


@pytest.mark.parametrize("before", INSERTED_KEYWORDS)
def test_keywords_are_inserted(before: str) -> None:
    newline = "\r\n" if "\r\n" in before else "\n"
    script = read(f"from trl import SFTTrainer{newline}t = {before}{newline}")
    (call,) = script.calls("trl.SFTTrainer")
    after = edited(script, script.keyword_insertion(call, "x=1"))
    assert after == f"from trl import SFTTrainer{newline}t = {INSERTED_KEYWORDS[before]}{newline}"
    assert the_call(after).value("x") == 1


IMPORTED = {
    "import os\n": "import os\nfrom trl import SFTConfig\n",
    "x = 1\n": "from trl import SFTConfig\nx = 1\n",
    "": "from trl import SFTConfig\n",
    "'''Doc.'''\nx = 1\n": "'''Doc.'''\n\nfrom trl import SFTConfig\nx = 1\n",
    "from trl import SFTTrainer\n": "from trl import SFTConfig, SFTTrainer\n",
    "from trl import A, SFTTrainer\n": "from trl import A, SFTConfig, SFTTrainer\n",
    "from trl import SFTTrainer, A\n": "from trl import SFTTrainer, A, SFTConfig\n",
    "from trl import A as B, C  # why\n": "from trl import A as B, C, SFTConfig  # why\n",
    "from trl import (\n    A,\n    Z,\n)\n": (
        "from trl import (\n    A,\n    SFTConfig,\n    Z,\n)\n"
    ),
    "from trl import (\n    A,\n)\n": "from trl import (\n    A,\n    SFTConfig,\n)\n",
    "from trl import A, \\\n    Z\n": "from trl import A, \\\n    SFTConfig, Z\n",
    "import trl\nx()\nimport late\n": "import trl\nfrom trl import SFTConfig\nx()\nimport late\n",
    "import os; import trl; x = 1\n": "import os; import trl; x = 1\nfrom trl import SFTConfig\n",
    "import a\r\nimport b\r\nx\r\n": "import a\r\nimport b\r\nfrom trl import SFTConfig\r\nx\r\n",
    "from trl import *\nfrom other import *\n": (
        "from trl import *\nfrom trl import SFTConfig\nfrom other import *\n"
    ),
    "def f():\n    from trl import A\n": (
        "from trl import SFTConfig\ndef f():\n    from trl import A\n"
    ),
    "try:\n    from trl import A\nexcept E: ...\n": (
        "try:\n    from trl import A, SFTConfig\nexcept E: ...\n"
    ),
    "from trl.trainer import SFTConfig as C\n": (
        "from trl.trainer import SFTConfig as C\nfrom trl import SFTConfig\n"
    ),
}


@pytest.mark.parametrize("before", IMPORTED)
def test_imports_are_made(before: str) -> None:
    script = read(before)
    after = edited(script, script.import_edit("trl", "SFTConfig"))
    assert after == IMPORTED[before]
    assert read(after).import_edit("trl", "SFTConfig") is None or "*" in before


@pytest.mark.parametrize(
    "text",
    [
        "from trl import SFTConfig",
        "from trl.trainer.sft_config import SFTConfig",
        "from trl import *",
    ],
)
def test_imports_that_are_there_are_not_made(text: str) -> None:
    assert read(text).import_edit("trl", "SFTConfig") is None


UNUSED_IMPORTS = {
    "from h import login\nlogin()\n": "\nlogin()\n".lstrip(),
    "from h import a, login\nlogin()\n": "from h import a\nlogin()\n",
    "from h import login, a\nlogin()\n": "from h import a\nlogin()\n",
    "from h import login as l\nl()\n": "l()\n",
    "import h\nh.login()\n": "h.login()\n",
    "import h.login\nh.login()\n": "h.login()\n",
    "import h, os\nh.login(os.environ)\nos.x\n": "import os\nh.login(os.environ)\nos.x\n",
    "import h\nimport os\nh.login(os.environ)\n": "h.login(os.environ)\n",
    "from h import login\nlogin()\nlogin\n": "from h import login\nlogin()\nlogin\n",
    "from h import login\nlogin()\n__all__ = ['login']\n": (
        "from h import login\nlogin()\n__all__ = ['login']\n"
    ),
    "try:\n    from h import login\nexcept E: ...\nlogin()\n": (
        "try:\n    pass\nexcept E: ...\nlogin()\n"
    ),
    "from h import (\n    a,\n    login,\n)\nlogin()\n": "from h import (\n    a,\n)\nlogin()\n",
    "import h\nimport h.a\nh.login()\n": "import h\nimport h.a\nh.login()\n",
}


@pytest.mark.parametrize("before", UNUSED_IMPORTS)
def test_imports_that_only_a_call_uses_are_removed(before: str) -> None:
    script = read(before)
    site = script.index.calls[-1]
    after = edited(script, *script.edits.import_removals(site.node, site.block))
    assert after == UNUSED_IMPORTS[before]


@pytest.mark.parametrize(
    ("text", "available"),
    [
        ("kw = {}\nc = SFTConfig()\nSFTTrainer(x=kw)", True),
        ("c = SFTConfig()\nkw = {}\nSFTTrainer(x=kw)", False),
        ("kw = {}\nc = SFTConfig()\nkw['a'] = 1\nSFTTrainer(x=kw)", False),
        ("kw = {}\nc = SFTConfig()\nkw = {1: 2}\nSFTTrainer(x=kw)", False),
        ("c = SFTConfig()\nSFTTrainer(x={'a': torch.bfloat16, 'b': str(1)})", True),
        ("c = SFTConfig()\ndef f(kw):\n    SFTTrainer(x=kw)", False),
        ("kw = {}\ndef f():\n    c = SFTConfig()\n    SFTTrainer(x=kw)", True),
        ("def f(kw):\n    c = SFTConfig()\n    SFTTrainer(x=kw)", True),
        ("async def f():\n    c = SFTConfig()\n    SFTTrainer(x=await g())", False),
        ("c = SFTConfig()\nfor kw in z:\n    SFTTrainer(x=kw)", False),
        ("c = SFTConfig()\n[SFTTrainer(x=kw) for kw in z]", False),
        ("kw = {}\nc = SFTConfig()\nSFTTrainer(x=dict(c=kw))", True),
    ],
)
def test_whether_an_expression_can_move(text: str, available: bool) -> None:
    script = read(f"import torch\nfrom trl import SFTConfig, SFTTrainer\n{text}\n")
    (config,) = script.calls("trl.SFTConfig")
    (trainer,) = script.calls("trl.SFTTrainer")
    argument = trainer.argument("x")
    assert argument
    assert script.is_available_at(argument.value_node, config.node) is available


def test_statement_of_a_call() -> None:
    script = read("import h\nh.login()\nx = h.login()\n")
    alone, used = script.calls("h.login")
    statement = script.statement_of(alone)
    assert statement
    assert script.text_of(statement) == "h.login()"
    assert script.statement_of(used) is None
    assert isinstance(script.block_of(statement), cst.SimpleStatementLine)


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("import a\n\nlogin()\n\nb = 1\n", "import a\n\nb = 1\n"),
        ("import a\nlogin()\n\nb = 1\n", "import a\n\nb = 1\n"),
        ("import a\n\nlogin()\n\n\ndef b(): ...\n", "import a\n\n\ndef b(): ...\n"),
        ("login()\n\n\nb = 1\n", "b = 1\n"),
        ("import a\n\nlogin()\n", "import a\n\n"),
        ("import a\r\n\r\nlogin()\r\n\r\nb = 1\r\n", "import a\r\n\r\nb = 1\r\n"),
    ],
)
def test_blank_lines_do_not_double_where_a_statement_goes(code: str, left: str):
    script = read(code)
    edit = script.statement_removal(first_statement(script, "login()"))
    assert edited(script, edit) == left
