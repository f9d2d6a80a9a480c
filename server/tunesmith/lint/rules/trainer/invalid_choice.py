"""A value that an argument does not take.

## What it does

Finds strings given to arguments of configurations of transformers that the release in
force refuses: `eval_strategy="epochs"`, `optim="adamw_8bits"`.

## Why it costs you

The call raises ValueError, on a job after the image and the dependencies have been loaded and paid
for.

## Fix

Writes the value that is taken and that differs in few letters (unsafe: it is a guess).

## Source

The checks and types of the parameters in every release of the libraries that the tables hold: of
transformers, the enumerations that `TrainingArguments.__post_init__` converts to. Silent where the
release is unknown, where the value cannot be told, and where unsloth is imported.

## Since

All releases.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from tunesmith.lint.arguments import settled
from tunesmith.lint.keywords import is_certain, library_calls, taker
from tunesmith.lint.rule import ERROR, UNSAFE, Bad, Finding, Fix, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.text import Edit

_CHECKED = frozenset(
    [
        "eval_strategy",
        "evaluation_strategy",
        "hub_strategy",
        "logging_strategy",
        "lr_scheduler_type",
        "optim",
        "save_strategy",
    ]
)
"""Enumerations of `TrainingArguments`: each is converted, and raises, when it is made."""
_CLOSE = 0.8


@rule(code="TRN015", severity=ERROR, words=sorted(_CHECKED))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if script.imports("unsloth"):
        return
    for call in library_calls(script):
        if call.name.endswith(("Config", "TrainingArguments")) and call.own_class is None:
            yield from _invalid(script, project, call)


def _invalid(script: PythonScript, project: Project, call: Call) -> Iterator[Finding]:
    found = settled(call, script, project)
    for argument in call.arguments if found else ():
        name, value = argument.name or "", argument.value
        if found is None or name not in _CHECKED or not isinstance(value, str):
            continue
        taken = found.signature.parameters.get(name)
        choices = _strings(taken.facts.choices) if taken else ()
        if choices and value not in choices and is_certain(script, call, argument):
            close = next(iter(get_close_matches(value, choices, n=1, cutoff=_CLOSE)), None)
            yield Finding(
                argument.value_span,
                f"{taker(call.name, found.rests_on)} takes no {name}={value!r} and raises "
                f"ValueError. It takes {_listed(choices)}.",
                _fix(script, argument, value, close),
                rests_on=found.rests_on,
            )


def _strings(choices: Sequence[str] | None) -> Sequence[str]:
    values = [ast.literal_eval(each) for each in choices or ()]
    return [value for value in values if isinstance(value, str)]


def _listed(choices: Sequence[str]) -> str:
    shown = ", ".join(choices[:6])
    return f"{shown} and {len(choices) - 6} more" if len(choices) > 6 else shown


def _fix(script: PythonScript, argument: Argument, value: str, close: str | None) -> Fix | None:
    span = argument.value_span
    written = script.text[span.start : span.end]
    if close is None or written[1:-1] != value:
        return None
    edit = Edit(span, f"{written[0]}{close}{written[-1]}")
    return Fix(f"Write {close}", [edit], UNSAFE)


_SFT = "from trl import SFTConfig\n\n"
BAD = [
    Bad(
        _SFT + 'SFTConfig(eval_strategy="epochs")\n',
        at='"epochs"',
        fixed=_SFT + 'SFTConfig(eval_strategy="epoch")\n',
    ),
    Bad(
        _SFT + 'SFTConfig(output_dir="out", **{"optim": "adamw_of_mine"})\n',
        at='"adamw_of_mine"',
    ),
]
GOOD = [
    _SFT + 'SFTConfig(eval_strategy="epoch", optim="adamw_8bit", lr_scheduler_type="cosine")\n',
    _SFT + "SFTConfig(eval_strategy=when)\n",
    _SFT + "SFTConfig(**options)\n",
    "import unsloth\n" + _SFT + 'SFTConfig(eval_strategy="epochs")\n',
    "from transformers import TrainingArguments, IntervalStrategy\n\n"
    "TrainingArguments(eval_strategy=IntervalStrategy.EPOCH, save_strategy='best')\n",
    '# /// script\n# dependencies = ["trl @ git+https://example.com/trl"]\n# ///\n'
    + _SFT
    + 'SFTConfig(eval_strategy="epochs")\n',
]
