"""`tunesmith estimate --tokenize`, with a worker that stands for the real tokenizers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tunesmith.cli import main
from workers.made import serve_worker, use_this_interpreter

MODEL = "Qwen/Qwen3-8B"
SCRIPT = f"""\
# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "peft==0.21.2"]
# [tool.hf-jobs]
# flavor = "a10g-large"
# ///
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

data = load_dataset("json", data_files="rows.jsonl", split="train")
trainer = SFTTrainer(model="{MODEL}", args=SFTConfig(max_length=2048), train_dataset=data)
"""
ROWS = '{"prompt": "a", "completion": "b", "id": "c"}\n' * 10
ANSWER = """
import json
report(Progress("tokenize", 0, 2, "rows"))
with open("asked.json", "w") as file:
    json.dump(request, file)
return {"sizes": [100, 300], "versions": {}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with a script and its data; nothing is installed."""
    for name in ("HOME", "LOCALAPPDATA", "XDG_DATA_HOME", "HF_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "rows.jsonl").write_text(ROWS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes the toolchain this interpreter, and its worker do what a test says."""
    use_this_interpreter()

    def make(body: str) -> None:
        serve_worker(folder, body, "tokens", monkeypatch)

    return make


def cached_tokenizer(folder: Path) -> Path:
    place = folder / "hub" / f"models--{MODEL.replace('/', '--')}" / "snapshots" / ("a" * 40)
    place.mkdir(parents=True)
    (place / "tokenizer.json").touch()
    return place


def estimate(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    assert main(["estimate", "--json", "train.py", *more]) == 0
    return json.loads(capsys.readouterr().out)


def error(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["estimate", "train.py", "--tokenize"]) == 2
    return capsys.readouterr().err


def test_tokens_are_counted(
    folder: Path, answer: Callable[[str], None], capsys: pytest.CaptureFixture[str]
):
    answer(ANSWER)
    place = cached_tokenizer(folder)
    found = estimate(capsys, "--tokenize")["data"]
    assert found["tokens"] == {"low": 200, "likely": 200, "high": 200}
    assert found["examples"]["likely"] == 10
    assert found["notes"] == ["2 tokenized"]
    asked = json.loads((folder / "asked.json").read_text())
    assert asked["tokenizer"] == str(place)
    assert asked["columns"] == {"prompt": 1.0, "completion": 1.0}
    (file,) = asked["files"]
    assert (file["path"], file["loader"]) == (str(folder / "rows.jsonl"), "json")
    assert main(["gpus", "train.py", "--tokenize"]) == 0
    assert main(["preflight", "train.py", "--tokenize"]) in (0, 1)
    assert "10 examples of 200 tokens, rows.jsonl; 2 tokenized" in capsys.readouterr().out


def test_the_tokenizer_in_the_models_folder(
    folder: Path, answer: Callable[[str], None], capsys: pytest.CaptureFixture[str]
):
    answer(ANSWER)
    (folder / "model").mkdir()
    (folder / "model" / "tokenizer_config.json").touch()
    (folder / "train.py").write_text(SCRIPT.replace(MODEL, "model"))
    estimate(capsys, "--tokenize")
    asked = json.loads((folder / "asked.json").read_text())
    assert asked["tokenizer"] == str(folder / "model")


def test_what_is_missing_is_said(
    folder: Path, answer: Callable[[str], None], capsys: pytest.CaptureFixture[str]
):
    answer('raise WorkerError("the rows cannot be read", "go without --tokenize")')
    assert "the tokenizer of Qwen/Qwen3-8B is not on this machine; fetch it" in error(capsys)
    place = cached_tokenizer(folder)
    assert "error: the rows cannot be read; go without --tokenize" in error(capsys)
    (folder / "rows.jsonl").write_text('{"question": "a"}\n')
    assert "the trainer reads none of its columns" in error(capsys)
    (folder / "rows.jsonl").unlink()
    assert "cannot be tokenized: there is no file rows.jsonl in the project;" in error(capsys)
    (folder / "rows.jsonl").write_text(ROWS)
    (place / "tokenizer.json").unlink()
    assert estimate(capsys, "--tokenize", "--tokens", "50")["data"]["tokens"]["likely"] == 50


def test_without_a_toolchain(folder: Path, capsys: pytest.CaptureFixture[str]):
    cached_tokenizer(folder)
    assert "install it with `tunesmith toolchain install train`" in error(capsys)
