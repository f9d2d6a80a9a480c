"""What becomes of Trackio runs: the Trainer's own, and those that a script starts by itself.

Read from `TrackioCallback` of transformers 4.54 to 5.23, `trackio` 0.2 to 0.43, and run with the
newest of both: the callback calls `trackio.init()` when training begins, with what the
configuration says, and `trackio.finish()` when it ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import InForce
from tunesmith.lint.training_runs import TrainingRun, last_training, training_runs
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_values import ListValue
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex

CALLBACK_SINCE = "4.54"
"""The first transformers with a `TrackioCallback`."""
PROJECT_SINCE = "4.57"
"""The first transformers whose configurations take `project` and `trackio_space_id`."""
NO_SPACE_SINCE = "5.6"
"""The first transformers that makes no Space "trackio" unless it is told to."""

_LOGS = regex(
    r"trackio\.(?!init\b|finish\b)\w+\(|\.log\(|TrackioCallback|add_callback|callbacks\s*="
    r"|from\s+trackio\s+import[^\n]*\blog|\.report_to\b"
)
_OWN_CALLBACK = regex(r"\bremove_callback\b|\(TrackioCallback\)")


def uses_trackio(script: PythonScript) -> bool:
    """Whether a script mentions Trackio at all."""
    return "trackio" in script.text


def inits(script: PythonScript) -> Iterator[Call]:
    """The runs that a script starts by itself."""
    return script.calls("trackio.init")


def may_log(script: PythonScript) -> bool:
    """Whether a script may log to Trackio by itself, or by a callback of its own."""
    return _LOGS.search(script.text) is not None


def reports(run: TrainingRun, transformers: InForce) -> bool | None:
    """Whether a trainer reports to Trackio; None where it cannot be told."""
    if run.configuration is None or transformers.version is None:
        return None
    value = run.configuration.value("report_to")
    if value in (ABSENT, None):
        return None if value is None and transformers.at_least("5.0") else _by_default(transformers)
    names = value.elements if isinstance(value, ListValue) else [value]
    is_open = isinstance(value, ListValue) and value.is_open
    if "trackio" in names or "all" in names:
        return transformers.at_least(CALLBACK_SINCE)
    return False if all(isinstance(name, str) for name in names) and not is_open else None


def _by_default(transformers: InForce) -> bool:
    """Up to transformers 4, a trainer reports to everything that is installed."""
    return transformers.at_least(CALLBACK_SINCE) and transformers.below("5.0")


def replacing_run(call: Call, script: PythonScript, transformers: InForce) -> TrainingRun | None:
    """The trainer whose callback starts another run in place of the one that a call starts."""
    if _OWN_CALLBACK.search(script.text) or last_training(script) < call.span.end:
        return None
    for run in training_runs(script):
        scopes = (run.trainer.block.scope, script.index.scope)
        runs_after = call.block.scope in scopes and not _ends_before(call, script)
        if runs_after and reports(run, transformers):
            return run
    return None


def _ends_before(call: Call, script: PythonScript) -> bool:
    """Whether a run is finished by the script itself before the training begins."""
    training = last_training(script)
    ends = (each.span.start for each in script.calls("trackio.finish"))
    return any(call.span.end <= end < training for end in ends)
