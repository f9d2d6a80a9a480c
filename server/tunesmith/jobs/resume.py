"""Whether a script goes on from the checkpoint that an ended run pushed, or how to have it do so.

Pure. What transformers does (`Trainer._push_from_checkpoint` and `train` of 4.46 to 5.23):
`hub_strategy="checkpoint"` pushes the newest checkpoint as the folder `last-checkpoint`,
"all_checkpoints" each under its name, the others none to go on from. With
`train(resume_from_checkpoint=FOLDER)` it goes on; `True` looks into `output_dir` alone, which is
empty on the machine of a new job.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from tunesmith.lint.training_runs import TrainingRun, training_runs
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.unknown import ABSENT, UNKNOWN
from tunesmith.text import Edit, Span

_KEYWORD = "resume_from_checkpoint"
_HUB, _TRAINER_UTILS = "huggingface_hub", "transformers.trainer_utils"


@dataclass(frozen=True)
class Resumption:
    """How a script goes on.

    Attributes:
        edits: what has it go on; none where it does so by itself, or cannot.
        problem: why it cannot; empty where it can.
        next_step: what to do then.
    """

    edits: Sequence[Edit] = ()
    problem: str = ""
    next_step: str = ""

    @property
    def goes_on_by_itself(self) -> bool:
        return not self.edits and not self.problem


def resumption(script: PythonScript) -> Resumption:
    """Whether and how a script goes on from a pushed checkpoint."""
    runs = list(training_runs(script))
    trainings = [(run, train) for run in runs for train in _trainings(run)]
    if not trainings:
        return Resumption((), "no trainer of TRL or transformers trains in it", _BY_HAND)
    if len(trainings) > 1:
        return Resumption((), "it trains more than once", _BY_HAND)
    run, train = trainings[0]
    given = _given(train)
    if given is not None and not _says_nothing(given, script):
        return Resumption()
    pushed = _pushed(run.configuration)
    if pushed is None:
        where = run.configuration_name or "args"
        advice = f'set push_to_hub=True and hub_strategy="checkpoint" in {where}, and start it anew'
        return Resumption((), "it does not push checkpoints to go on from", advice)
    return Resumption(list(_edits(script, train, given, pushed)))


_BY_HAND = "give the folder of a checkpoint to its train() by hand"


def _trainings(run: TrainingRun) -> Iterator[cst.Call]:
    """The calls `trainer.train(...)` of a trainer with a name."""
    script = run.script
    statement = script.enclosing_statement(run.trainer.node)
    if not isinstance(statement, cst.Assign) or statement.value is not run.trainer.node:
        return
    names = {script.text_of(each.target) for each in statement.targets}
    for site in script.index.calls:
        called = site.node.func
        if not isinstance(called, cst.Attribute) or called.attr.value != "train":
            continue
        if script.text_of(called.value) in names:
            yield site.node


def _given(train: cst.Call) -> cst.Arg | None:
    """The argument that says from where to go on."""
    for index, argument in enumerate(train.args):
        is_first = index == 0 and argument.keyword is None and not argument.star
        if is_first or (argument.keyword and argument.keyword.value == _KEYWORD):
            return argument
    return None


def _says_nothing(given: cst.Arg, script: PythonScript) -> bool:
    """Whether it stands for no checkpoint, or for those of an empty disk."""
    return script.text_of(given.value) in ("None", "False", "True")


def _pushed(configuration: Call | None) -> str | None:
    """Which checkpoints are pushed; None where none is, or nobody can tell."""
    if configuration is None:
        return None
    value = configuration.value
    strategy = value("hub_strategy")
    is_whole = value("save_only_model") in (ABSENT, False)
    if (
        value("push_to_hub") is not True
        or not is_whole
        or value("save_strategy") in ("no", UNKNOWN)
    ):
        return None
    is_pushed = strategy in ("checkpoint", "all_checkpoints")
    return strategy if is_pushed and isinstance(strategy, str) else None


def _edits(
    script: PythonScript, train: cst.Call, given: cst.Arg | None, pushed: str
) -> Iterator[Edit]:
    assert isinstance(train.func, cst.Attribute)
    trainer = script.text_of(train.func.value)
    pattern = "last-checkpoint/*" if pushed == "checkpoint" else "checkpoint-*/*"
    folder = f'snapshot_download({trainer}.hub_model_id, allow_patterns="{pattern}")'
    imports = [(_HUB, "snapshot_download")]
    value = f'{folder} + "/last-checkpoint"'
    if pushed == "all_checkpoints":
        imports.append((_TRAINER_UTILS, "get_last_checkpoint"))
        value = f"get_last_checkpoint({folder})"
    yield from filter(None, (script.import_edit(*each) for each in imports))
    if given:
        yield Edit(script.span(given.value), value)
    else:
        yield _insertion(script, train, f"{_KEYWORD}={value}")


def _insertion(script: PythonScript, train: cst.Call, keyword: str) -> Edit:
    close = script.span(train).end - 1
    before = script.text[:close].rstrip()
    comma = "" if before.endswith(("(", ",")) else ", "
    return Edit(Span(len(before), close), f"{comma}{keyword}")
