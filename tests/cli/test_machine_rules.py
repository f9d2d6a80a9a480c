"""`tunesmith check` on jobs whose machine does not suit the training."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tunesmith.cli import main

TRAIN = "from trl import SFTTrainer\n\nSFTTrainer('Qwen/Qwen3-8B', train_dataset=data).train()\n"
ON_CPU = "hf jobs uv run --timeout 2h --secrets HF_TOKEN train.py\n"
COMMAND = "hf jobs uv run --flavor {} --timeout 6h --secrets HF_TOKEN train.py\n"


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


TOO_LARGE = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==4.57.1", "peft"]
# ///
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

config = SFTConfig(
    max_length=4096,
    packing=True,
    per_device_train_batch_size=2,
    gradient_accumulation_steps=4,
    gradient_checkpointing=False,
    push_to_hub=True,
    model_init_kwargs={"dtype": "bfloat16"},
)
lora = LoraConfig(r=16)
SFTTrainer("Qwen/Qwen3-4B", args=config, train_dataset=data, peft_config=lora).train()
"""


def test_a_gpu_that_is_too_small(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text(TOO_LARGE)
    (folder / "run.sh").write_text(COMMAND.format("a10g-large"))

    finding = found(capsys, "out-of-memory")
    assert (finding["severity"], finding["filename"]) == ("error", "train.py")
    assert "does not fit a10g-large (the command in run.sh, line 1)" in finding["message"]
    assert "Most goes to activations" in finding["message"]
    assert finding["fix"] is None
    machine, *own = finding["alternatives"]
    assert machine["filename"] == "run.sh"
    assert machine["edits"][0]["content"] == "a100-large"
    assert machine["edits"][0]["location"] == {"row": 1, "column": 25}
    assert {each["filename"] for each in own} == {None}

    (folder / "run.sh").write_text(COMMAND.format("a100-large"))
    assert main(["check", "train.py"]) == 0


def test_another_release_of_trl_is_another_finding(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    fits = TOO_LARGE.replace("    gradient_checkpointing=False,\n", "")
    (folder / "train.py").write_text(fits)
    (folder / "run.sh").write_text(COMMAND.format("a10g-large"))
    assert main(["check", "train.py"]) == 0
    capsys.readouterr()
    (folder / "train.py").write_text(fits.replace("1.16.0", "1.0.0"))
    assert "Most goes to logits" in found(capsys, "out-of-memory")["message"]


def test_a_timeout_that_is_too_short(folder: Path, capsys: pytest.CaptureFixture[str]):
    long = TOO_LARGE.replace("gradient_checkpointing=False", "max_steps=20000")
    (folder / "train.py").write_text(long)
    command = COMMAND.format("a10g-large")
    (folder / "run.sh").write_text(command.replace("6h", "45m"))

    finding = found(capsys, "timeout-too-short")
    assert (finding["severity"], finding["filename"]) == ("warning", "train.py")
    assert "The timeout of the command in run.sh, line 1, 45m" in finding["message"]
    assert "20,000 steps" in finding["message"]
    (alternative,) = finding["alternatives"]
    assert alternative["filename"] == "run.sh"
    longer = alternative["edits"][0]["content"]

    (folder / "run.sh").write_text(command.replace("6h", longer))
    assert main(["check", "train.py"]) == 0
    (folder / "train.py").write_text(long.replace("max_steps=20000", "num_train_epochs=9"))
    (folder / "run.sh").write_text(command.replace("6h", "45m"))
    assert main(["check", "train.py"]) == 0


LOADED = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==4.57.1", "peft", "bitsandbytes"]
# ///
import peft, transformers, trl

bits = transformers.BitsAndBytesConfig(load_in_4bit=True)
model = transformers.AutoModelForCausalLM.from_pretrained("Qwen/Qwen3-{}"{})
config = trl.SFTConfig(per_device_train_batch_size=1, push_to_hub=True)
trl.SFTTrainer(model, config, train_dataset=data, peft_config=peft.LoraConfig()).train()
"""


@pytest.mark.parametrize(
    ("rule", "flavor", "model", "how", "larger"),
    [
        ("ram-too-small", "a10g-small", "4B", "", "l4x1"),
        ("disk-too-small", "t4-small", "32B", ", quantization_config=bits", "l40sx1"),
    ],
)
def test_a_machine_that_is_too_small_in_another_way(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    rule: str,
    flavor: str,
    model: str,
    how: str,
    larger: str,
):
    (folder / "train.py").write_text(LOADED.format(model, how))
    (folder / "run.sh").write_text(COMMAND.format(flavor))
    finding = found(capsys, rule)
    assert (finding["severity"], finding["filename"]) == ("error", "train.py")
    assert finding["alternatives"][0]["filename"] == "run.sh"
    assert finding["alternatives"][0]["edits"][0]["content"] == larger

    (folder / "run.sh").write_text(COMMAND.format(larger))
    main(["check", ".", "--output-format", "json"])
    assert rule not in capsys.readouterr().out


def test_a_gpu_that_is_larger_than_needed_is_advice_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    small = TOO_LARGE.replace("4096", "512").replace("Qwen3-4B", "Qwen3-0.6B")
    (folder / "train.py").write_text(small.replace("batch_size=2", "batch_size=1"))
    (folder / "run.sh").write_text(COMMAND.format("h200"))
    finding = found(capsys, "oversized-gpu")
    assert (finding["severity"], finding["filename"]) == ("information", "train.py")
    assert "h200 (the command in run.sh, line 1) is more than" in finding["message"]
    assert finding["alternatives"][0]["edits"][0]["content"] == "l4x1"
    assert main(["check", "."]) == 0


NOTHING_STARTS_IT = "from trl import SFTTrainer\n\nSFTTrainer('Qwen/Qwen3-8B').train()\n"


@pytest.mark.parametrize("text", ["import trl\n\nprint(trl)\n", NOTHING_STARTS_IT])
def test_what_has_no_forecast_loads_nothing_that_makes_one(folder: Path, text: str):
    (folder / "train.py").write_text(text)
    code = (
        "import sys\n"
        "from tunesmith.cli import main\n"
        "main(['check', 'train.py'])\n"
        "sys.exit('tunesmith.estimate' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


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
