"""A Trackio run that is never finished.

## What it does

Finds `trackio.init(...)` without `trackio.finish()`, where Trackio is older than 0.17 and no trainer's
callback finishes the run.

## Why it costs you

Up to Trackio 0.16, a thread that ends with the program sends the metrics. Without `finish()`, which
waits for it, the last ones are lost. Since 0.17, the run is finished when the program ends.

## Fix

None is offered: call `trackio.finish()` behind the last `trackio.log`.

## Source

`trackio/run.py` and `trackio/__init__.py` (`atexit`) of Trackio 0.2 to 0.43.

## Since

Trackio 0.2, up to 0.16.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import library
from tunesmith.lint.rule import WARNING, Bad, Finding, rule
from tunesmith.lint.trackio import inits, reports
from tunesmith.lint.training_runs import training_runs
from tunesmith.project import Project
from tunesmith.sources.document import Kind
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import regex

_FINISHES = regex(r"\bfinish\b")


@rule(code="OUT012", severity=WARNING, words=("trackio",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    calls = list(inits(script))
    if not calls or script.document.kind is Kind.NOTEBOOK or _FINISHES.search(script.text):
        return
    trackio = library("trackio", script, project)
    if not trackio.below("0.17"):
        return
    transformers = library("transformers", script, project)
    if any(reports(run, transformers) is not False for run in training_runs(script)):
        return
    for call in calls[-1:]:
        yield Finding(
            call.callee_span,
            f"The last metrics may be lost: Trackio {trackio.version} sends them only if the run is "
            "finished. Call trackio.finish() at the end.",
            rests_on=[trackio],
        )


_OLD = '# /// script\n# dependencies = ["trackio==0.10.0", "transformers==5.0.0"]\n# ///\n'
_LOOP = "import trackio\n\ntrackio.init('loop')\ntrackio.log({'loss': 1.0})\n"
BAD = [Bad(_OLD + _LOOP, at="trackio.init")]
GOOD = [
    _OLD + _LOOP + "trackio.finish()\n",
    _LOOP,
    _OLD + "import trackio\n\nrun = trackio.init('loop')\nrun.finish()\n",
    _OLD + "import trackio\nfrom transformers import Trainer, TrainingArguments\n\n"
    "trackio.init('p')\nTrainer(model, TrainingArguments('o', report_to='trackio')).train()\n",
]
