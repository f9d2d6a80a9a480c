"""Where a script says what decides the memory of a training: to point at, and to change."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from tunesmith.estimate.script import ScriptTraining
from tunesmith.lint.arguments import written_value
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.text import Span

LENGTHS = ("max_length", "max_seq_length")
BATCH = "per_device_train_batch_size"
ACCUMULATION = "gradient_accumulation_steps"
_NUMBER = re.compile(r"[\d_\s*+<()]*\d[\d_\s*+<()]*|None")


class TrainingPlace(NamedTuple):
    """Where something is said.

    Attributes:
        what: "length", "batch", "accumulation", "rank" or "model".
        name: as the script has it.
        spans: the argument, and the assignment of the constant that it is.
        number: the number as written; None where it is computed, and no number of "model".
    """

    what: str
    name: str
    spans: tuple[Span, ...]
    number: Span | None


def training_places(script: PythonScript, training: ScriptTraining) -> Iterator[TrainingPlace]:
    """All places of a training."""
    sources = training.sources
    if sources.arguments:
        call = sources.arguments.call
        for name in LENGTHS:
            yield from _place(script, "length", name, call, sources.arguments.argument(name))
        for what, name in (("batch", BATCH), ("accumulation", ACCUMULATION)):
            yield from _place(script, what, name, call, sources.arguments.argument(name))
    if sources.adapter:
        adapter = sources.adapter
        yield from _place(script, "rank", "r", adapter, adapter.argument("r", 0))
    yield from _model(script, training)


def _model(script: PythonScript, training: ScriptTraining) -> Iterator[TrainingPlace]:
    loaded = training.sources.model
    if isinstance(loaded, Call):
        argument = loaded.argument("pretrained_model_name_or_path", 0)
        yield from _place(script, "model", "model", loaded, argument)
    elif isinstance(loaded, str):
        trainer = training.trainer
        yield from _place(script, "model", "model", trainer, trainer.argument("model", 0))


def _place(
    script: PythonScript, what: str, name: str, call: Call, argument: Argument | None
) -> Iterator[TrainingPlace]:
    if argument is None:
        return
    node = written_value(script, call, argument)
    spans = [argument.span]
    number = None
    if node is not None:
        if node is not argument.value_node:
            spans.append(script.span(_statement(script, node)))
        if _NUMBER.fullmatch(script.text_of(node)):
            number = script.span(node)
    yield TrainingPlace(what, name, tuple(spans), number)


def _statement(script: PythonScript, node: cst.BaseExpression) -> cst.CSTNode:
    return script.enclosing_statement(node)
