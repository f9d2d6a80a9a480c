"""Conversations cut off after 1024 tokens, which nobody asked for.

## What it does

Finds `SFTConfig` without `max_length` whose data must be conversations: with
`assistant_only_loss=True`.

## Why it costs you

The default of 1024 tokens cuts off the end of longer conversations without a word: the last
answers are never trained, nor is the token that ends them. Multi-turn data and data with reasoning
or tools is often longer.

## Fix

Sets `max_length=None`, which cuts nothing. Unsafe: longer sequences take more memory.

## Source

`SFTConfig` in the signatures of TRL 0.16 to 1.16; `SFTTrainer._prepare_dataset` truncates.
`assistant_only_loss` raises for data that is not conversational. Silent with packing, which splits
or drops by its own strategy.

## Since

TRL 0.19, the first release with `assistant_only_loss`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.arguments import settled
from tunesmith.lint.rule import INFORMATION, UNSAFE, Bad, Finding, Fix, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.unknown import ABSENT

_LONG = 2048


@rule(code="TRN042", severity=INFORMATION, words=("assistant_only_loss",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    for call in script.calls("trl.SFTConfig"):
        configuration = settled(call, script, project)
        argument = call.argument("assistant_only_loss")
        if configuration is None or argument is None or call.value("max_length") is not ABSENT:
            continue
        length = configuration.value("max_length")
        is_short = type(length) is int and length < _LONG
        talks = configuration.value("assistant_only_loss") is True
        if is_short and talks and configuration.value("packing") is False:
            trl = configuration.in_force["trl"]
            yield Finding(
                call.callee_span,
                f"SFTConfig of TRL {trl.version} cuts every conversation off after {length} "
                "tokens, its default. Set max_length to what the data needs, or to None.",
                Fix(
                    "Set max_length=None",
                    [script.keyword_insertion(call, "max_length=None")],
                    UNSAFE,
                ),
                rests_on=[trl],
            )


_TRL = "import trl\n\n"

BAD = [
    Bad(
        _TRL + "trl.SFTConfig(output_dir='out', assistant_only_loss=True)\n",
        at="trl.SFTConfig",
        fixed=_TRL + "trl.SFTConfig(output_dir='out', assistant_only_loss=True, max_length=None)\n",
    ),
]
GOOD = [
    _TRL + "trl.SFTConfig(output_dir='out', assistant_only_loss=True, max_length=8192)\n",
    _TRL + "trl.SFTConfig(output_dir='out', assistant_only_loss=True, packing=True)\n",
    _TRL + "trl.SFTConfig(output_dir='out', assistant_only_loss=False)\n",
    _TRL + "config = trl.SFTConfig(assistant_only_loss=True)\nconfig.max_length = 4096\n",
    _TRL + "trl.SFTConfig(output_dir='out', dataset_text_field='text')\n",
]
