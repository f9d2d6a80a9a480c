"""A value that an argument does not take.

## What it does

Finds strings given to arguments of the configurations of transformers, TRL and PEFT that the release
in force refuses: `eval_strategy="epochs"`, `optim="adamw_8bits"`, `loss_type="grop"`,
`bias="None"`, `task_type="CAUSALLM"`, `init_lora_weights="xavier"`, `target_modules="all_linear"`,
and a list of losses with such a name in it.

## Why it costs you

The call raises ValueError, on a job after the image and the dependencies have been loaded and paid
for. `loss_type` and `scale_rewards` are only looked at in the first step, `bias`, `init_lora_weights`
and `target_modules` when the model has been loaded.

## Fix

Writes the value that is taken and that differs in few letters (unsafe: it is a guess).

## Source

The checks and types of the parameters in every release of the libraries that the tables hold: of
transformers, the enumerations that `TrainingArguments.__post_init__` converts to; of TRL, what
its trainers compare with; of PEFT, `config.py` and `tuners_utils.py`. Silent where the
release is unknown, where the value cannot be told, and where unsloth is imported.

## Since

All releases.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tunesmith.lint.arguments import Settled, settled
from tunesmith.lint.choices import CHECKED, CONVERTED, LISTS, PREFIXES, SINCE
from tunesmith.lint.keywords import is_certain, library_calls, taker
from tunesmith.lint.rule import ERROR, UNSAFE, Bad, Finding, Fix, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.sources.python_values import ListValue
from tunesmith.text import Edit, close_matches

_WORDS = sorted(
    CONVERTED.union(*CHECKED.values()).union(name for _, name in SINCE) | {"target_modules"}
)
_CLOSE = 0.8
_ALL = "all-linear"


@rule(code="TRN015", severity=ERROR, words=_WORDS)
def check(script: PythonScript | PythonSnippet, project: Project) -> Iterator[Finding]:
    if script.imports("unsloth"):
        return
    for call in library_calls(script):
        if call.name.endswith(("Config", "TrainingArguments")) and call.own_class is None:
            yield from _invalid(script, project, call)


def _invalid(script: PythonScript, project: Project, call: Call) -> Iterator[Finding]:
    found = settled(call, script, project)
    for argument in call.arguments if found else ():
        name = argument.name or ""
        refused = _refused(found, argument) if found else None
        if found and refused and is_certain(script, call, argument):
            value, choices = refused
            close = next(iter(close_matches(value, choices, n=1, cutoff=_CLOSE)), None)
            yield Finding(
                argument.value_span,
                f"{taker(call.name, found.rests_on)} takes no {name}={value!r} and raises "
                f"{_error(name)}. It takes {_listed(choices)}.",
                _fix(script, argument, value, close),
                rests_on=found.rests_on,
            )


def _refused(found: Settled, argument: Argument) -> tuple[str, Sequence[str]] | None:
    """A string that an argument does not take, or a list of losses not; and what it takes."""
    name, value = argument.name or "", argument.value
    is_list = isinstance(value, ListValue) and (found.call.name, name) in LISTS
    for each in value.elements if is_list and isinstance(value, ListValue) else [value]:
        choices = _choices(found, name, each) if isinstance(each, str) else ()
        if isinstance(each, str) and choices and not _takes(choices, name, each):
            return each, choices
    return None


def _takes(choices: Sequence[str], name: str, value: str) -> bool:
    return value.lower().startswith(tuple(choices)) if name in PREFIXES else value in choices


def _choices(found: Settled, name: str, value: str) -> Sequence[str]:
    """What an argument takes in the release in force; nothing where that is not known."""
    taken = found.signature.parameters.get(name)
    object_ = found.call.name
    if taken and (name in CONVERTED or name in CHECKED.get(object_, ())):
        return _strings(taken.facts.choices)
    own = found.rests_on[0]
    known = [choices for since, choices in SINCE.get((object_, name), ()) if own.at_least(since)]
    if known:
        return known[-1]
    may_be_misspelt = (object_, name) == ("peft.LoraConfig", "target_modules") and value != _ALL
    return [_ALL] if may_be_misspelt and close_matches(value, [_ALL], cutoff=_CLOSE) else ()


def _error(name: str) -> str:
    return "NotImplementedError" if name == "bias" else "ValueError"


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
_LORA = "from peft import LoraConfig, TaskType\n\n"
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
    Bad(
        "from trl import GRPOConfig\n\nGRPOConfig('out', loss_type='dr-grpo')\n",
        at="'dr-grpo'",
        fixed="from trl import GRPOConfig\n\nGRPOConfig('out', loss_type='dr_grpo')\n",
    ),
    Bad(
        "from trl import DPOConfig\n\nDPOConfig('out', loss_type='sigmoidal')\n",
        at="'sigmoidal'",
        fixed="from trl import DPOConfig\n\nDPOConfig('out', loss_type='sigmoid')\n",
    ),
    Bad(_LORA + "LoraConfig(r=16, bias='None')\n", at="'None'"),
    Bad(
        _LORA + "LoraConfig(r=16, task_type='CAUSALLM')\n",
        at="'CAUSALLM'",
        fixed=_LORA + "LoraConfig(r=16, task_type='CAUSAL_LM')\n",
    ),
    Bad(
        _LORA + "LoraConfig(target_modules='all_linear')\n",
        at="'all_linear'",
        fixed=_LORA + "LoraConfig(target_modules='all-linear')\n",
    ),
    Bad(_LORA + "LoraConfig(init_lora_weights='xavier')\n", at="'xavier'"),
    Bad(
        "from trl import DPOConfig\n\nDPOConfig('out', loss_type=['sigmoid', 'stf'])\n",
        at="['sigmoid', 'stf']",
    ),
    Bad(
        "from trl import GRPOConfig\n\nGRPOConfig('out', scale_rewards='groups')\n",
        at="'groups'",
        fixed="from trl import GRPOConfig\n\nGRPOConfig('out', scale_rewards='group')\n",
    ),
]
GOOD = [
    _LORA + "LoraConfig(init_lora_weights='pissa_niter_16')\n",
    _LORA + "LoraConfig(init_lora_weights='Gaussian' if gaussian else True)\n",
    _LORA + "LoraConfig(init_lora_weights='Gaussian')\nLoraConfig(init_lora_weights=False)\n",
    "from trl import GRPOConfig\n\nGRPOConfig('out', scale_rewards=False)\n",
    _LORA + "LoraConfig(bias='lora_only', task_type=TaskType.CAUSAL_LM, target_modules='.*proj')\n",
    "from trl import DPOConfig\n\nDPOConfig('out', loss_type=['sigmoid', 'sft'])\n",
    '# /// script\n# dependencies = ["peft==0.12.0"]\n# ///\n'
    + _LORA
    + "LoraConfig(task_type='mine')\n",
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
