"""Launch commands in Python and in notebooks."""

from __future__ import annotations

import pytest

from sources.launches import cells, launch, launches, launches_in, line, raw, written
from tunesmith.sources.document import CellKind

PLAIN = "hf jobs uv run --flavor l4x1 train.py"


@pytest.mark.parametrize(
    "text",
    [
        f'"""Train.\n\nRun:\n    {PLAIN}\n"""\n',
        f'"""Runs as a job via: {PLAIN}\n"""\n',
        f'"""Runs with `{PLAIN}`."""\n',
        f'"""Runs with ``{PLAIN}``."""\n',
        f'"""\n    $ {PLAIN}\n"""\n',
        f'"""\n* {PLAIN}\n"""\n',
        f'"""\n1. {PLAIN}.\n"""\n',
        '"""\n    hf jobs uv run \\\\\n        --flavor l4x1 \\\\\n        train.py\n"""\n',
        'r"""\n    hf jobs uv run \\\n        --flavor l4x1 \\\n        train.py\n"""\n',
        '"""\n    hf jobs uv run --flavor l4x1\n        train.py\n"""\n',
        f"# {PLAIN}\n",
        "# Usage:\n#   hf jobs uv run \\\n#     --flavor l4x1 train.py\n",
        f'print("{PLAIN}")\n',
        f'def f():\n    """Doc."""\n    print("Try: {PLAIN}")\n',
        'print("  hf jobs uv run --flavor l4x1 \\\\")\nprint("      train.py")\n',
        'print("  hf jobs uv run \\\\\\n    --flavor l4x1 train.py")\n',
        f'import os\nos.system("{PLAIN}")\n',
        f'import os\nos.system("set -e; {PLAIN}")\n',
        f'import subprocess\nsubprocess.run("cd x && {PLAIN}", shell=True)\n',
        'import os\nos.system("hf jobs uv run "\n  "--flavor l4x1 train.py")\n',
        f'import shlex\ncmd = shlex.split("{PLAIN}")\n',
        'FLAVOR = "l4x1"\ncmd = f"hf jobs uv run --flavor {FLAVOR} train.py"\n',
        'cmd = ["hf", "jobs", "uv", "run", "--flavor", "l4x1", "train.py"]\n',
        'cmd = ("hf", "jobs", "uv", "run", "--flavor", "l4x1", "train.py")\n',
        'cmd = ["uvx", "hf", "jobs", "uv", "run",\n  "--flavor", "l4x1",\n  "train.py",\n]\n',
        'S = "train.py"\ncmd = ["hf", "jobs", "uv", "run", "--flavor", "l4x1", str(S)]\n',
        'cmd = ["hf", "jobs", "uv", "run"]\ncmd += ["--flavor", "l4x1"]\ncmd.append("train.py")\n',
        'a = ["jobs", "uv", "run", "--flavor", "l4x1", "train.py"]\nrun([hf, *a])\n',
        'import sys\ncmd = [HF, "jobs", "uv", "run", "--flavor", "l4x1", "train.py"]\n',
        f'SCRIPT = """#!/bin/bash\nset -e; {PLAIN}\n"""\n',
        f"def broken(:\n    pass\n# {PLAIN}\n",
    ],
)
def test_finds_one_command(text: str) -> None:
    expected = PLAIN.replace("hf", "?", 1) if "HF," in text else PLAIN
    assert line(launch(text, "submit.py")) == expected


@pytest.mark.parametrize(
    "text",
    [
        '"""Use hf jobs uv run with --flavor."""\n',
        '"""\nhf jobs uv run is the new way\n"""\n',
        '"""Runs on `hf jobs uv run`."""\n',
        '"""Mounted via `hf jobs uv run -v ...`."""\n',
        'raise ValueError("hf jobs uv run failed: no script")\n',
        'runner.invoke(app, ["jobs", "uv", "run", "a.py"])\n',
        'a = ["jobs", "uv", "run", "a.py"]\nrunner.invoke(app, a)\n',
        'a = ["jobs", "run", "nightly"]\nrun(["other", *a])\n',
        'assert cmd.startswith("hf jobs uv run")\n',
        'cmd = ["sky", "jobs", "launch"]\n',
    ],
)
def test_finds_no_command(text: str) -> None:
    assert not launches(text, "submit.py")


