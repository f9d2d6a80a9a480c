"""`tunesmith preflight`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tunesmith.cli import main

SCRIPT = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "peft==0.21.2"]
# ///
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

config = SFTConfig(
    max_length=2048,
    per_device_train_batch_size=1,
    assistant_only_loss=True,
    push_to_hub=True,
    save_total_limit=2,
    model_init_kwargs={"dtype": "bfloat16"},
)
trainer = SFTTrainer(
    model="Qwen/Qwen3-8B", args=config, peft_config=LoraConfig(r=16), train_dataset=data
)
trainer.train()
"""
COMMAND = "hf jobs uv run --flavor {} --timeout 6h --secrets HF_TOKEN train.py\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "run.sh").write_text(COMMAND.format("a10g-large"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def as_json(capsys: pytest.CaptureFixture[str], status: int, *arguments: str) -> dict[str, Any]:
    assert main(["preflight", "--json", "train.py", *arguments]) == status
    return json.loads(capsys.readouterr().out)


def test_a_job_that_may_start(folder: Path, capsys: pytest.CaptureFixture[str]):
    found = as_json(capsys, 0, "--examples", "1000")
    assert found["findings"] == []
    assert found["no_estimate"] is None
    assert (found["estimate"]["verdict"], found["estimate"]["flavor"]) == ("fits", "a10g-large")
    assert found["estimate"]["dollars"]["likely"] > 0


def test_what_starts_the_script_is_checked_and_nothing_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "run.sh").write_text(
        "hf jobs uv run --flavour t4-small other.py\n"
        "hf jobs uv run --timeout 6h --secrets HF_TOKEN train.py --flavor a10g-large\n"
    )
    (finding,) = as_json(capsys, 1)["findings"]
    assert (finding["name"], finding["filename"]) == ("flags-after-script", "run.sh")
    assert finding["location"]["row"] == 2


def test_a_machine_that_is_too_small(folder: Path, capsys: pytest.CaptureFixture[str]):
    found = as_json(capsys, 1, "--flavor", "t4-small")
    assert found["estimate"]["verdict"] == "no"


def test_text(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text(SCRIPT.replace("max_length", "max_seq_length"))
    assert main(["preflight", "train.py"]) == 1
    out = capsys.readouterr().out
    assert "train.py:8:5: error removed-argument" in out
    assert "train.py:15: Qwen/Qwen3-8B, with TRL 1.16.0" in out
    assert "verdict  a10g-large: fits" in out


def test_nothing_to_estimate(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text("print('no trainer')\n")
    found = as_json(capsys, 0)
    assert found["estimate"] is None
    assert found["no_estimate"].startswith("there is no trainer of TRL in it")


def test_a_file_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["preflight", "gone.py"]) == 2
    assert "gone.py: error:" in capsys.readouterr().err
