"""The run over public repositories: what it counts, keeps and shows."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

import ecosystem
import record_accuracy

TOKEN = "hf_" + "qWmZtRkVxLpBnYcHsDgJfKaEuOiTrPwXvM"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "run.sh").write_text("hf jobs uv run --timeout 1h --secret HF_TOKEN train.py\n" * 2)
    (folder / "train.py").write_text(f"from huggingface_hub import HfApi\n\nHfApi('{TOKEN}')\n")
    (folder / "broken.py").write_text("import trl\nprint(\n")
    git = ["git", "-C", str(folder)]
    for command in (
        ["init", "-q"],
        ["remote", "add", "origin", "https://example.org/owner/name"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "a"],
    ):
        subprocess.run([*git, *command], check=True)
    return folder


def test_a_repository_in_one_run_and_in_pieces(repository: Path, tmp_path: Path):
    checked = ecosystem.check(repository)
    keys = [each.key for each in checked.findings if each.rule == "secret-singular"]
    assert keys == [f"owner/name run.sh:{row}:29 secret-singular" for row in (1, 2)]
    assert (checked.name, checked.files, len(checked.commit)) == ("owner/name", 3, 10)
    assert [problem.partition(":")[0] for problem in checked.problems] == ["broken.py"]
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps([asdict(checked)]))
    assert "hardcoded-token" in {each.rule for each in checked.findings}
    assert TOKEN not in kept.read_text()
    assert ecosystem.checked_of([kept]) == [checked]

    verdicts = {keys[0]: "true", keys[1]: "a counter-example"}
    assert "| secret-singular | 2 | 1 | 2 | 1 |" in ecosystem.report([checked], verdicts)
    shown = list(ecosystem.shown([checked], "secret-singular", {keys[0]: "true"}))
    assert len(shown) == 1
    assert shown[0].startswith(keys[1])


def test_a_folder_may_be_relative(repository: Path, monkeypatch: pytest.MonkeyPatch):
    whole = ecosystem.check(repository)
    monkeypatch.chdir(repository.parent)
    assert ecosystem.check(Path(repository.name)) == whole
    monkeypatch.chdir(repository)
    assert ecosystem.check(Path()) == whole


def test_each_recorder_keeps_the_section_of_the_other():
    one = record_accuracy.with_section(record_accuracy.HEADER, "One", "a\n")
    both = record_accuracy.with_section(one, "Two", "b")
    assert record_accuracy.with_section(both, "One", "c").endswith("## One\n\nc\n\n## Two\n\nb\n")
    assert record_accuracy.with_section(both, "Two", "b") == both
    assert both.endswith("## One\n\na\n\n## Two\n\nb\n")
