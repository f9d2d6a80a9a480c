"""What a plan says of a script: nothing is sent for it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import pytest

from tunesmith.agent.messages import Plan, PlanParams
from tunesmith.errors import UserError
from tunesmith.jobs.plan import make_plan
from tunesmith.jobs.plan.make import digest
from tunesmith.jobs.spec import JobSpec

HEADER = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==4.57.1", "peft", "trackio"]
# [tool.hf-jobs]
# flavor = "a10g-large"
# timeout = "9h"
# secrets = ["HF_TOKEN"]
# env = { A = "header", B = "header" }
# ///
"""
PLAIN = HEADER.partition("# [tool")[0] + "# ///\n"
TRAIN = """\
import peft, trl

config = trl.SFTConfig(
    output_dir="out/first",
    max_steps=20_000,
    per_device_train_batch_size=4,
    push_to_hub=True,
    report_to="trackio",
    model_init_kwargs={"dtype": "bfloat16"},
)
lora = peft.LoraConfig(r=16)
trainer = trl.SFTTrainer("Qwen/Qwen3-4B", args=config, train_dataset=data, peft_config=lora)
trainer.train()
"""


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_STATE", str(tmp_path / "state"))


def plan(
    folder: Path, text: str = HEADER + TRAIN, *, account: bool = True, **given: Any
) -> tuple[Plan, JobSpec]:
    script = folder / "train.py"
    script.write_text(text, "utf-8")
    (folder / "pyproject.toml").touch()
    found = make_plan(PlanParams(script=str(script), **given), has_account=account)
    return found.plan, found.spec


def rules(found: Plan) -> list[str]:
    return [each.rule for each in found.findings]


def test_the_header_says_how_a_job_is_started(tmp_path: Path) -> None:
    found, spec = plan(tmp_path, available=["HF_TOKEN"])
    assert (found.engine, found.flavor, found.timeout_s) == ("hf", "a10g-large", 9 * 3600)
    assert found.timeout_reason == "in the script's header"
    assert [(each.name, each.is_set, each.asked_by_header) for each in found.secrets] == [
        ("HF_TOKEN", True, True)
    ]
    assert found.fits == "fits"
    assert found.hours
    assert found.dollars
    assert found.hours[0] < found.hours[1]
    assert found.dollars[1] == pytest.approx(found.hours[1] * 1.5, rel=0.01)
    assert found.results == "the Hub, your first"
    assert found.metrics == "Trackio"
    assert found.versions[0].version == "1.16.0"
    assert (spec.flavor, spec.timeout_s, spec.secrets) == ("a10g-large", 9 * 3600, ["HF_TOKEN"])
    assert spec.key == found.key


def test_a_command_counts_more_than_the_header_and_the_user_most(tmp_path: Path) -> None:
    command = "hf jobs uv run --flavor l40sx1 --timeout 11h --env A=command train.py --lr 1e-4\n"
    (tmp_path / "run.sh").write_text(command)
    found, spec = plan(tmp_path, timeout="12h", environment=["C=user"], secrets=["WANDB_API_KEY"])
    assert (found.flavor, found.timeout_s) == ("l40sx1", 12 * 3600)
    assert found.timeout_reason == "as you say"
    assert found.environment == {"A": "command", "B": "header", "C": "user"}
    assert [each.name for each in found.secrets] == ["HF_TOKEN", "WANDB_API_KEY"]
    assert list(spec.arguments) == ["--lr", "1e-4"]


