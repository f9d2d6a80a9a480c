"""What a project requires decides by which releases its commands are judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tunesmith.cli import main
from tunesmith.lint.required_releases import admits
from tunesmith.pep508 import SpecifierSet

_MLX = (
    "python -m mlx_lm.fuse --model m --de-quantize\nmlx_lm.lora --train --data d\n"
    "mlx_lm.lora -c lora.yaml --mask-prompt\n"
)
_READ = ("0.28.4", "0.32.2")


@pytest.mark.parametrize(
    ("required", "expected"),
    [
        ([], True),
        (["==0.31.2"], True),
        (["==0.28.4"], True),
        (["==0.28.3"], False),
        (["<0.20"], False),
        ([">=0.29", "<0.30"], True),
        (["~=0.30.1"], True),
        (["==0.31.*"], True),
        (["==0.27.*"], False),
        ([">=99"], True),
    ],
)
def test_a_release_that_a_requirement_names_counts(required: list[str], expected: bool):
    assert admits([SpecifierSet(each) for each in required], _READ) is expected


@pytest.mark.parametrize(
    ("required", "expected"),
    [
        ("mlx-lm==0.31.2", ["--de-quantize", "--train", "lora.yaml", "mlx_lm.fuse"]),
        ("mlx-lm==0.25.0", ["--train", "lora.yaml", "mlx_lm.fuse"]),
        ("mlx-lm==0.21.5", ["--train", "lora.yaml"]),
        ("mlx-lm<0.21", ["lora.yaml"]),
        ("mlx-lm<0.19", []),
    ],
)
def test_commands_of_mlx_are_judged_by_the_release_that_is_pinned(
    required: str, expected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.txt").write_text(f"{required}\n")
    (tmp_path / "lora.yaml").write_text("train: true\nlora_layers: 8\n")
    script = tmp_path / "run.sh"
    script.write_text(_MLX)

    main(["check", "--output-format", "json", str(script)])
    lines = _MLX.splitlines()
    found = [
        lines[each["location"]["row"] - 1][
            each["location"]["column"] - 1 : each["end_location"]["column"] - 1
        ]
        for each in json.loads(capsys.readouterr().out)
    ]
    assert sorted(found) == expected
