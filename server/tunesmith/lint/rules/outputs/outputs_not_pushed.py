"""A job that leaves nothing behind.

## What it does

Finds training scripts that run as jobs and keep nothing outside the machine: no push, no upload, no
bucket, no volume.

## Why it costs you

The disk of a job is gone when the job ends, and the trained model with it. You pay for the whole
training and have nothing.

## Fix

Adds `push_to_hub=True` to the configuration. Unsafe: it makes a repository on the Hub, named by
`output_dir` and public unless `hub_private_repo=True`. The job needs `--secrets HF_TOKEN` for it.

## Source

The Hub's documentation of Jobs; `Trainer` of transformers 4.40 to 5.23. Silent where anything may keep
the model: uploads, cloud storage, artifacts, other programs, mounted volumes, an unknown
configuration, or where neither checkpoints nor the model are saved at all.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.job_outputs import may_keep
from tunesmith.lint.rule import ERROR, Bad, Finding, Good, rule
from tunesmith.lint.training_runs import TrainingRun, last_training, training_runs
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.training import text_trains
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex

_SAVES = regex(r"\bsave_(?:model|pretrained\w*|lora|state)\b|torch\.save\(|save_file\(")


@rule(code="OUT001", severity=ERROR)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if not project.runs_as_job(script.path) or last_training(script) < 0:
        return
    if not text_trains(script.text) or may_keep(script, project):
        return
    runs = list(training_runs(script))
    if not runs or any(not _is_told(run) for run in runs):
        return
    if all(_saves_nothing(run) for run in runs) and not _SAVES.search(script.text):
        return
    run = runs[-1]
    yield Finding(
        run.trainer.callee_span,
        "Nothing of this training leaves the job: its disk is gone when it ends. Set "
        f"push_to_hub=True in {run.configuration_name}, or upload the model.",
        run.push_fix("Push the model to the Hub"),
    )


def _is_told(run: TrainingRun) -> bool:
    configuration = run.configuration
    return configuration is not None and configuration.value("push_to_hub") in (ABSENT, False)


def _saves_nothing(run: TrainingRun) -> bool:
    value = run.configuration.value("save_strategy") if run.configuration else ABSENT
    return not (value is ABSENT or (isinstance(value, str) and value != "no"))


_JOB = {"run.sh": "hf jobs uv run --flavor l4x1 --timeout 4h --secrets HF_TOKEN train.py\n"}
_TRAIN = (
    "import trl\n\n"
    "config = trl.SFTConfig(output_dir='out'%s)\n"
    "trainer = trl.SFTTrainer(model='Qwen/Qwen3-0.6B', args=config, train_dataset=data)\n"
    "trainer.train()\n"
)
_SAVED = _TRAIN + "trainer.save_model('out')\n"
BAD = [
    Bad(
        _SAVED % "",
        at="trl.SFTTrainer",
        fixed=_SAVED % ", push_to_hub=True",
        beside=_JOB,
    ),
    Bad(_SAVED % ", push_to_hub=False", at="trl.SFTTrainer", beside=_JOB),
    Bad(
        '# /// script\n# dependencies = ["trl"]\n# [tool.hf-jobs]\n# flavor = "l4x1"\n# ///\n'
        + _TRAIN % "",
        at="trl.SFTTrainer",
        fixed='# /// script\n# dependencies = ["trl"]\n# [tool.hf-jobs]\n# flavor = "l4x1"\n# ///\n'
        + _TRAIN % ", push_to_hub=True",
    ),
]
GOOD = [
    _SAVED % "",
    Good(_TRAIN % ", push_to_hub=True", beside=_JOB),
    Good(_TRAIN % ", **options", beside=_JOB),
    Good(_SAVED % "" + "trainer.model.push_to_hub('me/model')\n", beside=_JOB),
    Good(_SAVED % "" + "import boto3\nboto3.client('s3')\n", beside=_JOB),
    Good(_TRAIN % ", save_strategy='no'", beside=_JOB),
    Good(_TRAIN % ", max_steps=10", beside=_JOB),
    Good(_TRAIN % "", beside={"run.sh": "hf jobs uv run -v hf://buckets/me/b:/out train.py\n"}),
    Good(
        _TRAIN % "",
        beside={
            "submit.py": "import huggingface_hub as hub\n\n"
            "hub.run_uv_job('train.py', volumes=volumes)\n"
        },
    ),
]
