"""`tunesmith new`."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from answering_hub import answering, as_json
from tunesmith.cli import main
from tunesmith.templates import templates


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = tmp_path / "project"
    made.mkdir()
    (made / "pyproject.toml").touch()
    monkeypatch.chdir(made)
    return made


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["new", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def header(text: str, key: str) -> str:
    (line,) = (each for each in text.splitlines() if each.startswith(f"# {key} = "))
    return line.removeprefix(f"# {key} = ")


def test_the_templates_are_listed(capsys: pytest.CaptureFixture[str]):
    assert main(["new"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed[:7]] == [each.name for each in templates()]
    assert main(["new", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert first["name"] == "sft-qlora"
    assert [each["name"] for each in first["parameters"]] == [
        "model",
        "dataset",
        "output",
        "length",
    ]
    assert first["parameters"][3]["default"] == 2048


@pytest.mark.parametrize("name", [each.name for each in templates()])
def test_each_is_written_and_has_no_findings(name: str, capsys: pytest.CaptureFixture[str]):
    assert main(["new", name, "--examples", "5000", "--tokens", "500"]) == 0
    said = capsys.readouterr().out
    assert "uv run train.py" in said
    assert main(["check", "."]) == 0
    assert "No findings" in capsys.readouterr().out


def test_flavor_and_timeout_are_the_estimates(folder: Path, capsys: pytest.CaptureFixture[str]):
    given = ["sft-lora", "--model", "Qwen/Qwen3-8B", "--dataset", "me/talks", "--tokens", "700"]
    small = told(capsys, *given, "--examples", "1000", "--name", "small.py")
    large = told(capsys, *given, "--examples", "100000", "--name", "large.py")
    assert main(["gpus", "large.py", "--json", "--examples", "100000", "--tokens", "700"]) == 0
    single = [
        each
        for each in json.loads(capsys.readouterr().out)["options"]
        if each["provider"] == "Hugging Face Jobs"
        and each["verdict"] == "fits"
        and each["gpus"] == 1
    ]
    cheapest = min(single, key=lambda each: each["dollars"]["likely"])
    assert large["flavor"] == cheapest["name"]
    hours = float(large["timeout"].removesuffix("h"))
    assert hours >= cheapest["hours"]["high"]
    assert small["timeout"] != large["timeout"]
    assert large["verdict"] == "fits"
    assert large["memory"].startswith("It takes about ")
    text = (folder / "large.py").read_text()
    assert header(text, "flavor").startswith(f'"{large["flavor"]}"  # fits: ')
    assert header(text, "timeout").endswith(" hours by estimate")


def test_what_is_not_known_is_said(folder: Path, capsys: pytest.CaptureFixture[str]):
    made = told(capsys, "sft-qlora", "--dataset", "me/talks")
    assert any("a guess: me/talks is not on this machine" in note for note in made["notes"])
    assert header((folder / "train.py").read_text(), "timeout").endswith("  # a guess")
    made = told(capsys, "sft-qlora", "--model", "nobody/knows", "--name", "other.py")
    assert any(
        "are guesses: the shape of nobody/knows is not known" in note for note in made["notes"]
    )
    assert any("ANSWERS_ONLY is False" in note for note in made["notes"])
    assert (made["verdict"], made["memory"]) == ("unknown", "")


def test_online_the_hub_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    shape = {
        "model_type": "llama",
        "hidden_size": 2048,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "intermediate_size": 8192,
        "vocab_size": 128256,
    }
    with answering() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.answers["/me/secret/resolve/main/config.json"] = as_json(shape)
        made = told(capsys, "sft-lora", "--model", "me/secret", "--online", "--examples", "1000")
    assert made["flavor"] == "a10g-large", "the only one with a GPU that this Hub sells"
    assert not any("guesses" in note for note in made["notes"])


def test_what_fits_nowhere_is_said(capsys: pytest.CaptureFixture[str]):
    assert main(["new", "sft-full", "--model", "meta-llama/Llama-3.1-70B-Instruct"]) == 0
    said = capsys.readouterr().out
    assert "No machine here is large enough" in said
    assert "out-of-memory" in said


def test_a_flavor_of_ones_own(folder: Path, capsys: pytest.CaptureFixture[str]):
    made = told(capsys, "dpo", "--flavor", "a100-large", "--timeout", "90m", "--length", "1,024")
    assert (made["flavor"], made["timeout"]) == ("a100-large", "90m")
    text = (folder / "train.py").read_text()
    assert "\nMAX_LENGTH = 1024  #" in text


def test_several_gpus_are_for_what_can_use_them(capsys: pytest.CaptureFixture[str]):
    assert told(capsys, "sft-multi-gpu")["flavor"].endswith(("x2", "x4", "x8"))
    made = told(
        capsys, "sft-lora", "--name", "one.py", "--model", "meta-llama/Llama-3.3-70B-Instruct"
    )
    assert not made["flavor"].endswith(("x2", "x4", "x8"))


def test_a_file_that_is_there_stays(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "train.py").write_text("mine = 1\n")
    assert main(["new", "dpo"]) == 2
    assert "train.py exists; give another --name, or --force" in capsys.readouterr().err
    assert (folder / "train.py").read_text() == "mine = 1\n"
    assert main(["new", "dpo", "--force"]) == 0
    assert "DPOTrainer" in (folder / "train.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sft"], "there is no template 'sft'; "),
        (["dpo", "--model", 'a"b'], "--model: 'a\"b' is no id of the Hub"),
        (["dpo", "--length", "x"], "--length: 'x' is no number of tokens"),
        (
            ["dpo", "--flavor", "a100-lage"],
            "--flavor: there is no flavor 'a100-lage'; did you mean a100-large?",
        ),
        (["dpo", "--flavor", "cpu-basic"], "--flavor: cpu-basic has no GPU"),
        (["dpo", "--timeout", "6 hours"], "--timeout: '6 hours' is no time; give it as 90m"),
        (["dpo", "--name", "train.txt"], "--name: 'train.txt' is no Python file"),
        (["dpo", "--name", "no/such/folder/train.py"], "cannot be written: No such file"),
    ],
)
def test_mistakes_write_nothing(
    arguments: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["new", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert [each.name for each in folder.iterdir()] == ["pyproject.toml"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the owner may write anyway")
def test_a_folder_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]):
    folder.chmod(0o500)
    try:
        assert main(["new", "dpo"]) == 2
    finally:
        folder.chmod(0o700)
    assert "cannot be written: Permission denied" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_full_disk_keeps_no_half_of_a_script(folder: Path):
    program = f"ulimit -f 1 && {shlex.quote(sys.executable)} -m tunesmith new dpo"
    ran = subprocess.run(["sh", "-c", program], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 2
    assert "cannot be written: File too large" in ran.stderr
    assert [each.name for each in folder.iterdir()] == ["pyproject.toml"]
