"""`tunesmith gpus`, and `--online`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from answering_hub import Answer, AnsweringHub, answering, as_json
from tunesmith import machines
from tunesmith.cli import main

SCRIPT = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "peft==0.21.2"]
# ///
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

config = SFTConfig(
    per_device_train_batch_size=1, max_length=2048, model_init_kwargs={"dtype": "bfloat16"}
)
trainer = SFTTrainer(model="Qwen/Qwen3-8B", args=config, peft_config=LoraConfig(r=16))
"""
TUNED = {
    "model_type": "llama",
    "hidden_size": 2048,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 8192,
    "vocab_size": 128256,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = tmp_path / "project"
    made.mkdir()
    (made / "pyproject.toml").touch()
    (made / "train.py").write_text(SCRIPT)
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringHub]:
    with answering() as made:
        monkeypatch.setenv("HF_ENDPOINT", made.url)
        yield made


def as_fields(capsys: pytest.CaptureFixture[str], command: str, *arguments: str) -> dict[str, Any]:
    assert main([command, "--json", "train.py", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]):
    found = as_fields(capsys, "gpus", "--examples", "1000", "--tokens", "500")
    assert len(found["options"]) == 34
    assert found["guide"]["flavor"] == "a10g-large"
    pick = next(each for each in found["options"] if each["name"] == found["pick"])
    assert (pick["provider"], pick["verdict"]) == ("Hugging Face Jobs", "fits")
    assert pick["needed_gb"] < pick["usable_gb"]
    assert pick["dollars"]["low"] < pick["dollars"]["likely"] < pick["dollars"]["high"]
    for each in found["options"]:
        assert each["prices"]
        assert each["usable_gb"] > 0
        assert each["reason"]


def test_text(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["gpus", "train.py"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "train.py: Qwen/Qwen3-8B, with TRL 1.16.0, 1 x 2,048 tokens"
    assert lines[1].split() == [
        "machine", "verdict", "GB", "hours", "dollars", "$/h", "set-up",
    ]  # fmt: skip
    pick = next(line for line in lines if line.endswith("the pick"))
    assert pick.split()[:5] == ["l4x1", "fits", pick.split()[2], "of", "23.7"]
    assert "  too small: t4-small, t4-medium" in lines
    assert any(line.endswith("give --examples N") for line in lines)
    assert any(line.startswith("  prices rented 20") for line in lines)


def test_this_mac(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch):
    monkeypatch.setattr(machines, "apple_silicon", lambda: ("Apple M3 Max", 64))
    assert main(["gpus", "train.py"]) == 0
    out = capsys.readouterr().out
    row = next(line for line in out.splitlines() if line.startswith("  M3 Max 64 GB"))
    assert row.split()[4] == "fits"
    assert "free" in row
    assert "moderate" in row
    assert row.endswith("by mlx_lm.lora instead of the script")
    assert "run this on a Mac" not in out
    assert "  Macs   mlx_lm.lora trains instead of the script" in out


def test_a_mac_that_would_do(folder: Path, capsys: pytest.CaptureFixture[str]):
    found = as_fields(capsys, "gpus", "--examples", "1000", "--tokens", "500")["example_mac"]
    assert (found["name"], found["verdict"], found["dollars"]["likely"]) == (
        "M3 Max 36 GB",
        "fits",
        0,
    )
    assert 0.5 < found["hours"]["likely"] < 10
    assert main(["gpus", "train.py"]) == 0
    assert "M3 Max 36 GB fits: " in capsys.readouterr().out


def test_a_model_that_is_not_known(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text(SCRIPT.replace("Qwen/Qwen3-8B", "me/secret"))
    assert main(["gpus", "train.py"]) == 2
    assert capsys.readouterr().err == (
        "train.py: error: the shape of me/secret is not known; "
        "--online asks the Hub for its config.json\n"
    )


def test_a_model_known_by_its_name(folder: Path, capsys: pytest.CaptureFixture[str]):
    whole = as_fields(capsys, "estimate")
    (folder / "train.py").write_text(SCRIPT.replace("Qwen/Qwen3-8B", "me/my-qwen3-8b"))
    named = as_fields(capsys, "estimate")
    assert named["peak_gb"] == whole["peak_gb"]
    assert named["low_gb"] < whole["low_gb"]
    assert named["high_gb"] > whole["high_gb"]
    assert not named["is_shape_certain"]
    assert main(["estimate", "train.py"]) == 0
    assert "by its name, so all figures are less certain" in capsys.readouterr().out
    assert main(["gpus", "train.py"]) == 0
    assert "by its name, so all figures are less certain" in capsys.readouterr().out


def test_online_brings_the_model_and_the_prices(
    folder: Path, hub: AnsweringHub, capsys: pytest.CaptureFixture[str]
):
    (folder / "train.py").write_text(SCRIPT.replace("Qwen/Qwen3-8B", "me/secret"))
    hub.answers["/me/secret/resolve/main/config.json"] = as_json(TUNED)
    found = as_fields(capsys, "gpus", "--online")
    assert found["shape_source"].startswith("config.json in the Hub, fetched on 20")
    jobs = [each for each in found["options"] if each["provider"] == "Hugging Face Jobs"]
    assert [(each["name"], each["usd_per_hour"]) for each in jobs] == [("a10g-large", 1.2)]

    asked = len(hub.asked)
    again = as_fields(capsys, "estimate", "--flavor", "a10g-large", "--examples", "10")
    assert len(hub.asked) == asked, "without --online nothing is asked"
    assert again["is_shape_certain"]
    assert again["prices"] > "2026-11-22"
    assert again["dollars"]["likely"] == pytest.approx(1.2 * again["hours"]["likely"], abs=0.02)


def test_nothing_is_asked_without_leave(
    folder: Path, hub: AnsweringHub, capsys: pytest.CaptureFixture[str]
):
    as_fields(capsys, "gpus")
    as_fields(capsys, "estimate")
    assert hub.asked == []


def test_a_model_that_is_known_is_not_asked_for(
    folder: Path, hub: AnsweringHub, capsys: pytest.CaptureFixture[str]
):
    as_fields(capsys, "estimate", "--online")
    assert [path for path, _ in hub.asked] == ["/api/jobs/hardware"]


def test_a_gated_model_is_told_and_the_estimate_goes_on(
    folder: Path, hub: AnsweringHub, capsys: pytest.CaptureFixture[str]
):
    (folder / "train.py").write_text(SCRIPT.replace("Qwen/Qwen3-8B", "me/my-qwen3-8b"))
    path = "/me/my-qwen3-8b/resolve/main/config.json"
    hub.answers[path] = Answer(401, headers={"X-Error-Code": "GatedRepo"})
    assert main(["estimate", "train.py", "--online"]) == 0
    told = capsys.readouterr()
    assert "my-qwen3-8b is gated" in told.err
    assert "accept its terms on its page, and log in with `hf auth login`" in told.err
    assert "taken to be like Qwen/Qwen3-8B" in told.out


def test_a_dead_hub_is_asked_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    (folder / "train.py").write_text(SCRIPT.replace("Qwen/Qwen3-8B", "me/my-qwen3-8b"))
    assert main(["estimate", "train.py", "--online"]) == 0
    assert capsys.readouterr().err.count("cannot be fetched") == 1


def test_preflight_takes_it_too(
    folder: Path, hub: AnsweringHub, capsys: pytest.CaptureFixture[str]
):
    main(["preflight", "train.py", "--online", "--flavor", "a10g-large", "--examples", "10"])
    assert "(prices of 20" in capsys.readouterr().out
    assert len(hub.asked) == 1