def test_elements_stand_with_their_quotes() -> None:
    text = 'cmd = ["hf", "jobs", "uv", "run", str(path), "--flavor", flavor, f"-eA={x}", *more]\n'
    command = launch(text, "submit.py")
    assert written(command)[4:] == ["str(path)", '"--flavor"', "flavor", 'f"-eA={x}"', "*more"]
    assert [option.name for option in command.options if option.after_script] == [
        "--flavor",
        "--env",
    ]
    assert [word.is_open for word in command.argv.words[4:]] == [False, False, False, False, True]


def test_an_f_string_keeps_its_braces() -> None:
    command = launch('cmd = f"hf jobs uv run {script} --flavor {flavor!r}"\n', "submit.py")
    assert written(command)[4:] == ["{script}", "--flavor", "{flavor!r}"]
    assert command.target is not None
    assert raw(command, command.target) == "{script}"


def test_a_word_with_an_escape_may_not_be_moved() -> None:
    command = launch('os.system("hf jobs uv run -e A=\\"b\\" train.py")\n', "submit.py")
    assert line(command) == "hf jobs uv run -e A=b train.py"
    assert [word.is_movable for word in command.argv.words[4:]] == [True, False, True]


def test_a_full_stop_is_no_part_of_the_command_but_a_quoted_bracket_is() -> None:
    text = (
        '"""\nRun: hf jobs uv run train.py.\n- hf jobs run python:3.12 python -c "print(2)"\n"""\n'
    )
    assert [line(command) for command in launches(text, "submit.py")] == [
        "hf jobs uv run train.py",
        "hf jobs run python:3.12 python -c print(2)",
    ]


def test_prose_behind_the_command_is_left_out() -> None:
    text = '"""\n    hf jobs uv run train.py and then --flavor l4x1\n"""\n'
    assert line(launch(text, "submit.py")) == "hf jobs uv run train.py"


@pytest.mark.parametrize(
    "source",
    [
        f"!{PLAIN}",
        f"x = 1\n!{PLAIN}\nprint(x)",
        "!hf jobs uv run \\\n  --flavor l4x1 \\\n  train.py",
        f"job = !{PLAIN}",
        f"%%bash\n{PLAIN}\n",
        f"%%sh\nset -e\n{PLAIN}\n",
        f"%sx {PLAIN}",
        f"%%writefile run.sh\nset -e; {PLAIN}\n",
        f"import os\nos.system('{PLAIN}')",
        'cmd = ["hf", "jobs", "uv", "run", "--flavor", "l4x1", "train.py"]',
        f"# {PLAIN}",
    ],
)
def test_code_cells(source: str) -> None:
    before = (CellKind.CODE, "import torch")
    (command,) = launches_in(cells(before, (CellKind.CODE, source)))
    assert line(command) == PLAIN


def test_markdown_cells() -> None:
    (command,) = launches_in(
        cells((CellKind.CODE, "x = 1"), (CellKind.MARKDOWN, f"# Go\n\n```bash\n{PLAIN}\n```"))
    )
    assert line(command) == PLAIN
    assert command.document.cell_at(command.span.start) == 1


def test_braces_in_a_shell_line_are_unknown() -> None:
    (command,) = launches_in(
        cells((CellKind.CODE, "!hf jobs uv run --flavor {flavor} {script} $x"))
    )
    assert line(command) == "hf jobs uv run --flavor ? ? ?"
    assert command.target is not None
    assert raw(command, command.target) == "{script}"
