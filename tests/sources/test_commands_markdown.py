"""Launch commands in Markdown."""

from __future__ import annotations

import pytest

from sources.launches import launch, launches, line, raw, written

PLAIN = "hf jobs uv run --flavor l4x1 train.py"


def fence(text: str, info: str = "bash") -> str:
    return f"```{info}\n{text}\n```\n"


@pytest.mark.parametrize(
    "text",
    [
        *(
            fence(PLAIN, info)
            for info in ("bash", "sh", "console", "", "text", "{.bash}", "Shell title=x")
        ),
        fence(f"$ {PLAIN}"),
        fence(f"> {PLAIN}"),
        fence(f">>> {PLAIN}"),
        fence(f"% {PLAIN}\nJob started\nhf jobs uv run other.py", "console"),
        fence(f"(venv) me@host:~/x$ {PLAIN}\noutput"),
        fence(
            "$ hf jobs uv run \\\n>   --flavor l4x1 \\\n>   train.py\nhf jobs uv run other.py",
            "console",
        ),
        fence("hf jobs uv run \\\n  --flavor l4x1 \\\n  train.py", ""),
        f"~~~sh\n{PLAIN}\n~~~\n",
        f"- Do it:\n  ```bash\n  {PLAIN}\n  ```\n",
        f"> Note\n>\n> ```bash\n> {PLAIN}\n> ```\n",
        f"1. > - x\n   >   ```bash\n   >   {PLAIN}\n   >   ```\n",
        "> ```bash\n> hf jobs uv run \\\n>   --flavor l4x1 \\\n>   train.py\n> ```\n",
        f"Start it:\n\n    {PLAIN}\n",
        "Like this:\n\nhf jobs uv run \\\n    --flavor l4x1 \\\n    train.py\n",
        f"Run `{PLAIN}` now.\n",
        f"Run ``{PLAIN}`` now.\n",
        f"- **Launch**: `{PLAIN}`\n",
        f"| a | b |\n|---|---|\n| `{PLAIN}` | x |\n",
        f"# Use `{PLAIN}`\n",
        f"<details>\n```bash\n{PLAIN}\n```\n</details>\n",
        fence(f"+ {PLAIN}", "diff"),
        fence(f"run: {PLAIN}", "yaml"),
        fence('{"command": ["hf", "jobs", "uv", "run", "--flavor", "l4x1", "train.py"]}', "json"),
        fence(f"import os\nos.system('{PLAIN}')", "python"),
        fence(f"import os\n>>> broken(\n# {PLAIN}", "python"),
        fence(f"RUN {PLAIN}", "dockerfile"),
        fence(f"job:\n\t{PLAIN}", "makefile"),
        fence(f"job:\n    {PLAIN}", "just"),
        fence("hf jobs uv run `\n  --flavor l4x1 `\n  train.py", "powershell"),
        fence(PLAIN).replace("\n", "\r\n"),
        f"```bash\n{PLAIN}",
    ],
)
def test_finds_one_command(text: str) -> None:
    assert line(launch(text, "README.md")) == PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "hf jobs uv run --flavor l4x1 train.py starts it\n",
        "Use `hf jobs uv run` to launch, with `--flavor`.\n",
        "`hf jobs uv run --help` lists them\n",
        "Use hf jobs uv run with --flavor.\n",
        fence("hf jobs uv run [OPTIONS] SCRIPT [SCRIPT_ARGS]..."),
        fence("usage: hf jobs uv run SCRIPT", "text"),
        fence("$ hf jobs ps\nhf jobs uv run train.py", "console"),
        fence("hf jobs uv run train.py", "toml"),
        "[x](https://huggingface.co/cli#hf-jobs-uv-run)\n",
    ],
)
def test_finds_no_command(text: str) -> None:
    assert not launches(text, "README.md")


def test_words_stand_where_they_are_written() -> None:
    text = "> é\n> ```bash\n> $ hf jobs uv run \\\n>     --flavor 'l4x1' train.py\n> ```\n"
    command = launch(text, "README.md")
    assert written(command) == ["hf", "jobs", "uv", "run", "--flavor", "'l4x1'", "train.py"]
    assert all(word.is_movable for word in command.argv.words)


def test_python_fence_in_a_list() -> None:
    code = '  cmd = ["hf", "jobs", "uv", "run",\n         "--secret", "T", "a.py"]\n'
    text = f"- x\n  ```python\n{code}  ```\n"
    command = launch(text, "README.md")
    assert [raw(command, word) for word in command.unknown_options] == ['"--secret"']


def test_every_command_of_a_fence() -> None:
    text = fence("hf jobs uv run a.py\nhf jobs ps\n\nhf jobs run python:3.12 true # ok")
    assert [line(command) for command in launches(text, "README.md")] == [
        "hf jobs uv run a.py",
        "hf jobs run python:3.12 true",
    ]


def test_a_variable_of_the_same_fence_is_known() -> None:
    text = fence("FLAVOR=l4x1\nhf jobs uv run --flavor $FLAVOR train.py")
    assert line(launch(text, "README.md")) == PLAIN