def test_the_rules_judge_the_planned_start_alone(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("hf jobs uv run --flavor cpu-basic train.py\n")
    found, _ = plan(tmp_path, PLAIN + TRAIN, flavor="t4-small", timeout="20m", secrets=["HF_TOKEN"])
    assert "cpu-flavor-for-training" not in rules(found)
    assert "timeout-too-short" in rules(found)
    place = next(each for each in found.findings if each.rule == "timeout-too-short")
    assert not place.blocks
    assert place.message.startswith("The timeout of this start, 20m,")


def test_findings_in_the_command_have_their_place_in_it(tmp_path: Path) -> None:
    found, _ = plan(tmp_path, flavor="a10g-larg")
    place = next(each for each in found.findings if each.rule == "unknown-flavor")
    assert place.path == ""
    assert found.command[place.column - 1 :].startswith("a10g-larg ")


def test_errors_block(tmp_path: Path) -> None:
    found, _ = plan(
        tmp_path, HEADER + TRAIN.replace("peft_config", "model_init_kwargs={}, peft_config")
    )
    blocking = [each.rule for each in found.findings if each.blocks]
    assert blocking == ["misplaced-model-init-kwargs"]


def test_machine_and_timeout_come_from_the_estimate(tmp_path: Path) -> None:
    found, spec = plan(tmp_path, PLAIN + TRAIN, secrets=["HF_TOKEN"])
    assert found.flavor
    assert found.fits == "fits"
    assert found.timeout_reason.startswith("from the estimate")
    assert found.hours
    assert found.timeout_s
    assert found.timeout_s >= found.hours[1] * 3600
    assert spec.flavor == found.flavor
    assert not [each for each in found.findings if each.rule == "timeout-too-short"]


def test_hours_rest_on_what_the_user_says_of_the_data(tmp_path: Path) -> None:
    text = PLAIN + TRAIN.replace("    max_steps=20_000,\n", "")
    found, _ = plan(tmp_path, text)
    assert (found.hours, found.timeout_s) == (None, None)
    assert "examples N" not in found.estimate, "an editor has no options"
    assert found.estimate_advice.endswith("give --examples N")
    few, _ = plan(tmp_path, text, examples=10_000, tokens=500)
    many, _ = plan(tmp_path, text, examples=100_000, tokens=500)
    assert few.hours
    assert many.hours
    assert many.hours[0] > 5 * few.hours[0]
    assert few.timeout_reason.startswith("from the estimate")


def test_what_is_only_saved_may_be_lost(tmp_path: Path) -> None:
    text = PLAIN + TRAIN.replace("    push_to_hub=True,\n", "") + "bucket.upload(trainer)\n"
    assert "lost when it ends" in plan(tmp_path, text)[0].results
    assert plan(tmp_path, text, engine="local")[0].results == "where the script saves it"


@pytest.mark.parametrize(
    "said", ["trl", "trl>=1.8,<2", "trl,peft>=0.19", "./wheels/a.whl", "a @ git+https://b/c"]
)
def test_requirements_that_uv_takes(tmp_path: Path, said: str) -> None:
    _, spec = plan(tmp_path, dependencies=[said])
    assert said in spec.dependencies


def test_what_no_estimate_tells_is_said(tmp_path: Path) -> None:
    found, spec = plan(tmp_path, "print('hello')\n")
    assert (found.flavor, found.timeout_s, spec.flavor) == (None, None, None)
    assert any("cpu-basic" in each for each in found.warnings)
    assert any("30 minutes" in each for each in found.warnings)
    assert found.hours is None
    assert "no trainer" in found.estimate


def test_the_command_is_read_back_as_it_was_meant(tmp_path: Path) -> None:
    found, _ = plan(tmp_path, environment=["NOTE=it's a test"], arguments=["--lr", "1 e"])
    words = shlex.split(found.command)
    assert words[:4] == ["hf", "jobs", "uv", "run"]
    assert words[-4:] == ["train.py", "--", "--lr", "1 e"]
    assert "NOTE=it's a test" in words
    assert not [each for each in found.findings if each.path == ""]


def test_without_an_account_it_runs_here(tmp_path: Path) -> None:
    found, spec = plan(tmp_path, PLAIN + TRAIN, account=False)
    assert (found.engine, found.machine, found.command) == ("local", "this machine", "")
    assert not {"missing-token", "default-timeout", "cpu-flavor-for-training"} & set(rules(found))
    assert spec.script == str(tmp_path / "train.py")


@pytest.mark.skipif(os.name != "posix", reason="laid out as POSIX has environments")
def test_an_interpreter_of_this_machine_has_its_own_releases(tmp_path: Path) -> None:
    packages = tmp_path / "env" / "lib" / "python3.12" / "site-packages"
    for name in ("trl-0.16.1", "transformers-4.51.2"):
        (packages / f"{name}.dist-info").mkdir(parents=True)
    text = PLAIN + TRAIN.replace("max_steps=20_000", "max_seq_length=512")
    by_uv, _ = plan(tmp_path, text, engine="local")
    assert "removed-argument" in rules(by_uv)

    found, spec = plan(tmp_path, text, engine="local", python="env/bin/python")
    assert spec.python == str(tmp_path / "env" / "bin" / "python")
    assert found.versions[0].version == "0.16.1"
    assert "removed-argument" not in rules(found)


def test_what_runs_is_what_was_looked_at(tmp_path: Path) -> None:
    _, spec = plan(tmp_path, "# caf\u00e9\r\nprint(1)\r\n")
    (tmp_path / "train.py").write_text("print(2)\n")
    assert Path(spec.script).read_bytes() == "# caf\u00e9\r\nprint(1)\r\n".encode()
    assert Path(spec.script).name == "train.py"


def test_a_smoke_run_is_of_an_edited_copy(tmp_path: Path) -> None:
    wrong = TRAIN.replace("peft_config", "model_init_kwargs={}, peft_config")
    (tmp_path / "helpers.py").touch()
    found, spec = plan(tmp_path, HEADER + wrong, smoke=True)
    assert (found.engine, found.name, found.hours) == ("local", "train-smoke", None)
    assert "misplaced-model-init-kwargs" in rules(found)
    assert not any(each.blocks for each in found.findings)
    assert "+trainer = smoke_trainer(trl.SFTTrainer)" in found.diff
    assert len(found.diff.splitlines()) < 30
    for name in ("tunesmith_smoke.py", "tunesmith_smoke_models.py"):
        compile(Path(spec.script).with_name(name).read_bytes(), name, "exec")
    assert Path(spec.script).read_text() != (tmp_path / "train.py").read_text() == HEADER + wrong
    assert spec.environment["PYTHONPATH"] == str(tmp_path)
    assert spec.folder == str(tmp_path)
    with pytest.raises(UserError, match="makes no trainer"):
        plan(tmp_path, "print(1)\n", smoke=True)


def test_a_schedule_says_what_it_costs_at_most(tmp_path: Path) -> None:
    found, _ = plan(tmp_path, schedule=" 0  3 * * * ", suspend=True)
    often = found.schedule
    assert often
    assert (often.when, often.suspended, often.runs) == ("0 3 * * *", True, 31)
    assert often.run_dollars == pytest.approx(9 * 1.5)
    assert often.month_dollars == pytest.approx(31 * 9 * 1.5)
    words = shlex.split(found.command)
    assert words[:7] == ["hf", "jobs", "scheduled", "uv", "run", "0 3 * * *", "--suspend"]
    assert not [each for each in found.findings if each.path == ""]


def test_no_two_runs_of_a_schedule_overlap(tmp_path: Path) -> None:
    found, _ = plan(tmp_path, schedule="@hourly")
    assert found.schedule
    assert found.schedule.month_dollars == pytest.approx(31 * 24 * 1.5)


def test_a_schedule_of_an_unknown_machine_has_no_price(tmp_path: Path) -> None:
    found, _ = plan(tmp_path, schedule="@daily", flavor="h900x9")
    assert found.schedule
    assert found.schedule.month_dollars is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"suspend": True}, "suspend is for a schedule"),
        ({"schedule": "@daily", "smoke": True}, "takes no schedule"),
        ({"schedule": "@daily", "engine": "local"}, "this machine keeps no schedules"),
        ({"schedule": "@daily", "account": False}, "nobody is signed in"),
        ({"schedule": "daily"}, "'daily' is no schedule"),
    ],
)
def test_what_cannot_be_scheduled_is_refused(
    tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        plan(tmp_path, **given)


def test_a_smoke_run_needs_no_secret(tmp_path: Path) -> None:
    found, spec = plan(tmp_path, smoke=True, available=["OTHER"], account=False)
    assert (found.secrets, spec.secrets, found.needs_consent) == ([], [], False)
    assert "it runs without HF_TOKEN: no value here" in found.warnings
    found, spec = plan(tmp_path, smoke=True, available=["HF_TOKEN"], account=False)
    assert (spec.secrets, found.needs_consent) == (["HF_TOKEN"], True)
    assert not any("without" in each for each in found.warnings)


def test_the_planned_command_is_no_file(tmp_path: Path) -> None:
    found, _ = plan(tmp_path, TRAIN, engine="hf")
    (missing,) = (each for each in found.findings if each.rule == "missing-header")
    assert "the planned command starts this script with nothing but Python" in missing.message


def test_files_among_the_arguments_travel_along(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("a: 1\n")
    _, spec = plan(tmp_path, arguments=["--config", "more.yaml", "train"])
    assert list(spec.arguments) == ["--config", str(tmp_path / "more.yaml"), "train"]
    with pytest.raises(UserError, match=r"less\.yaml is no file"):
        plan(tmp_path, arguments=["less.yaml"])


def test_secrets_of_the_header_need_a_consent_for_each_text(tmp_path: Path) -> None:
    found, _ = plan(tmp_path)
    assert found.needs_consent
    params = PlanParams(script=found.script)
    known = {digest(HEADER + TRAIN)}
    assert not make_plan(
        params, has_account=True, has_consent=known.__contains__
    ).plan.needs_consent
    Path(found.script).write_text(HEADER + TRAIN + "\n")
    assert make_plan(params, has_account=True, has_consent=known.__contains__).plan.needs_consent
    assert not plan(tmp_path, PLAIN + TRAIN, secrets=["HF_TOKEN"])[0].needs_consent


def test_choices_count_until_the_documents_say_something_new(tmp_path: Path) -> None:
    first = make_plan(
        PlanParams(script=plan(tmp_path)[0].script, flavor="l40sx1"), has_account=True
    )
    params = PlanParams(script=first.plan.script)
    again = make_plan(params, has_account=True, remembered=first.choices).plan
    assert (again.flavor, again.timeout_s) == ("l40sx1", 9 * 3600)
    Path(params.script).write_text((HEADER + TRAIN).replace("a10g-large", "h200"))
    assert make_plan(params, has_account=True, remembered=first.choices).plan.flavor == "h200"


def test_an_interpreter_is_remembered_for_this_machine_alone(tmp_path: Path) -> None:
    params = PlanParams(script=plan(tmp_path)[0].script, engine="local", python="env/bin/python")
    chosen = make_plan(params, has_account=True).choices
    again = PlanParams(script=params.script, engine="local")
    here = make_plan(again, has_account=True, remembered=chosen).plan
    assert here.python == str(tmp_path / "env" / "bin" / "python")
    far = make_plan(PlanParams(script=params.script), has_account=True, remembered=chosen).plan
    assert (far.engine, far.python) == ("hf", "")
    assert "--python" not in far.command


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"timeout": "6 hours"}, "'6 hours' cannot be read"),
        ({"environment": ["A"]}, "'A' has no value"),
        ({"secrets": ["HF_TOKEN=hf_canary"]}, "name of a variable"),
        ({"dependencies": ["trl>="]}, "'trl>=' is no requirement; give one such as"),
    ],
)
def test_wrong_words_are_refused(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message) as refused:
        plan(tmp_path, **given)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.py", None, "No such file"),
        (
            "a.ipynb",
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            "a.ipynb is no Python script .*nbconvert --to script a.ipynb` makes one",
        ),
        ("README.md", "# Train", "README.md is no Python script .*; give a Python script$"),
        ("broken.py", "def f(:\n    from trl import x\n", "."),
    ],
)
def test_what_is_no_script_is_refused(
    tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=message):
        make_plan(PlanParams(script=str(tmp_path / name)), has_account=True)


def test_a_relative_path_is_refused() -> None:
    with pytest.raises(UserError, match="no absolute path"):
        make_plan(PlanParams(script="train.py"), has_account=True)


def test_a_state_folder_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TUNESMITH_STATE", str(tmp_path / "file" / "state"))
    with pytest.raises(UserError, match="cannot be copied"):
        plan(tmp_path)
