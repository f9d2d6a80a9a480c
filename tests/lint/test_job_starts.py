"""How a script is started, as far as that is told."""

from __future__ import annotations

import pytest

from builders import project, understood
from tunesmith.lint.job_starts import JobStart, job_starts

TABLE = (
    "# /// script\n# dependencies = []\n"
    '# [tool.hf-jobs]\n# flavor = "l4x1"\n# timeout = 90\n# ///\n'
)


def starts(text: str = "import trl\n", **beside: str) -> list[JobStart]:
    files = {f"{name}.{'py' if 'run_uv_job' in it else 'sh'}": it for name, it in beside.items()}
    script = understood("train.py", text).script
    assert script
    return job_starts(script, project({"train.py": text, **files}))


def told(found: list[JobStart]) -> list[tuple[str | None, float | None, str]]:
    return [(each.flavor, each.seconds, each.name) for each in found]


def test_a_command_its_options_and_the_header_behind_them():
    found = starts(TABLE, run="hf jobs uv run train.py\nhf jobs uv run --flavor h200 train.py\n")
    assert told(found) == [
        ("l4x1", 90, "the command in run.sh, line 1"),
        ("h200", 90, "the command in run.sh, line 2"),
    ]


def test_the_header_alone():
    assert told(starts(TABLE)) == [("l4x1", 90, "the header")]


def test_a_call_does_not_read_the_header():
    call = "import huggingface_hub as hub\n\nhub.run_uv_job('train.py', {})\n"
    assert starts(TABLE, go=call.format("timeout='2h'")) == []
    found = starts(TABLE, go=call.format("flavor='h200', timeout='1.5h'"))
    assert told(found) == [("h200", 5400, "the call in go.py")]


def test_a_container_does_not_read_the_header():
    assert starts(TABLE, run="hf jobs run python:3.12 python train.py\n") == []
    found = starts(TABLE, run="hf jobs run --flavor h200 python:3.12 python train.py\n")
    assert told(found) == [("h200", None, "the command in run.sh, line 1")]


@pytest.mark.parametrize(
    "command",
    [
        "hf jobs uv run train.py",
        "hf jobs uv run --flavor $FLAVOR train.py",
        "hf jobs uv run --flavor h200 train.py $MORE",
        "hf jobs uv run --flavor h200 --dry-run train.py",
        "hf jobs uv run --flavor h200 --hardware l4x1 train.py",
    ],
)
def test_what_is_not_told_for_sure_is_left_out(command: str):
    assert starts(run=f"{command}\n") == []


def test_starts_that_are_alike_count_once():
    again = "hf jobs uv run --flavor h200 train.py\n" * 2
    assert len(starts(run=again + "hf jobs uv run --flavor h200 train.py --lr 1\n")) == 2


@pytest.mark.parametrize(
    ("written", "seconds"), [("30m", 1800), ("0.5d", 43200), ("45", 45), ("2H", None), ("", None)]
)
def test_timeouts_are_read_as_hf_reads_them(written: str, seconds: float | None):
    assert JobStart("h200", written).seconds == seconds
