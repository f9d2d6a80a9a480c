"""A plan follows the call of huggingface_hub that starts the script, where no command does."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.test_plan import plan
from tunesmith.agent.messages import Plan
from tunesmith.jobs.spec import JobSpec

SCRIPT = "print('hello')\n"
IMPORTS = """\
import os
from huggingface_hub import (
    HfApi, JobHardware, Volume, create_scheduled_uv_job, get_token, run_job, run_uv_job
)

"""


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_STATE", str(tmp_path / "state"))


def planned(folder: Path, call: str, script: str = SCRIPT) -> tuple[Plan, JobSpec]:
    (folder / "launch.py").write_text(IMPORTS + call)
    return plan(folder, script)


def test_all_that_a_call_says_is_taken(tmp_path: Path) -> None:
    found, spec = planned(
        tmp_path,
        """\
api = HfApi()
api.run_uv_job(
    "train.py",
    script_args=["--lr", "1e-4"],
    dependencies=["trl==1.16.0"],
    python="3.12",
    image="me/image",
    env={"A": "1"},
    secrets={"HF_TOKEN": get_token(), "WANDB_API_KEY": os.environ["WANDB_API_KEY"]},
    flavor=JobHardware.A10G_LARGE,
    timeout=7200,
    name="first",
    labels={"team": "nlp"},
    volumes=[
        Volume(type="dataset", source="me/rows", path="train", mount_path="/rows", read_only=True),
        Volume(type="bucket", source="me/out", mount_path="/out"),
    ],
    namespace="my-org",
)
""",
    )
    assert (found.flavor, found.timeout_s) == ("a10g-large", 7200)
    assert found.timeout_reason == "in launch.py, line 7"
    assert [each.name for each in found.secrets] == ["HF_TOKEN", "WANDB_API_KEY"]
    assert (found.namespace, found.name, found.environment) == ("my-org", "first", {"A": "1"})
    assert (spec.image, spec.python) == ("me/image", "3.12")
    assert (spec.dependencies, spec.arguments) == (["trl==1.16.0"], ["--lr", "1e-4"])
    assert spec.labels == {"team": "nlp"}
    assert spec.volumes == ["hf://datasets/me/rows/train:/rows:ro", "hf://buckets/me/out:/out"]
    assert not [each for each in found.warnings if "computed" in each]


def test_what_a_call_computes_is_named_and_not_guessed(tmp_path: Path) -> None:
    found, spec = planned(
        tmp_path,
        """\
run_uv_job(
    "train.py",
    script_args=["--lr", os.environ["LR"]],
    flavor=pick(),
    timeout="2h",
    env={"A": "1", "B": os.environ["B"]},
    secrets={**shared, "HF_TOKEN": get_token()},
    volumes=[Volume(type="bucket", source=where(), mount_path="/out")],
)
""",
    )
    assert (found.flavor, found.timeout_s, found.environment) == (None, 7200, {"A": "1"})
    assert (list(spec.arguments), list(spec.volumes)) == ([], [])
    assert [each.name for each in found.secrets] == ["HF_TOKEN"]
    [note] = [each for each in found.warnings if "computed" in each]
    assert note == (
        "script_args, flavor, env B, secrets, volumes: computed in launch.py, line 6, so not taken "
        "from there"
    )


@pytest.mark.parametrize("keywords", ["**options", "flavor=None, **options"])
def test_keywords_that_are_not_told_are_not_taken(tmp_path: Path, keywords: str) -> None:
    found, _ = planned(tmp_path, f"run_uv_job('train.py', timeout='2h', {keywords})\n")
    assert (found.flavor, found.timeout_s) == (None, 7200)
    note = "the keywords behind **: computed in launch.py, line 6, so not taken from there"
    assert note in found.warnings


def test_run_job_with_the_script_in_its_command(tmp_path: Path) -> None:
    words = '["uv", "run", "--with", "trl", "-p", "3.11", "train.py", "--lr", "1"]'
    call = f'run_job(image="me/uv", command={words}, flavor="t4-small", timeout="1h")\n'
    found, spec = planned(tmp_path, call)
    assert (found.flavor, spec.image, spec.python) == ("t4-small", "me/uv", "3.11")
    assert (spec.dependencies, spec.arguments) == (["trl"], ["--lr", "1"])


def test_an_image_that_may_lack_uv_is_not_taken(tmp_path: Path) -> None:
    call = 'run_job(image="pytorch", command=["python", "train.py"], flavor="t4-small")\n'
    found, spec = planned(tmp_path, call)
    assert (found.flavor, spec.image) == ("t4-small", None)


@pytest.mark.parametrize(
    "call",
    [
        'run_uv_job("other.py", flavor="h200")',
        'run_uv_job(name(), flavor="h200")',
        'run_job(image="pytorch", command=["bash", "-c", "python train.py"], flavor="h200")',
        'run_job(image="pytorch", command=["python", "-c", "pass"], flavor="h200")',
        'queue.run_job("train.py", flavor="h200")',
    ],
)
def test_other_calls_start_something_else(tmp_path: Path, call: str) -> None:
    (tmp_path / "other.py").touch()
    assert planned(tmp_path, f"{call}\n")[0].flavor is None


def test_a_command_counts_more_than_a_call_and_the_header_less(tmp_path: Path) -> None:
    header = '# /// script\n# [tool.hf-jobs]\n# flavor = "l4x1"\n# timeout = "3h"\n# ///\n'
    call = "run_uv_job('train.py', flavor='t4-small')\n"
    found, _ = planned(tmp_path, call, header + SCRIPT)
    assert (found.flavor, found.timeout_s) == ("t4-small", 3 * 3600)
    (tmp_path / "run.sh").write_text("hf jobs uv run --flavor a10g-small train.py\n")
    assert planned(tmp_path, call)[0].flavor == "a10g-small"


def test_several_calls_are_counted(tmp_path: Path) -> None:
    call = "run_uv_job('train.py', flavor='t4-small')\nrun_uv_job('train.py', flavor='l4x1')\n"
    found, _ = planned(tmp_path, call)
    assert found.flavor == "t4-small"
    assert "2 calls start it; what is taken is in launch.py, line 6" in found.warnings


def test_a_call_that_schedules_says_so(tmp_path: Path) -> None:
    call = "create_scheduled_uv_job('train.py', schedule='@daily', flavor='t4-small')\n"
    found, _ = planned(tmp_path, call)
    assert (found.flavor, found.schedule) == ("t4-small", None)
    assert any("--schedule" in each for each in found.warnings)


def test_the_rules_judge_what_was_taken_from_the_call(tmp_path: Path) -> None:
    found, _ = planned(tmp_path, "run_uv_job('train.py', flavor='a10g-larg')\n")
    assert [each.rule for each in found.findings if not each.path] == ["unknown-flavor"]
