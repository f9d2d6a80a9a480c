"""`tunesmith check` on jobs whose machine does not suit the training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tunesmith.cli import main

TRAIN = "from trl import SFTTrainer\n\nSFTTrainer('Qwen/Qwen3-8B', train_dataset=data).train()\n"
ON_CPU = "hf jobs uv run --timeout 2h --secrets HF_TOKEN train.py\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(capsys: pytest.CaptureFixture[str], rule: str) -> dict[str, Any]:
    """The only finding of a rule in the folder."""
    main(["check", ".", "--output-format", "json"])
    (finding,) = (each for each in json.loads(capsys.readouterr().out) if each["name"] == rule)
    return finding


def test_a_cpu_with_its_alternatives(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text(TRAIN)
    (folder / "run.sh").write_text(ON_CPU)

    finding = found(capsys, "cpu-flavor-for-training")
    assert (finding["severity"], finding["filename"]) == ("error", "run.sh")
    assert finding["fix"]["edits"][0]["content"] == " --flavor a10g-large"
    contents = [each["edits"][0]["content"] for each in finding["alternatives"]]
    assert contents == [" --flavor l4x1", " --flavor a100-large"]
    assert {each["filename"] for each in finding["alternatives"]} == {None}

    assert main(["check", "run.sh"]) == 1
    out = capsys.readouterr().out
    assert "  = fix: Run on a10g-large" in out
    assert "  = or: Run on l4x1" in out


def test_only_the_preferred_fix_is_made_and_only_on_request(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "train.py").write_text(TRAIN)
    (folder / "run.sh").write_text(ON_CPU)

    main(["check", "run.sh", "--fix"])
    assert (folder / "run.sh").read_text() == ON_CPU
    main(["check", "run.sh", "--fix", "--unsafe-fixes"])
    after = ON_CPU.replace("uv run", "uv run --flavor a10g-large")
    assert (folder / "run.sh").read_text() == after
