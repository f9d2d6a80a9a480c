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
    said = "the script leaves open which data set it trains on; give --examples N"
    assert found["no_hours"] == said
    assert found["data"] == {
        "source": None, "examples": None, "tokens": None, "notes": [], "unknown": said,
    }  # fmt: skip


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
        "data",
        "time",
        "cost",
    ]
    assert lines[3].startswith("  verdict  a10g-large: fits. It takes about ")


def with_data(folder: Path, rows: int = 200) -> None:
    """The same script with a data set of its own."""
    load = (
        "from datasets import load_dataset\n"
        'data = load_dataset("json", data_files="rows.jsonl", split="train")\n'
    )
    text = SCRIPT.replace("from peft", f"{load}from peft")
    (folder / "train.py").write_text(text.replace("args=config", "args=config, train_dataset=data"))
    talk = [{"role": "user", "content": "a" * 400}, {"role": "assistant", "content": "b" * 1600}]
    (folder / "rows.jsonl").write_text((json.dumps({"messages": talk}) + "\n") * rows)


def test_the_data_set_of_the_script(folder: Path, capsys: pytest.CaptureFixture[str]):
    with_data(folder)
    once = as_json(capsys)
    assert once["data"]["source"] == "rows.jsonl"
    assert once["data"]["examples"] == {"low": 200, "likely": 200, "high": 200}
    tokens = once["data"]["tokens"]
    assert tokens["likely"] == 511  # 2,000 bytes, two messages and an end
    assert tokens["low"] < 511 < tokens["high"]
    assert once["steps"] == 600
    assert once["dollars"]["likely"] == pytest.approx(1.5 * once["hours"]["likely"], abs=0.02)
    assert main(["estimate", "train.py"]) == 0
    line = "  data     200 examples of about 511 (393 to 929) tokens, rows.jsonl"
    assert line in capsys.readouterr().out.splitlines()


def test_what_the_user_says_wins(folder: Path, capsys: pytest.CaptureFixture[str]):
    with_data(folder)
    said = as_json(capsys, "--examples", "400")
    assert said["data"]["examples"]["likely"] == 400
    assert said["data"]["tokens"]["likely"] == 511
    said = as_json(capsys, "--tokens", "100")
    assert said["data"]["examples"]["likely"] == 200
    assert said["data"]["tokens"] == {"low": 100, "likely": 100, "high": 100}


def test_hours_double_with_the_examples_but_for_the_start(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    with_data(folder, 0)
    (folder / "rows.jsonl").unlink()
    missing = as_json(capsys)
    assert missing["hours"] is None
    assert missing["no_hours"] == "there is no file rows.jsonl in the project; give --examples N"
    hours = {}
    for rows in (1000, 2000, 3000):
        with_data(folder, rows)
        hours[rows] = as_json(capsys)["hours"]["likely"]
    assert hours[3000] - hours[2000] == pytest.approx(hours[2000] - hours[1000], abs=0.02)
    assert 1.5 < hours[2000] / hours[1000] < 2


def test_a_mac(folder: Path, capsys: pytest.CaptureFixture[str]):
    found = as_json(capsys, "--flavor", "M3 Max 64 GB", "--examples", "1000", "--tokens", "500")
    assert (found["flavor"], found["verdict"], found["prices"]) == ("M3 Max 64 GB", "fits", None)
    assert found["hours"]["likely"] > 0.5
    assert found["assumed"][-1].startswith("mlx_lm.lora trains instead of the script")
    arguments = ["estimate", "train.py", "--flavor", "m3-max-64gb", "--examples", "1000"]
    assert main(arguments) == 0
    assert "  cost     none but the time of the Mac\n" in capsys.readouterr().out


def test_the_time_of_grpo_is_that_of_writing_too(folder: Path, capsys: pytest.CaptureFixture[str]):
    with_data(folder)
    text = (folder / "train.py").read_text().replace("SFT", "GRPO").replace("max_length=2048, ", "")
    (folder / "train.py").write_text(text)
    found = as_json(capsys)
    assert found["data"]["examples"]["likely"] == 200
    assert found["hours"]["low"] < found["hours"]["likely"] / 3
    assert found["hours"]["likely"] < found["hours"]["high"] / 2
    assert any("30% to 100% of max_completion_length" in each for each in found["assumed"])
    served = text.replace("GRPOConfig(", "GRPOConfig(use_vllm=True, vllm_mode='server', ")
    (folder / "train.py").write_text(served)
    found = as_json(capsys)
    assert found["hours"] is None
    assert "a vLLM server writes GRPO's answers" in found["no_hours"]


def test_what_is_open_is_said(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text(SCRIPT.replace('"Qwen/Qwen3-8B"', "model_id"))
    found = as_json(capsys)
    assert (found["verdict"], found["peak_gb"], found["hours"]) == ("unknown", None, None)
    assert found["assumed"] == ["the model (the script leaves it open)"]
    assert main(["estimate", "train.py"]) == 0
    out = capsys.readouterr().out
    assert "the script does not tell which model it is" in out
    assert "assumed" not in out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["train.py", "--flavor", "a10"], "there is no flavor a10; did you mean a10g-small?"),
        (["train.py", "--flavor", "?"], "no flavor ?; `hf jobs hardware` lists them"),
        (["none.py"], "none.py: error: "),
        (["empty.py"], "there is no trainer of TRL in it"),
        (["unsloth.py"], "error: it trains with unsloth, which is not estimated\n"),
        (["broken.py"], "correct the syntax to have it checked\n"),
    ],
)
def test_errors_name_the_value_and_the_next_step(
    arguments: list[str], error: str, folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "empty.py").write_text("print(1)\n")
    (folder / "unsloth.py").write_text(
        "import unsloth\nfrom trl import SFTTrainer\nSFTTrainer('m')"
    )
    (folder / "broken.py").write_text("print(\n")
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
