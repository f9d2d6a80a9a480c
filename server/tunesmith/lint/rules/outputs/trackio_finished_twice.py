"""`trackio.finish()` after a trainer that has finished its run already.

## What it does

Finds a call of `trackio.finish()` behind the last training of a trainer that reports to Trackio, where
nothing starts another run before it.

## Why it costs you

The Trainer's callback finishes its run when training ends. Since Trackio 0.24 no run is left then,
and the call raises `RuntimeError: Call trackio.init() before trackio.finish()`: the job ends with an
error, and what stands behind the call, as a push of the model, never happens.

## Fix

Takes the call out. Safe: the run is finished.

## Source

`TrackioCallback.on_train_end` of transformers 4.54 to 5.23; `finish` in `trackio/__init__.py` of
Trackio 0.20 to 0.43. Silent where the script starts a run by itself (`trackio-init-before-trainer`),
evaluates, predicts or logs after the training, which starts another run, or trains in a function of its
own.

## Since

Trackio 0.24.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import library
from tunesmith.lint.rule import ERROR, SAFE, Bad, Finding, Fix, rule
from tunesmith.lint.trackio import inits, reports
from tunesmith.lint.training_runs import last_training, training_runs
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.text import regex

_STARTS_ANOTHER = regex(
    r"\.(?:evaluate|predict|log|log_metrics)\(|\binit\(|context_vars|_callback\("
)


@rule(code="OUT015", severity=ERROR, words=("trackio",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    finishes = [call for call in script.calls("trackio.finish") if _is_last(script, call)]
    if not finishes or next(inits(script), None):
        return
    trackio = library("trackio", script, project)
    transformers = library("transformers", script, project)
    runs = list(training_runs(script))
    if not runs or not trackio.at_least("0.24"):
        return
    if not all(reports(run, transformers) and _is_beside(run.trainer, finishes[0]) for run in runs):
        return
    for call in finishes[:1]:
        yield Finding(
            call.callee_span,
            f"The Trainer has finished its run: trackio.finish() of Trackio {trackio.version} finds "
            "none and raises RuntimeError, and the job ends here. Leave it out.",
            _removal(script, call),
            rests_on=[trackio, transformers],
        )


def _is_last(script: PythonScript, call: Call) -> bool:
    """Whether a call follows the last training, and nothing between them starts a run."""
    training = last_training(script)
    if not 0 <= training < call.span.start or script.is_conditional(call.node):
        return False
    return _STARTS_ANOTHER.search(script.text, training, call.span.start) is None


def _is_beside(trainer: Call, finish: Call) -> bool:
    """Whether both run in one go: in the same function, or at the top level."""
    return trainer.block.scope is finish.block.scope


def _removal(script: PythonScript, call: Call) -> Fix | None:
    statement = script.statement_of(call)
    if statement is None:
        return None
    edits = [script.statement_removal(statement), *script.import_removal(call)]
    return Fix("Remove trackio.finish()", edits, SAFE)


_TRAIN = (
    "from trl import SFTConfig, SFTTrainer\n\n"
    'config = SFTConfig("out", report_to="trackio", project="p", push_to_hub=True)\n'
    'trainer = SFTTrainer("m", args=config, train_dataset=data)\n'
    "trainer.train()\n"
)
_SCRIPT = "import trackio\n" + _TRAIN
BAD = [
    Bad(
        _SCRIPT + "trackio.finish()\ntrainer.push_to_hub()\n",
        at="trackio.finish",
        fixed=_TRAIN + "trainer.push_to_hub()\n",
    ),
    Bad(
        _SCRIPT + "trainer.push_to_hub()\ntrackio.finish()  # the end\n",
        at="trackio.finish",
        fixed=_TRAIN + "trainer.push_to_hub()\n",
    ),
]
GOOD = [
    _SCRIPT.replace('trackio",', 'wandb",') + "trackio.finish()\n",
    _SCRIPT + "trainer.evaluate()\ntrackio.finish()\n",
    _SCRIPT + "trackio.init('results')\ntrackio.log({'score': 1})\ntrackio.finish()\n",
    _SCRIPT + "if trackio.context_vars.current_run.get():\n    trackio.finish()\n",
    _SCRIPT + "try:\n    trackio.finish()\nexcept RuntimeError:\n    pass\n",
    '# /// script\n# dependencies = ["trackio==0.20.2", "transformers", "trl"]\n# ///\n'
    + _SCRIPT
    + "trackio.finish()\n",
    "import trackio\n\ntrackio.finish()\nmodel.train()\n",
]
