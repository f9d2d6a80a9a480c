"""Metrics of a job that Trackio keeps on the job's own disk.

## What it does

Finds, in scripts that run as jobs, `trackio.init(...)` without a Space, and trainers that report to
Trackio without `trackio_space_id`.

## Why it costs you

Without a Space, Trackio writes to a file on the machine. The disk of a job is gone when the job ends,
and the metrics with it; while it runs, nobody can look at them.

## Fix

None is offered: the Space's name is yours to choose, as `trackio_space_id="me/trackio"` in the
configuration, or `space_id="me/trackio"`.

## Source

`TrackioCallback` of transformers 4.54 to 5.23: from 4.57 to 5.5 it makes a Space "trackio" by itself,
since 5.0 it publishes local metrics where the model is pushed. `init` of Trackio 0.2 to 0.43.
Silent where a Space is set by TRACKIO_SPACE_ID, or where a volume is mounted. A run that nothing is
logged to belongs to `trackio-not-reported`, one that a trainer replaces to
`trackio-init-before-trainer`.

## Since

Trackio 0.2; for trainers transformers 5.6.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import InForce, library
from tunesmith.lint.job_outputs import mounts_volume, sets_variable
from tunesmith.lint.rule import WARNING, Bad, Finding, Good, rule
from tunesmith.lint.trackio import (
    NO_SPACE_SINCE,
    inits,
    may_log,
    replacing_run,
    reports,
    uses_trackio,
)
from tunesmith.lint.training_runs import TrainingRun, training_runs
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex_with_words

_ELSEWHERE = regex_with_words(
    r"TRACKIO_(?:SPACE_ID|SERVER_URL|DIR)|trackio\.(?:sync|import_\w+|freeze)\(|HF_HOME",
    ("TRACKIO_", "trackio.", "HF_HOME"),
)
_PUBLISHES = ("push_to_hub", ".trackio_space_id")


@rule(code="OUT013", severity=WARNING, words=("trackio",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if not uses_trackio(script) or _ELSEWHERE.search(script.text):
        return
    is_job = project.runs_as_job(script.path)
    if not is_job or mounts_volume(script, project) or sets_variable("TRACKIO_", script, project):
        return
    transformers = library("transformers", script, project)
    own = list(inits(script))
    for call in own if may_log(script) else ():
        if _lacks_space(call) and not replacing_run(call, script, transformers):
            yield Finding(
                call.callee_span,
                "Without space_id, these metrics are written to the job's disk and lost when it "
                'ends. Set space_id="you/trackio".',
            )
    publishes = any(word in script.text for word in _PUBLISHES)
    if own or publishes or not transformers.at_least(NO_SPACE_SINCE):
        return
    yield from (f for run in training_runs(script) for f in _in_trainer(run, transformers))


def _lacks_space(call: Call) -> bool:
    others = ("space_id", "server_url", "dataset_id")
    is_open = call.has_unknown_positionals or call.argument("", 2) is not None
    return not is_open and all(call.value(name) in (ABSENT, None) for name in others)


def _in_trainer(run: TrainingRun, transformers: InForce) -> Iterator[Finding]:
    configuration = run.configuration
    if configuration is None or not reports(run, transformers):
        return
    argument = configuration.argument("report_to")
    if argument and configuration.value("trackio_space_id") in (ABSENT, None):
        yield Finding(
            argument.span,
            f"Without trackio_space_id, transformers {transformers.version} lets Trackio write the "
            "metrics to the job's disk, where they are lost when the job ends. Set "
            'trackio_space_id="you/trackio".',
            rests_on=[transformers],
        )


_JOB = {"run.sh": "hf jobs uv run --timeout 4h --secrets HF_TOKEN train.py\n"}
_LOOP = "import trackio\nimport torch, trl\n\ntrackio.init(project='loop'%s)\ntrackio.log({'loss': 1})\n"
_TRAIN = (
    "from trl import SFTConfig, SFTTrainer\n\n"
    "config = SFTConfig(output_dir='out', report_to='trackio'%s)\n"
    "trainer = SFTTrainer(model='m', args=config, train_dataset=data)\ntrainer.train()\n"
)
BAD = [
    Bad(_LOOP % "", at="trackio.init", beside=_JOB),
    Bad(_TRAIN % "" + "trainer.save_model('/tmp/out')\n", at="report_to='trackio'", beside=_JOB),
]
GOOD = [
    _LOOP % "",
    Good(_LOOP % ", space_id='me/trackio'", beside=_JOB),
    Good(_LOOP % ", space_id=space", beside=_JOB),
    Good(_TRAIN % ", trackio_space_id='me/trackio'", beside=_JOB),
    Good(_TRAIN % ", push_to_hub=True", beside=_JOB),
    Good(_TRAIN % "", beside={"run.sh": "hf jobs uv run -v hf://me/data:/data train.py\n"}),
    Good(_TRAIN % "", beside={"run.sh": "hf jobs uv run -e TRACKIO_SPACE_ID=me/t train.py\n"}),
]
