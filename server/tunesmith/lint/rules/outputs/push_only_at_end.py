"""A job that pushes its model only after the training.

## What it does

Finds training scripts that run as jobs and push to the Hub only behind `trainer.train()`, without
`push_to_hub=True` in the configuration.

## Why it costs you

A job that reaches its timeout, runs out of memory or fails in the last step never comes to the push.
Its disk is gone then, with every checkpoint.

## Fix

Adds `push_to_hub=True` to the configuration, so that each checkpoint is pushed when it is saved. Unsafe:
it makes a repository named by `output_dir`, unless `hub_model_id` is set, and uploads more.

## Source

`Trainer.push_to_hub` and `hub_strategy` ("every_save") of transformers 4.40 to 5.23; the Hub's
documentation of Jobs. Silent where something else may keep the checkpoints.

## Since

huggingface_hub 0.34, the first release with `hf jobs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.job_outputs import mounts_volume
from tunesmith.lint.rule import INFORMATION, Bad, Finding, Good, rule
from tunesmith.lint.training_runs import last_training, training_runs
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.training import text_trains
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex, regex_with_words

_PUSH = regex(r"\b[\w.]+\.push_to_hub(?:_merged|_gguf)?(?=\()")
_MAY_KEEP = regex_with_words(
    r"Callback|upload|HfApi|create_commit|hub_strategy|bucket|artifact|boto3|\bs3|gs://|subprocess"
    r"|os\.system|save_strategy\s*=\s*[\"']no[\"']",
    (
        *("Callback", "upload", "HfApi", "create_commit", "hub_strategy", "bucket", "artifact"),
        *("boto3", "s3", "gs://", "subprocess", "os.system", "save_strategy"),
    ),
)


@rule(code="OUT002", severity=INFORMATION, words=("push_to_hub",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if not project.runs_as_job(script.path):
        return
    if _MAY_KEEP.search(script.text) or mounts_volume(script, project):
        return
    training = last_training(script)
    pushes = [match for match in _PUSH.finditer(script.text) if match.start() > training >= 0]
    runs = list(training_runs(script))
    if not pushes or not text_trains(script.text) or len(runs) != 1:
        return
    run = runs[0]
    if run.configuration is None or run.configuration.value("push_to_hub") not in (
        ABSENT,
        False,
    ):
        return
    yield Finding(
        run.configuration.callee_span,
        "The model is pushed only after the training: a job that fails or reaches its timeout "
        f"leaves nothing. Set push_to_hub=True in {run.configuration_name}.",
        run.push_fix("Push each checkpoint"),
    )


_JOB = {"run.sh": "hf jobs uv run --flavor l4x1 --timeout 4h --secrets HF_TOKEN train.py\n"}
_TRAIN = (
    "import trl\n\n"
    "config = trl.SFTConfig(output_dir='out'%s)\n"
    "trainer = trl.SFTTrainer(model='Qwen/Qwen3-0.6B', args=config, train_dataset=data)\n"
    "trainer.train()\n"
)
_PUSHED = _TRAIN + "trainer.push_to_hub()\n"
BAD = [
    Bad(
        _PUSHED % "",
        at="trl.SFTConfig",
        fixed=_PUSHED % ", push_to_hub=True",
        beside=_JOB,
    ),
    Bad(_PUSHED % ", push_to_hub=False", at="trl.SFTConfig", beside=_JOB),
]
GOOD = [
    _PUSHED % "",
    Good(_PUSHED % ", push_to_hub=True", beside=_JOB),
    Good(_PUSHED % ", **options", beside=_JOB),
    Good(_PUSHED % ", save_strategy='no'", beside=_JOB),
    Good(_PUSHED % "" + "class Upload(TrainerCallback): ...\n", beside=_JOB),
    Good(_PUSHED % "", beside={"run.sh": "hf jobs uv run -v hf://buckets/me/b:/o train.py\n"}),
]
