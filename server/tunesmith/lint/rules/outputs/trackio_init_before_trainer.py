"""A Trackio run started before a trainer that starts its own.

## What it does

Finds `trackio.init(...)` before the training of a trainer that reports to Trackio.

## Why it costs you

The Trainer's callback calls `trackio.init()` by itself when training begins, with the `project`,
`run_name` and `trackio_space_id` of the configuration. Your run stays empty, and its project,
name and Space are not used: the metrics go to the project `huggingface`, without a Space on the
disk of the job, which is gone afterwards (transformers 5 publishes them where the model is
pushed). Since Trackio 0.24, a `trackio.finish()` after the training raises RuntimeError, as the
callback has finished the run.

## Fix

Moves project, name and Space into the configuration, and takes out the calls of `trackio.init` and
`trackio.finish`. Unsafe where something is dropped: `config` (the callback logs the configuration
of the model and of the training), values that the configuration has already, or where the script
logs by itself. None is offered where the configuration is not in the file, or cannot take the values.

## Source

`TrackioCallback` of transformers 4.54 to 5.23 and `init` of Trackio 0.2 to 0.43; run with
transformers 5.23 and Trackio 0.43. The configurations take `project` and `trackio_space_id` since
transformers 4.57; before, the variables TRACKIO_PROJECT and TRACKIO_SPACE_ID are read.

## Since

transformers 4.54.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunesmith.knowledge.versions import InForce, library
from tunesmith.lint.rule import INFORMATION, SAFE, UNSAFE, WARNING, Bad, Finding, Fix, rule
from tunesmith.lint.trackio import PROJECT_SINCE, inits, replacing_run, uses_trackio
from tunesmith.lint.training_runs import TrainingRun, last_training
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Edit, regex

_PARAMETERS = {"project": "project", "name": "run_name", "space_id": "trackio_space_id"}
_POSITIONS = {"project": 0, "name": 1}
_OTHER_USE = regex(r"\btrackio\.(?!init\b|finish\b)\w+\(")
_PROJECT_VARIABLE = "TRACKIO_PROJECT"


@rule(code="OUT010", severity=WARNING, words=("trackio",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if not uses_trackio(script) or "init(" not in script.text:
        return
    transformers = library("transformers", script, project)
    if not transformers.at_least("4.54"):
        return
    for call in inits(script):
        run = replacing_run(call, script, transformers)
        if run and run.configuration and not _is_told_by_environment(script, transformers):
            yield _finding(script, call, run, transformers, library("trackio", script, project))


def _is_told_by_environment(script: PythonScript, transformers: InForce) -> bool:
    return _PROJECT_VARIABLE in script.text and not transformers.at_least("5.2")


def _finding(
    script: PythonScript,
    call: Call,
    run: TrainingRun,
    transformers: InForce,
    trackio: InForce,
) -> Finding:
    given = _given(call)
    configuration = run.configuration
    assert configuration
    missing = [name for name in given if configuration.value(_PARAMETERS[name]) is ABSENT]
    lost = missing
    if trackio.below("0.24"):
        lost = [name for name in lost if name != "space_id"]  # the server of the first run stays
    message = (
        f"The Trainer of transformers {transformers.version} starts its own Trackio run when "
        "training begins: this one stays empty"
    )
    if lost:
        names = " and ".join([*([", ".join(lost[:-1])] if lost[1:] else []), lost[-1]])
        message += f", and its {names} {'are' if lost[1:] else 'is'} not used"
    message += "." + _advice(missing, run, transformers)
    fix = _move(script, call, run) if transformers.at_least(PROJECT_SINCE) else None
    severity = WARNING if lost else INFORMATION
    return Finding(call.callee_span, message, fix, severity, rests_on=[transformers])


def _advice(missing: Sequence[str], run: TrainingRun, transformers: InForce) -> str:
    if not missing:
        return ""
    if transformers.at_least(PROJECT_SINCE):
        names = ", ".join(f"{_PARAMETERS[name]}=" for name in missing)
        return f" Give {run.configuration_name} {names}."
    return f" Set the variables {_PROJECT_VARIABLE} and TRACKIO_SPACE_ID, and run_name=."


def _given(call: Call) -> dict[str, Argument]:
    found = {name: call.argument(name, _POSITIONS.get(name)) for name in _PARAMETERS}
    return {name: argument for name, argument in found.items() if argument}


def _move(script: PythonScript, call: Call, run: TrainingRun) -> Fix | None:
    statement, configuration = script.statement_of(call), run.configuration
    if statement is None or configuration is None or call.has_unknown_keywords:
        return None
    given = _given(call)
    values = {n: configuration.value(_PARAMETERS[n]) for n in given}
    moved = [name for name, value in values.items() if value is ABSENT]
    for name in moved:
        if not script.is_available_at(given[name].value_node, configuration.node):
            return None
    keywords = [f"{_PARAMETERS[n]}={script.text_of(given[n].value_node)}" for n in moved]
    edits = [script.statement_removal(statement), *_finish_removals(script)]
    if keywords:
        text = _separator(script, configuration).join(keywords)
        edits.append(script.keyword_insertion(configuration, text))
    if len(edits) == 1 or not list(script.calls("trackio.finish")):
        edits += script.import_removal(call)
    is_all = len(moved) == len(call.arguments) and not _OTHER_USE.search(script.text)
    title = f"Let {run.configuration_name} start the Trackio run"
    return Fix(title, edits, SAFE if is_all else UNSAFE)


def _finish_removals(script: PythonScript) -> Iterator[Edit]:
    """The callback finishes the run, and a second `finish` raises."""
    for call in script.calls("trackio.finish"):
        statement = script.statement_of(call)
        if statement and call.span.start > last_training(script):
            yield script.statement_removal(statement)


def _separator(script: PythonScript, call: Call) -> str:
    """A line break with indentation, where each argument has its own line."""
    if not call.arguments:
        return ", "
    start = script.span(call.arguments[-1].node).start
    line = script.text[script.text.rfind("\n", 0, start) + 1 : start]
    return ", " if line.strip() else f",\n{line}"


_TRAINER = (
    "SFTTrainer(model='m', train_dataset=data, args=SFTConfig(report_to='trackio')).train()\n"
)
BAD = [
    Bad(
        "import trackio\n"
        "from trl import SFTConfig, SFTTrainer\n\n"
        'trackio.init(project="therapy", name="first", space_id="me/trackio", config={"lr": 1e-4})\n'
        "config = SFTConfig(\n"
        '    output_dir="out",\n'
        '    report_to="trackio",\n'
        ")\n"
        'trainer = SFTTrainer(model="Qwen/Qwen3-0.6B", args=config, train_dataset=data)\n'
        "trainer.train()\n"
        "trainer.push_to_hub()\n"
        "trackio.finish()\n",
        at="trackio.init",
        fixed="import trackio\n"
        "from trl import SFTConfig, SFTTrainer\n\n"
        "config = SFTConfig(\n"
        '    output_dir="out",\n'
        '    report_to="trackio",\n'
        '    project="therapy",\n'
        '    run_name="first",\n'
        '    trackio_space_id="me/trackio",\n'
        ")\n"
        'trainer = SFTTrainer(model="Qwen/Qwen3-0.6B", args=config, train_dataset=data)\n'
        "trainer.train()\n"
        "trainer.push_to_hub()\n",
    ),
    Bad(
        "import trackio\n"
        "from transformers import Trainer, TrainingArguments\n\n"
        'trackio.init("therapy")\n'
        'arguments = TrainingArguments("out", report_to=["trackio"], project="therapy")\n'
        "Trainer(model, arguments).train()\n",
        at="trackio.init",
        fixed="from transformers import Trainer, TrainingArguments\n\n"
        'arguments = TrainingArguments("out", report_to=["trackio"], project="therapy")\n'
        "Trainer(model, arguments).train()\n",
        severity=INFORMATION,
    ),
    Bad(
        '# /// script\n# dependencies = ["transformers==4.55.4", "trl==0.21.0"]\n# ///\n'
        "import trackio\nfrom trl import SFTConfig, SFTTrainer\n\n"
        "trackio.init(project='therapy')\n" + _TRAINER,
        at="trackio.init",
    ),
]
GOOD = [
    "import trackio\nfrom trl import SFTConfig, SFTTrainer\n\n"
    "trackio.init(project='therapy')\n" + _TRAINER.replace("trackio", "none"),
    "import trackio\nfrom trl import SFTConfig, SFTTrainer\n\n"
    + _TRAINER
    + "trackio.init(project='results')\ntrackio.log({'score': 1})\n",
    "import trackio\nfrom trl import SFTConfig, SFTTrainer\n\n"
    "trackio.init(project='data')\ntrackio.log({'rows': 1})\ntrackio.finish()\n" + _TRAINER,
    "import trackio\n\ntrackio.init(project='loop')\nmodel.train()\n",
    "import wandb\nfrom trl import SFTConfig, SFTTrainer\n\nwandb.init(project='p')\n" + _TRAINER,
    '# /// script\n# dependencies = ["transformers @ git+https://example.com/t"]\n# ///\n'
    "import trackio\nfrom trl import SFTConfig, SFTTrainer\n\ntrackio.init('p')\n" + _TRAINER,
]
