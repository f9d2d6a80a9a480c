"""A whole job as people copy it, with its three real mistakes: found, repaired, and nothing else.

`tests/heavy/test_qlora_job.py` trains with the repaired script.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tunesmith.cli import main

JOB = Path(__file__).parents[1] / "data" / "qlora_job"
SCRIPT = Path("scripts", "train_model.py")
OLDER = {
    '"trl>=0.12.0"': '"trl==0.24.0"',
    '"transformers>=4.51.0"': '"transformers==4.57.1"',
}
NEWEST = {
    '"trl>=0.12.0"': '"trl==1.16.0"',
    '"transformers>=4.51.0"': '"transformers==5.23.0"',
}
TRACKIO = ("warning", "trackio-init-before-trainer", "trackio.init")
LOADING = ("error", "removed-argument", '"load_in_4bit"')
WARMUP = ("error", "removed-argument", "warmup_ratio")
QUANTIZED = """\
    model_init_kwargs={
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=torch.bfloat16,
            bnb_4bit_use_double_quant=True,
        ),
        "device_map": "auto",
    },
"""
TRACKED = """\
    report_to="trackio",
    project="my-project",
    run_name="gemma3-12b-sft",
    trackio_space_id="username/trackio",
)
"""
GONE = [
    "trackio.init(",
    'name="gemma3-12b-sft",',
    'space_id="username/trackio",',
    "config={",
    '"model": MODEL_ID,',
    '"dataset": DATASET_ID,',
    '"max_length": MAX_LENGTH,',
    '"epochs": 3,',
    '"load_in_4bit": True,',
    '"bnb_4bit_quant_type": "nf4",',
    '"bnb_4bit_compute_dtype": torch.bfloat16,',
    '"bnb_4bit_use_double_quant": True,',
    "warmup_ratio=0.1,",
    "trackio.finish()",
]
"""The lines of the script that its repair takes out or writes anew."""


@pytest.fixture(autouse=True)
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the job: the command that submits it, and its script."""
    shutil.copytree(JOB, tmp_path, dirs_exist_ok=True)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pin(releases: dict[str, str]) -> None:
    text = SCRIPT.read_text("utf-8")
    for requirement, pinned in releases.items():
        assert requirement in text
        text = text.replace(requirement, pinned)
    SCRIPT.write_text(text, "utf-8")


def found(capsys: pytest.CaptureFixture[str], *options: str) -> list[tuple[str, str, str]]:
    """Severity, rule and underlined text of every finding in the job."""
    main(["check", "--output-format", "json", *options, "."])
    findings = json.loads(capsys.readouterr().out)
    assert {Path(finding["filename"]).name for finding in findings} <= {SCRIPT.name}
    lines = SCRIPT.read_text("utf-8").splitlines()
    underlined: list[tuple[str, str, str]] = []
    for each in findings:
        start, end = each["location"], each["end_location"]
        assert start["row"] == end["row"]
        text = lines[start["row"] - 1][start["column"] - 1 : end["column"] - 1]
        underlined.append((each["severity"], each["name"], text))
    return underlined


def test_the_newest_releases_show_its_three_mistakes(capsys: pytest.CaptureFixture[str]):
    pin(NEWEST)

    assert found(capsys) == [TRACKIO, LOADING, WARMUP]


def test_so_does_the_job_as_it_stands(capsys: pytest.CaptureFixture[str]):
    # Old tables lower the severity of what rests on "the newest release".
    assert [each[1:] for each in found(capsys)] == [TRACKIO[1:], LOADING[1:], WARMUP[1:]]


def test_older_releases_show_only_what_they_do_as_well(capsys: pytest.CaptureFixture[str]):
    """Run with trl 0.24.0, transformers 4.57.1 and trackio 0.20.2: the model loads and trains, and
    the metrics stand in the project "huggingface" instead of "my-project"."""
    pin(OLDER)

    assert found(capsys) == [TRACKIO]


def test_the_safe_fixes_repair_what_raises(capsys: pytest.CaptureFixture[str]):
    pin(NEWEST)

    assert found(capsys, "--fix") == [TRACKIO]
    text = SCRIPT.read_text("utf-8")
    assert QUANTIZED in text
    assert "    warmup_steps=0.1,\n" in text
    assert "from transformers import BitsAndBytesConfig\n" in text
    compile(text, SCRIPT.name, "exec")


def test_the_offered_fix_repairs_the_rest(capsys: pytest.CaptureFixture[str]):
    before = SCRIPT.read_text("utf-8")
    assert found(capsys, "--fix", "--unsafe-fixes") == []

    text = SCRIPT.read_text("utf-8")
    assert QUANTIZED in text
    assert TRACKED in text
    assert "trackio.init(" not in text
    assert "trackio.finish(" not in text
    compile(text, SCRIPT.name, "exec")
    gone = [line.strip() for line in before.splitlines() if line not in text.splitlines()]
    assert gone == GONE


def test_a_comment_between_makes_the_fix_one_that_is_asked_for(capsys: pytest.CaptureFixture[str]):
    pin(NEWEST)
    text = SCRIPT.read_text("utf-8")
    noted = '"bnb_4bit_quant_type": "nf4",  # see the paper\n'
    SCRIPT.write_text(text.replace('"bnb_4bit_quant_type": "nf4",\n', noted), "utf-8")

    assert found(capsys, "--fix") == [TRACKIO, LOADING]
    assert "# see the paper" in SCRIPT.read_text("utf-8")
