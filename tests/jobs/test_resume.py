"""Whether a script goes on from a pushed checkpoint, or how to have it do so."""

from __future__ import annotations

import pytest

from builders import understood
from tunesmith.jobs.resume import Resumption, resumption
from tunesmith.templates import Template, templates
from tunesmith.text import apply_edits

SCRIPT = """\
from trl import SFTConfig, SFTTrainer

config = SFTConfig(output_dir="out"{configuration})
trainer = SFTTrainer(model="Qwen/Qwen3-0.6B", args=config, train_dataset=data)
trainer.model.train()
trainer.train({train})
"""
PUSHED = ', push_to_hub=True, hub_strategy="checkpoint"'
FOLDER = 'snapshot_download(trainer.hub_model_id, allow_patterns="last-checkpoint/*")'
FROM = f'{FOLDER} + "/last-checkpoint"'


def script(configuration: str = PUSHED, train: str = "") -> str:
    return SCRIPT.format(configuration=configuration, train=train)


def read(text: str) -> Resumption:
    found = understood("train.py", text).script
    assert found
    return resumption(found)


@pytest.mark.parametrize("template", templates(), ids=lambda each: each.name)
def test_templates_go_on_by_themselves(template: Template):
    assert read(template.script).goes_on_by_itself


@pytest.mark.parametrize(
    ("train", "changed"),
    [
        ("", f"trainer.train(resume_from_checkpoint={FROM})"),
        ("None", f"trainer.train({FROM})"),
        ("resume_from_checkpoint=True", f"trainer.train(resume_from_checkpoint={FROM})"),
        ("trial=None", f"trainer.train(trial=None, resume_from_checkpoint={FROM})"),
        ("trial=None,\n", f"trainer.train(trial=None,resume_from_checkpoint={FROM})"),
    ],
)
def test_the_lookup_is_written(train: str, changed: str):
    text = script(train=train)
    edited = apply_edits(text, read(text).edits)
    assert edited.splitlines()[-1] == changed
    assert "from huggingface_hub import snapshot_download\n" in edited
    assert read(edited).goes_on_by_itself


def test_of_all_checkpoints_it_takes_the_last():
    text = script(', push_to_hub=True, hub_strategy="all_checkpoints"')
    edited = apply_edits(text, read(text).edits)
    assert (
        'get_last_checkpoint(snapshot_download(trainer.hub_model_id, allow_patterns="check'
        in edited
    )
    assert "from transformers.trainer_utils import get_last_checkpoint\n" in edited
    assert read(edited).goes_on_by_itself


@pytest.mark.parametrize(
    "train", ["resume_from_checkpoint=args.resume", "last_checkpoint()", "'out/checkpoint-5'"]
)
def test_what_the_script_says_itself_is_left_to_it(train: str):
    assert read(script("", train)).goes_on_by_itself


@pytest.mark.parametrize(
    "configuration",
    [
        "",
        ", push_to_hub=True",
        ', hub_strategy="checkpoint"',
        ', push_to_hub=True, hub_strategy="every_save"',
        f"{PUSHED}, save_only_model=True",
        f'{PUSHED}, save_strategy="no"',
        ", push_to_hub=True, hub_strategy=args.strategy",
    ],
)
def test_without_a_pushed_checkpoint_there_is_no_way(configuration: str):
    found = read(script(configuration))
    assert not found.edits
    assert not found.goes_on_by_itself
    assert "does not push checkpoints" in found.problem
    assert 'hub_strategy="checkpoint" in SFTConfig' in found.next_step


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("print('hello')\n", "no trainer"),
        (script() + "trainer.train()\n", "more than once"),
        ("import trl\ntrl.SFTTrainer('m', args=trl.SFTConfig('o')).train()\n", "no trainer"),
    ],
)
def test_what_is_not_understood_is_said(text: str, problem: str):
    found = read(text)
    assert problem in found.problem
    assert found.next_step
