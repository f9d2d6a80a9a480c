"""`tunesmith estimate` of files with commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tunesmith.cli import main

LORA = """\
#!/bin/bash
mlx_lm.lora \\
    --model mlx-community/gemma-3-12b-it-8bit \\
    --train --mask-prompt \\
    --data data \\
    --iters 800 --batch-size 1 --num-layers 16
"""
CONFIG = """\
model: mlx-community/Qwen3-8B-4bit
train: true
batch_size: 2
num_layers: -1
iters: 200
max_seq_length: 4096
grad_checkpoint: true
lora_parameters:
  keys: ["self_attn.q_proj", "self_attn.v_proj"]
  rank: 16
  dropout: 0.0
  scale: 10.0
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["estimate", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_guides_command(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "run.sh").write_text(LORA)
    found = as_json(capsys, "run.sh", "--flavor", "M3 Max 64 GB", "--tokens", "2000")
    assert found["model"] == "mlx-community/gemma-3-12b-it-8bit"
    assert (found["verdict"], found["flavor"], found["steps"]) == ("fits", "M3 Max 64 GB", 800)
    assert found["breakdown"]["weights"] == pytest.approx(12.5, abs=0.1)
    assert 4 <= found["hours"]["likely"] <= 6
    assert found["versions"] == {"mlx-lm": None}


def test_text(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "README.md").write_text("# Train\n\n```bash\npython -m mlx_lm lora --train\n```\n")
    assert main(["estimate", "README.md", "--flavor", "M2 16 GB"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "README.md:4: Qwen/Qwen3-0.6b, with MLX-LM of any version"
    assert lines[3].startswith("  verdict  M2 16 GB: ")
    assert "for 1,000 iterations" in lines[4]
    assert lines[-1].startswith("           rows as long as --max-seq-length")


def test_options_come_before_the_file(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "conf").mkdir()
    (folder / "conf/lora.yaml").write_text(CONFIG)
    (folder / "run.sh").write_text("mlx_lm.lora -c conf/lora.yaml --batch-size 1\n")
    one = as_json(capsys, "run.sh")
    (folder / "run.sh").write_text("mlx_lm.lora -c conf/lora.yaml\n")
    two = as_json(capsys, "run.sh")
    assert one["model"] == two["model"] == "mlx-community/Qwen3-8B-4bit"
    assert one["breakdown"]["adapter"] == two["breakdown"]["adapter"] > 0
    assert two["breakdown"]["logits"] == pytest.approx(2 * one["breakdown"]["logits"], rel=0.02)
    assert as_json(capsys, "conf/lora.yaml")["peak_gb"] == two["peak_gb"]
    assert two["no_hours"].startswith("no Mac is named")


def test_a_command_in_python(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "run.py").write_text(
        "import subprocess\n"
        'subprocess.run(["mlx_lm.lora", "--train", "--model", "Qwen/Qwen3-4B"])\n'
    )
    assert as_json(capsys, "run.py")["model"] == "Qwen/Qwen3-4B"


def test_a_file_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "run.sh").write_text("mlx_lm.lora --train -c other.yaml\n")
    assert as_json(capsys, "run.sh")["assumed"][0].startswith("what other.yaml behind -c sets")


def test_what_a_variable_decides(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "run.sh").write_text('mlx_lm.lora --train --model "$MODEL" --rank 4\n')
    found = as_json(capsys, "run.sh")
    assert (found["model"], found["peak_gb"], found["verdict"]) == (None, None, "unknown")


def test_the_release_that_is_pinned(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "run.sh").write_text("mlx_lm.lora --train --model Qwen/Qwen3-1.7B\n")
    now = as_json(capsys, "run.sh")
    (folder / "requirements.txt").write_text("mlx-lm==0.22.0\n")
    before = as_json(capsys, "run.sh")
    assert before["versions"] == {"mlx-lm": "0.22.0"}
    assert before["breakdown"]["logits"] > 5 * now["breakdown"]["logits"]
    assert before["breakdown"]["adapter"] < now["breakdown"]["adapter"]


def test_a_job_of_trls_own_script(folder: Path, capsys: pytest.CaptureFixture[str]):
    url = "https://raw.githubusercontent.com/huggingface/trl/main/trl/scripts/sft.py"
    (folder / "run.sh").write_text(
        f"hf jobs uv run --flavor a10g-large {url} \\\n"
        "    --model_name_or_path Qwen/Qwen3-0.6B --max_length 512\n"
    )
    found = as_json(capsys, "run.sh", "--examples", "100")
    assert (found["model"], found["flavor"], found["verdict"]) == (
        "Qwen/Qwen3-0.6B",
        "a10g-large",
        "fits",
    )


def test_trls_own_command(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "run.sh").write_text("trl sft --model_name_or_path Qwen/Qwen3-4B --max_length 512\n")
    found = as_json(capsys, "run.sh", "--flavor", "l4x1", "--examples", "100")
    assert (found["model"], found["flavor"]) == ("Qwen/Qwen3-4B", "l4x1")
    assert found["hours"]["likely"] > 0
    assert main(["estimate", "run.sh"]) == 0
    assert capsys.readouterr().out.startswith("run.sh:1: Qwen/Qwen3-4B, with TRL ")


def test_a_command_that_starts_a_script(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text(
        "import argparse\nfrom trl import SFTConfig, SFTTrainer\n"
        "parser = argparse.ArgumentParser()\n"
        'parser.add_argument("--model")\n'
        "args = parser.parse_args()\n"
        "SFTTrainer(args.model, args=SFTConfig(max_length=256))\n"
    )
    (folder / "run.sh").write_text("accelerate launch train.py --model Qwen/Qwen3-0.6B\n")
    assert as_json(capsys, "run.sh")["model"] == "Qwen/Qwen3-0.6B"
    assert as_json(capsys, "train.py")["model"] == "Qwen/Qwen3-0.6B"


@pytest.mark.parametrize(
    ("text", "arguments", "error"),
    [
        ("echo hi\n", [], "there is no training in it that can be estimated; give a script"),
        ("mlx_lm.lora --model m --test\n", [], "there is no training in it"),
        ("# wrong:\n# ❌ mlx_lm.lora --train\n", [], "there is no training in it"),
        ("mlx_lm.lora --train\n", ["--flavor", "l4x1"], "l4x1 is no Mac"),
    ],
)
def test_errors(
    text: str, arguments: list[str], error: str, folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "run.sh").write_text(text)
    assert main(["estimate", "run.sh", *arguments]) == 2
    assert error in capsys.readouterr().err
