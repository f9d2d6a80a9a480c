"""Commands of MLX-LM and llama.cpp's converter, wherever they stand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from builders import ROOT, understood
from tunesmith.sources.document import CellKind, notebook
from tunesmith.sources.tool_commands import ToolCommand
from tunesmith.sources.understand import understand


def tools(name: str, text: str) -> Sequence[ToolCommand]:
    return understood(name, text).tools


@pytest.mark.parametrize(
    ("name", "text", "tool", "arguments"),
    [
        ("a.sh", "mlx_lm.lora --train\n", "mlx_lm.lora", ["--train"]),
        ("a.sh", "uv run python -m mlx_lm.fuse --model m\n", "mlx_lm.fuse", ["--model", "m"]),
        ("a.sh", "python -m mlx_lm lora \\\n  --train\n", "mlx_lm.lora", ["--train"]),
        ("a.sh", "python3 x/convert_hf_to_gguf.py m\n", "convert_hf_to_gguf", ["m"]),
        ("a.md", "Run:\n\n```bash\n$ mlx_lm.lora --test\n```\n", "mlx_lm.lora", ["--test"]),
        ("a.md", "1. x\n   ~~~\n   mlx_lm.fuse -h\n   ~~~\n", "mlx_lm.fuse", ["-h"]),
        ("a.md", "`mlx_lm.lora --train` trains.\n", "mlx_lm.lora", ["--train"]),
        ("a.sh", 'echo "Then: mlx_lm.lora --train"\n', "mlx_lm.lora", ["--train"]),
        ("a.sh", '"$L/convert_hf_to_gguf.py" m\n', "convert_hf_to_gguf", ["m"]),
        ("a.sh", "python '../x/convert_hf_to_gguf.py' m\n", "convert_hf_to_gguf", ["m"]),
        ("a.yml", "run: |\n  mlx_lm.lora --train\n", "mlx_lm.lora", ["--train"]),
        ("a.yml", "args:\n  - x/convert_hf_to_gguf.py\n  - m\n", "convert_hf_to_gguf", ["m"]),
        ("a.yml", "cmd: [python, -m, mlx_lm, lora, -c, x]\n", "mlx_lm.lora", ["-c", "x"]),
        ("Makefile", "t:\n\t@mlx_lm.lora --train\n", "mlx_lm.lora", ["--train"]),
        ("justfile", "t:\n    @mlx_lm.lora --train\n", "mlx_lm.lora", ["--train"]),
        ("Dockerfile", "RUN mlx_lm.lora --train\n", "mlx_lm.lora", ["--train"]),
        ("a.ps1", "mlx_lm.lora `\n  --train\n", "mlx_lm.lora", ["--train"]),
        ("a.py", 'os.system("mlx_lm.lora --train")\n', "mlx_lm.lora", ["--train"]),
        ("a.py", '"""Run: mlx_lm.lora --train"""\n', "mlx_lm.lora", ["--train"]),
        (
            "a.py",
            'c = join(x, "convert_hf_to_gguf.py")\nrun(["python", c, "--outtype", "f16"])\n',
            "convert_hf_to_gguf",
            ["--outtype", "f16"],
        ),
        (
            "a.sh",
            "llama.cpp/convert.py m --outtype q\n",
            "convert_hf_to_gguf",
            ["m", "--outtype", "q"],
        ),
        ("a.sh", "x/bin/huggingface-cli login\n", "huggingface-cli", ["login"]),
        ("a.sh", "pip install huggingface-cli\nhuggingface-cli env\n", "huggingface-cli", ["env"]),
        ("a.md", "Run `huggingface-cli login`.\n", "huggingface-cli", ["login"]),
        ("a.py", 'run(["python", "-m", "mlx_lm.lora", "--train"])\n', "mlx_lm.lora", ["--train"]),
        ("a.py", 'run([python, "-m", "mlx_lm", "lora"])\n', "mlx_lm.lora", []),
    ],
)
def test_finds(name: str, text: str, tool: str, arguments: list[str]):
    (command,) = tools(name, text)

    assert command.tool == tool
    assert [word.text for word in command.arguments] == arguments
    for word in command.arguments:
        assert (word.text or "") in text[slice(*word.span)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.sh", "pip install mlx_lm\n"),
        ("a.md", "`mlx_lm.lora` trains, and `huggingface-cli` is old.\n"),
        ("a.md", "With huggingface-cli login is easy.\n"),
        ("a.sh", 'pkill -f "huggingface-cli download x"\n'),
        ("a.sh", "brew install huggingface-cli\n"),
        ("a.sh", "python my_convert.py --outtype q4_k_m\n# like convert_hf_to_gguf.py\n"),
        ("a.sh", "python convert.py --outtype q4_k_m\n"),
        ("a.md", "```python\nfrom mlx_lm.utils import load\n```\n"),
        ("a.py", "from mlx_lm.utils import load\nload('m')\n"),
    ],
)
def test_finds_nothing_in(name: str, text: str):
    assert not tools(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.sh", "# ❌ WRONG\nmlx_lm.lora --train\n"),
        ("a.md", "❌ Wrong:\n\n```bash\nmlx_lm.lora --train\n```\n"),
    ],
)
def test_counter_examples_are_not_looked_at(name: str, text: str):
    understanding = understood(name, text)

    assert [command.argv.is_counter_example for command in understanding.tools] == [True]
    assert not [source for source in understanding.sources if isinstance(source, ToolCommand)]


def test_options_are_read_with_their_values():
    (command,) = tools("a.sh", "convert_hf_to_gguf.py m --outtype=f16 --outfile $OUT\n")

    outtype, outfile = command.option("--outtype"), command.option("--outfile", "-o")
    assert outtype
    assert outtype[1] == "f16"
    assert outfile
    assert outfile[1] is None
    assert command.option("--model") is None


def test_finds_the_shell_lines_and_cells_of_notebooks():
    cells = [
        (CellKind.CODE, "x = 1\n!python llama.cpp/convert_hf_to_gguf.py m --outtype f16\n"),
        (CellKind.CODE, "%%bash\nmlx_lm.lora --train"),
        (CellKind.MARKDOWN, "```bash\nmlx_lm.fuse\n```"),
    ]

    understanding = understand(notebook(ROOT / "a.ipynb", cells), relevant=True)

    found = [command.tool for command in understanding.tools]
    assert found == ["convert_hf_to_gguf", "mlx_lm.lora", "mlx_lm.fuse"]
