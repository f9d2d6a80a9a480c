"""Conversations cut off after 1024 tokens, which nobody asked for.

## What it does

Finds `SFTConfig` without `max_length` whose data are conversations: with `assistant_only_loss=True`,
or in a script that loads a known data set of them or writes rows of `messages`.

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
from tunesmith.lint.conversations import makes_conversations
from tunesmith.lint.rule import INFORMATION, UNSAFE, Bad, Finding, Fix, rule
from tunesmith.lint.training_runs import training_runs
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex

_LONG = 2048
_OTHER_DATA = (
    *("unsloth", "formatting_func", "skip_prepare_dataset", "max_seq_length"),
    *("dataset_text_field", "max_length"),
)
_OTHER_COLUMNS = regex(r"[\"'](?:text|prompt|input_ids)[\"']\s*:")


@rule(code="TRN042", severity=INFORMATION, words=("SFTConfig",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    for call in script.calls("trl.SFTConfig"):
        configuration = settled(call, script, project)
        if configuration is None or call.value("max_length") is not ABSENT:
            continue
        length = configuration.value("max_length")
        is_short = type(length) is int and length < _LONG
        is_told = configuration.value("assistant_only_loss") is True
        talks = is_told or _is_for_conversations(script, call)
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


def _is_for_conversations(script: PythonScript, configuration: Call) -> bool:
    """Whether a trainer with this configuration gets rows of messages."""
    text = script.text
    if any(word in text for word in _OTHER_DATA) or not makes_conversations(script):
        return False
    if _OTHER_COLUMNS.search(text):
        return False
    return any(
        run.configuration is configuration and run.trainer.name == "trl.SFTTrainer"
        for run in training_runs(script)
    )


_TRL = "import trl\n\n"
_CHATS = (
    "data = load_dataset('HuggingFaceH4/ultrachat_200k', split='train_sft')\n"
    "trl.SFTTrainer('m', args=trl.SFTConfig('out'%s), train_dataset=data)\n"
)

BAD = [
    Bad(
        _TRL + "trl.SFTConfig(output_dir='out', assistant_only_loss=True)\n",
        at="trl.SFTConfig",
        fixed=_TRL + "trl.SFTConfig(output_dir='out', assistant_only_loss=True, max_length=None)\n",
    ),
    Bad(
        _TRL + _CHATS % "",
        at="trl.SFTConfig",
        fixed=_TRL + _CHATS % ", max_length=None",
    ),
]
GOOD = [
    _TRL + _CHATS % ", max_length=8192",
    _TRL + _CHATS % ",  # 1024 tokens, the default of max_length, do for these\n",
    _TRL + _CHATS.replace("HuggingFaceH4/ultrachat_200k", "me/texts") % "",
    _TRL + "trl.SFTConfig(output_dir='out', assistant_only_loss=True, max_length=8192)\n",
    _TRL + "trl.SFTConfig(output_dir='out', assistant_only_loss=True, packing=True)\n",
    _TRL + "trl.SFTConfig(output_dir='out', assistant_only_loss=False)\n",
    _TRL + "config = trl.SFTConfig(assistant_only_loss=True)\nconfig.max_length = 4096\n",
    _TRL + "trl.SFTConfig(output_dir='out', dataset_text_field='text')\n",
]
