"""`tunesmith versions`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tunesmith.cli import main

HEADER = """\
# /// script
# requires-python = ">=3.10"
# dependencies = [
#   "trl>=0.20,<0.21",
#   "peft==0.17.0",
#   "colorama",
# ]
# ///
import torch
from trl import SFTTrainer
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_one_line_a_package(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text(HEADER)
    assert main(["versions", "train.py"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "trl     0.20.0  the newest that `trl>=0.20,<0.21` in the header admits"
    assert lines[1] == "peft    0.17.0  pinned by `peft==0.17.0` in the header"
    assert lines[2].startswith("torch   ")
    assert lines[3] == "python  3.12    as requires-python = '>=3.10' in the header admits it"
    assert len(lines) == 4, "the tables have no colorama"


def test_the_command_beside_counts(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text(HEADER)
    (folder / "run.sh").write_text("hf jobs uv run --with trl==0.19.0 train.py\n")
    assert main(["versions", "train.py"]) == 0
    assert "pinned by `trl==0.19.0` in the `--with` of run.sh" in capsys.readouterr().out


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text(HEADER)
    assert main(["versions", "--json", "train.py"]) == 0
    found = json.loads(capsys.readouterr().out)
    trl = found["packages"][0]
    assert (trl["name"], trl["version"], trl["is_assumed"]) == ("trl", "0.20.0", False)
    assert [(stated["requirement"], stated["row"]) for stated in trl["stated"]] == [
        ("trl>=0.20,<0.21", 4)
    ]
    assert found["python"]["version"] == "3.12"
    assert found["clashes"] == []


def test_passwords_stay_out(folder: Path, capsys: pytest.CaptureFixture[str]):
    text = HEADER.replace("peft==0.17.0", "peft @ git+https://me:secret@example.com/peft")
    text = text.replace(
        "# ///\n", '# [tool.uv]\n# extra-index-url = ["https://me:secret@example.com/s"]\n# ///\n'
    )
    (folder / "train.py").write_text(text)
    for flags in ([], ["--json"]):
        assert main(["versions", *flags, "train.py"]) == 0
        shown = capsys.readouterr().out
        assert "example.com" in shown
        assert "secret" not in shown


def test_what_cannot_be_installed(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text(
        '# /// script\n# dependencies = ["trl==1.0.0", "transformers==4.40.0"]\n# ///\n'
    )
    assert main(["versions", "train.py"]) == 2
    shown = capsys.readouterr().out
    assert "These cannot be installed together:" in shown
    assert "trl 1.0.0 needs transformers" in shown


def test_a_notebook(folder: Path, capsys: pytest.CaptureFixture[str]):
    cell = {"cell_type": "code", "source": "!pip install trl==0.20.0", "metadata": {}}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "train.ipynb").write_text(json.dumps(notebook))
    assert main(["versions", "train.ipynb"]) == 0
    assert "trl     0.20.0   pinned by `trl==0.20.0` in the pip cell" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["missing.py", "run.sh", "broken.py"])
def test_files_without_an_answer(folder: Path, capsys: pytest.CaptureFixture[str], name: str):
    (folder / "run.sh").write_text("hf jobs uv run train.py\n")
    (folder / "broken.py").write_text("def\n")
    assert main(["versions", name]) == 2
    assert f"{name}: error: " in capsys.readouterr().err


def test_a_script_that_needs_nothing(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "hello.py").write_text("print('hello')\n")
    assert main(["versions", "hello.py"]) == 0
    assert "no package that the tables have" in capsys.readouterr().out
