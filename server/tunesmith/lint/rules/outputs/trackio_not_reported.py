"""A Trackio run that no trainer reports to.

## What it does

Finds `trackio.init(...)` before the training of a trainer whose `report_to` leaves Trackio out, in a
script that logs nothing to Trackio by itself.

## Why it costs you

The run stays empty: no loss is seen while the job runs, and none afterwards. Since transformers 5.0,
`report_to` is "none" unless it is set; before, a trainer reported to all that was installed.

## Fix

None is offered: set `report_to="trackio"`, and give the configuration `project`, `run_name` and
`trackio_space_id` in place of `trackio.init`, as the trainer starts its own run
(`trackio-init-before-trainer`).

## Source

`TrainingArguments.report_to` and `get_reporting_integration_callbacks` of transformers 4.40 to 5.23.

## Since

transformers 5.0, or where `report_to` names others.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import library
from tunesmith.lint.rule import WARNING, Bad, Finding, rule
from tunesmith.lint.trackio import inits, may_log, reports, uses_trackio
from tunesmith.lint.training_runs import last_training, training_runs
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript


@rule(code="OUT011", severity=WARNING, words=("trackio",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if not uses_trackio(script) or may_log(script):
        return
    runs = list(training_runs(script))
    calls = [call for call in inits(script) if call.span.end < last_training(script)]
    if not runs or not calls:
        return
    transformers = library("transformers", script, project)
    if any(reports(run, transformers) is not False for run in runs):
        return
    name = runs[-1].configuration_name
    yield Finding(
        calls[0].callee_span,
        f"Nothing is logged to this run: report_to of {name} leaves Trackio out (transformers "
        f'{transformers.version}). Set report_to="trackio" and project= there.',
        rests_on=[transformers],
    )


_IMPORTS = "import trackio\nfrom trl import SFTConfig, SFTTrainer\n\n"
_TRAIN = 'SFTTrainer(model="m", args=SFTConfig(output_dir="out"%s), train_dataset=d).train()\n'
BAD = [
    Bad(
        _IMPORTS + 'trackio.init(project="therapy")\n' + _TRAIN % ', report_to="wandb"',
        at="trackio.init",
    ),
    Bad(
        _IMPORTS + "with_run = trackio.init('therapy')\n" + _TRAIN % "",
        at="trackio.init",
    ),
]
GOOD = [
    _IMPORTS + "trackio.init(project='therapy')\n" + _TRAIN % ', report_to="trackio"',
    _IMPORTS + "trackio.init(project='therapy')\n" + _TRAIN % ", report_to=where",
    _IMPORTS + "trackio.init(project='p')\n" + _TRAIN % "" + "trackio.log({'score': score})\n",
    _IMPORTS + _TRAIN % "" + "trackio.init(project='evaluation')\n",
    '# /// script\n# dependencies = ["transformers==4.57.3", "trl==0.24.0"]\n# ///\n'
    + _IMPORTS
    + "trackio.init(project='therapy')\n"
    + _TRAIN % "",
]
