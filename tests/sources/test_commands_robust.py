"""Nothing in a document raises or hangs, and every word stands where it says."""

from __future__ import annotations

import random
import shlex
import sys
import time
from functools import partial

import pytest

from counting import calls
from sources.launches import cells, document_of, launches_in
from tunesmith.sources.commands import find_commands
from tunesmith.sources.document import CellKind, Document
from tunesmith.sources.launch_command import LaunchCommand

COMMAND = "hf jobs uv run train.py --flavor l4x1 "
NAMES = ("a.sh", "a.md", "a.yml", "a.ps1", "Makefile", "Dockerfile", "a.py", "a.ipynb", "justfile")
SEEDS = (
    f"# x\ncd a && {COMMAND}\\\n  -e 'A=b c' # wrong\n",
    'A=(--timeout 2h)\nhf jobs run "${A[@]}" i\n',
    f"# T\n\n> ❌ no\n> ```bash\n> $ {COMMAND}\n> ```\n\n",
    f"| `{COMMAND}` | x |\n|---|---|\n\n    {COMMAND}\n",
    f'"""Run:\n\n    {COMMAND}\\\\\n      --x\n"""\n',
    'cmd = ["hf", "jobs", "uv", "run", *x, "a.py"]\n',
    f"a:\n  - run: |\n      {COMMAND}\n  - ['hf', jobs, uv, run, \"a.py\"]\n",
    f'$a = @("jobs", "uv", "run")\n& hf @a `\n  --x\n{COMMAND}\n',
    f"job:\n\t@{COMMAND} $(X) \\\n\t  $$y\n",
    f"go x *y:\n    @{COMMAND} {{{{x}}}} \\\n      {{{{y}}}}\n\n    #!/bin/sh\n    {COMMAND}\n",
    f"FROM a\nRUN {COMMAND} \\\n  --b\nCMD ['hf']\n",
)
JUNK = [
    *"`\"'}<>\0\ud800😀\r\t|#[]❌\x01\ufffc()\u2028\x0c=é",
    *(
        "```\n",
        "\\\n",
        "$(",
        "${",
        "\r\n",
        "- ",
        "{{",
        "<<EOF\n",
        COMMAND,
        "@(",
        "`\n",
        "\n\n",
        "    ",
    ),
    *("> ", "&&", '"""', ": "),
]


def document(name: str, text: str) -> Document:
    if name != "a.ipynb":
        return document_of(text, name)
    kinds = (CellKind.CODE, CellKind.MARKDOWN, CellKind.RAW)
    return cells(*((kinds[i % 3], part) for i, part in enumerate(text.split("\n\n"))))


def mutated(choice: random.Random) -> str:
    text = "".join(choice.choices(SEEDS, k=3))
    for _ in range(choice.randint(0, 15)):
        start = choice.randint(0, len(text))
        end = start + choice.choice((0, 0, 1, 3, 20))
        text = text[:start] + choice.choice(JUNK) + text[end:]
    return text


def check_words(command: LaunchCommand) -> None:
    for word in command.argv.words:
        raw = command.raw(word.span)
        assert 0 <= word.span.start <= word.span.end <= len(command.document.text)
        if word.text is not None and word.is_movable and raw.isprintable():
            assert word.text in (raw, unquoted(raw)), (raw, word)


def unquoted(raw: str) -> str | None:
    """What a shell, Python or YAML makes of a word; the test knows only the easy ones."""
    if any(character in raw for character in "\\`$"):
        return eval_easily(raw)
    try:
        return "".join(shlex.split(raw, posix=True))
    except ValueError:
        return None


def eval_easily(raw: str) -> str:
    quotes = {"'": "'", '"': '"'}
    if raw[:1] in quotes and raw[-1:] == raw[:1]:
        raw = raw[1:-1]
    kept: list[str] = []
    characters = iter(raw)
    for character in characters:
        kept.append(next(characters, character) if character in "\\`" else character)
    return "".join(kept)


@pytest.mark.parametrize("seed", range(8))
def test_mutations(seed: int) -> None:
    choice = random.Random(seed)
    for _ in range(60):
        text = mutated(choice)
        for command in launches_in(document(choice.choice(NAMES), text)):
            check_words(command)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text",
    [
        COMMAND * 5_000,
        COMMAND + '"' * 60_000,
        COMMAND + "{" * 30_000,
        f"`{COMMAND}" * 1_000,
        COMMAND + " " * 200_000 + "x",
        f"# {COMMAND}\n" * 1_500,
        f"{COMMAND}\n" * 2_500,
        f"```\n{COMMAND}\n```\n" * 1_500,
        "- " * 5_000 + COMMAND,
        ": " * 5_000 + COMMAND,
        "".join(" " * depth + "- a:\n" for depth in range(700)) + COMMAND,
        "> " * 5_000 + COMMAND,
        "a:" * 50_000 + COMMAND,
        "A=(" * 20_000 + COMMAND,
        "<<E\n" * 20_000 + COMMAND,
        "cd x\n" * 5_000 + f"{COMMAND}\n" * 500,
        '["hf","jobs","uv","run",' * 1_000,
    ],
    ids=lambda text: text[:12],
)
def test_monstrous_documents(name: str, text: str) -> None:
    started = time.process_time()
    find_commands(document(name, text), None)
    assert time.process_time() - started < 10


README = (
    "Some text about the job.\n\n```bash\n# ✅ CORRECT\nhf jobs uv run --flavor a100-large \\\n"
    "  --timeout 2h train.py --lr 1e-4\n```\n\n" + "Lorem — ipsum.\n- item `code`\n\n" * 14
)


def test_a_readme_takes_as_long_as_its_length() -> None:
    short, long = (document_of(README * count, "README.md") for count in (10, 100))
    assert len(find_commands(short, None)) == 10
    few, many = (calls(partial(find_commands, each, None)) for each in (short, long))
    assert many < 12 * few


def test_only_the_grammar_that_is_needed_is_loaded() -> None:
    import subprocess

    code = (
        "import sys; from pathlib import PurePosixPath as P\n"
        "from tunesmith.sources.commands import find_commands\n"
        "from tunesmith.sources.document import Document, Kind\n"
        "print(len(find_commands(Document(P('/a.sh'), Kind.SHELL, 'hf jobs uv run a.py'), None)))\n"
        "print(sorted(n for n in sys.modules if n.startswith(('tree_sitter_', 'libcst'))))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": _SERVER},
    )
    count, modules = answer.stdout.splitlines()
    assert count == "1"
    assert "tree_sitter_markdown" not in modules
    assert "libcst" not in modules


_SERVER = next(path for path in sys.path if path.endswith("server"))
