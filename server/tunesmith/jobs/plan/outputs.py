"""Where the model and the metrics of a training land, as far as the script says."""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import library
from tunesmith.lint.job_outputs import may_keep
from tunesmith.lint.trackio import inits, reports
from tunesmith.lint.training_runs import TrainingRun, pushed_to, training_runs
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_values import ListValue
from tunesmith.sources.unknown import ABSENT

_ELSEWHERE = "where the script saves it"
_ELSEWHERE_FAR = "where the script saves it; the job's own disk is lost when it ends"


def results(script: PythonScript, project: Project, *, is_remote: bool) -> str:
    """Where the model lands, in words; empty where the script surely leaves nothing behind."""
    places = dict.fromkeys(filter(None, map(_repository, training_runs(script))))
    if places:
        return ", ".join(places)
    if not may_keep(script, project):
        return ""
    return _ELSEWHERE_FAR if is_remote else _ELSEWHERE


def _repository(run: TrainingRun) -> str | None:
    name = pushed_to(run.configuration) if run.configuration else ABSENT
    if name is ABSENT:
        return None
    if not isinstance(name, str):
        return "the Hub"
    return f"the Hub, {name}" if "/" in name else f"the Hub, your {name}"


def metrics(script: PythonScript, project: Project) -> str:
    """Where the metrics land, in words; empty where nothing says that they go anywhere."""
    return ", ".join(dict.fromkeys(_metrics(script, project)))


def _metrics(script: PythonScript, project: Project) -> Iterator[str]:
    transformers = library("transformers", script, project)
    for run in training_runs(script):
        if reports(run, transformers):
            yield _trackio(run)
        value = run.configuration.value("report_to") if run.configuration else None
        names = value.elements if isinstance(value, ListValue) else [value]
        yield from (_TITLES[name] for name in names if isinstance(name, str) and name in _TITLES)
    if any(True for _ in inits(script)):
        yield "Trackio"


_TITLES = {"wandb": "Weights & Biases", "tensorboard": "TensorBoard files", "mlflow": "MLflow"}


def _trackio(run: TrainingRun) -> str:
    space = run.configuration.value("trackio_space_id") if run.configuration else None
    return f"Trackio, Space {space}" if isinstance(space, str) else "Trackio"
