"""`tunesmith estimate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tunesmith.cli import main

SCRIPT = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "peft==0.21.2"]
# [tool.hf-jobs]
# flavor = "a10g-large"
# ///
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

config = SFTConfig(
    per_device_train_batch_size=1, max_length=2048, model_init_kwargs={"dtype": "bfloat16"}
)
trainer = SFTTrainer(model="Qwen/Qwen3-8B", args=config, peft_config=LoraConfig(r=16))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "train.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["estimate", "--json", "train.py", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_machine_that_the_header_names(folder: Path, capsys: pytest.CaptureFixture[str]):
    found = as_json(capsys)

    assert (found["flavor"], found["verdict"]) == ("a10g-large", "fits")
    assert found["versions"] == {"trl": "1.16.0", "transformers": "5.23.0"}
    assert found["low_gb"] < found["peak_gb"] < found["high_gb"] < 23.6
    assert sum(found["breakdown"].values()) == pytest.approx(found["peak_gb"], abs=0.04)
    assert found["breakdown"]["weights"] == pytest.approx(16.38, abs=0.02)
    assert found["hours"] is None
    assert found["no_hours"] == "the number of examples is not known; give --examples N"


def test_another_machine_and_more_examples(folder: Path, capsys: pytest.CaptureFixture[str]):
    small = as_json(capsys, "--flavor", "t4-small", "--examples", "1000", "--tokens", "500")
    assert small["verdict"] == "no"
    assert small["steps"] == 3000
    assert small["hours"]["low"] < small["hours"]["likely"] < small["hours"]["high"]
    assert small["dollars"]["likely"] == pytest.approx(0.4 * small["hours"]["likely"], abs=0.01)
    twice = as_json(capsys, "--flavor", "t4-small", "--examples", "2000", "--tokens", "500")
    assert 1.8 < twice["hours"]["likely"] / small["hours"]["likely"] <= 2


def test_text(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["estimate", "train.py", "--examples", "1000"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "train.py:12: Qwen/Qwen3-8B, with TRL 1.16.0"
    assert [line.split()[0] for line in lines[1:]] == [
        "memory",
        "weights",
        "verdict",
        "time",
        "cost",
    ]
    assert lines[3].startswith("  verdict  a10g-large: fits. It takes about ")


def test_what_is_open_is_said(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text(SCRIPT.replace('"Qwen/Qwen3-8B"', "model_id"))
    found = as_json(capsys)
    assert (found["verdict"], found["peak_gb"], found["hours"]) == ("unknown", None, None)
    assert found["assumed"] == ["the model (the script leaves it open)"]
    assert main(["estimate", "train.py"]) == 0
    assert "assumed  the model (the script leaves it open)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["train.py", "--flavor", "a10"], "there is no flavor a10; did you mean a10g-small?"),
        (["train.py", "--flavor", "?"], "no flavor ?; `hf jobs hardware` lists them"),
        (["none.py"], "none.py: error: "),
        (["empty.py"], "there is no trainer of TRL in it"),
    ],
)
def test_errors_name_the_value_and_the_next_step(
    arguments: list[str], error: str, folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "empty.py").write_text("print(1)\n")
    assert main(["estimate", *arguments]) == 2
    assert error in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-3", "many"])
def test_numbers_that_are_none(number: str, folder: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["estimate", "train.py", f"--examples={number}"])
    assert f"expected a whole number from 1 on, got '{number}'" in capsys.readouterr().err


def test_another_release_of_trl(folder: Path, capsys: pytest.CaptureFixture[str]):
    now = as_json(capsys)
    before = as_json(capsys, "--trl", "1.0.0")
    assert before["versions"]["trl"] == "1.0.0"
    assert before["breakdown"]["logits"] > 3
    assert before["peak_gb"] > now["peak_gb"] + 1


@pytest.mark.parametrize(
    ("release", "message"),
    [
        ("99.1", "--trl: there is no release 99.1 of TRL"),
        ("new", "--trl: there is no release new of TRL"),
        ("0.12.2", "trl 0.12.2 cannot be installed"),
    ],
)
def test_a_release_that_cannot_be(
    folder: Path, capsys: pytest.CaptureFixture[str], release: str, message: str
):
    (folder / "train.py").write_text(SCRIPT.replace('"peft==0.21.2"', '"accelerate<0.30"'))
    assert main(["estimate", "train.py", "--trl", release]) == 2
    assert capsys.readouterr().err.startswith(f"train.py: error: {message}")
