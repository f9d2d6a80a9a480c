"""Packed examples that see each other, as the attention does not know their borders.

## What it does

Finds `packing=True` for a model that attends with "sdpa" (the default) or "eager", in releases
where only Flash Attention keeps packed examples apart.

## Why it costs you

Packing writes several examples behind each other. Before transformers 4.53 only Flash Attention
reads their borders from the positions; elsewhere every example attends to those before it in its
pack, and learns from text that has nothing to do with it. TRL warns in the log.

## Fix

None: set `attn_implementation`, turn packing off, or take transformers 4.53 or newer.

## Source

The warnings of `SFTTrainer` in TRL 0.19 to 1.15; `find_packed_sequence_indices` in
`masking_utils.py` of transformers, which builds the borders into the mask since 4.53.

## Since

TRL 0.19.0, with transformers before 4.53.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import library
from tunesmith.lint.arguments import Settled, configuration_of, settled
from tunesmith.lint.rule import INFORMATION, Bad, Finding, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_values import DictValue, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN

_KEYWORD = "attn_implementation"


@rule(code="TRN043", severity=INFORMATION, words=("packing",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if script.imports("unsloth"):
        return
    for call in script.calls("trl.SFTTrainer"):
        trainer = settled(call, script, project)
        configuration = configuration_of(trainer, project) if trainer else None
        if trainer is None or configuration is None:
            continue
        transformers, trl = library("transformers", script, project), trainer.in_force["trl"]
        argument = configuration.argument("packing")
        if argument is None or not transformers.below("4.53") or not trl.at_least("0.19"):
            continue
        strategy = configuration.value("packing_strategy")
        packs = configuration.value("packing") is True and strategy in ("ffd", "bfd")
        if packs and _attention(trainer, configuration) in (ABSENT, None, "sdpa", "eager"):
            yield Finding(
                argument.name_span or argument.span,
                "Packed examples attend to each other: transformers "
                f"{transformers.version} keeps them apart with Flash Attention only. Set "
                f"{_KEYWORD}, or take transformers 4.53 or newer.",
                rests_on=[transformers, trl],
            )


def _attention(trainer: Settled, configuration: Settled) -> Value:
    model = trainer.value("model")
    if isinstance(model, Call):
        loads = model.name.startswith("transformers.AutoModelFor")
        return model.value(_KEYWORD) if loads else UNKNOWN
    kwargs = configuration.value("model_init_kwargs") if isinstance(model, str) else UNKNOWN
    return kwargs.value(_KEYWORD) if isinstance(kwargs, DictValue) else kwargs


_OLD = '# /// script\n# dependencies = ["trl==0.19.1", "transformers==4.52.4"]\n# ///\n'
_SFT = "from trl import SFTConfig, SFTTrainer\n\n"

BAD = [
    Bad(
        _OLD + _SFT + "SFTTrainer('m', args=SFTConfig('out', packing=True), train_dataset=data)\n",
        at="packing",
    ),
]
GOOD = [
    _SFT + "SFTTrainer('m', args=SFTConfig('out', packing=True), train_dataset=data)\n",
    _OLD + _SFT + "SFTTrainer('m', args=SFTConfig('out', packing=False), train_dataset=data)\n",
    _OLD + _SFT + "config = SFTConfig('out', packing=True, "
    "model_init_kwargs={'attn_implementation': 'flash_attention_2'})\n"
    "SFTTrainer('m', args=config, train_dataset=data)\n",
    _OLD + _SFT + "SFTTrainer(load(), args=SFTConfig('out', packing=True), train_dataset=data)\n",
]
