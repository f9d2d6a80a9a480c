"""An adapter on lm_head, which TRL refuses to train.

## What it does

Finds "lm_head" among the `target_modules` of a LoRA configuration that a TRL trainer gets.

## Why it costs you

SFT, DPO, GRPO, RLOO and KTO compute the loss from `lm_head.weight` itself, so that an adapter on
it would never be trained: since 1.15 the trainer raises ValueError, after the model has been
loaded.

## Fix

Takes "lm_head" out of the list. Unsafe: to train the head, it belongs into `modules_to_save`, which
the trainer takes and which costs a full copy of it.

## Source

`SFTTrainer.__init__` and its like in TRL 1.15 and 1.16. `target_modules="all-linear"` leaves the
head out by itself. Silent where unsloth is imported, which replaces the trainers.

## Since

TRL 1.15.0.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tunesmith.lint.arguments import Settled, settled
from tunesmith.lint.rule import ERROR, UNSAFE, Bad, Finding, Fix, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.sources.python_values import ListValue
from tunesmith.text import Edit, Span

_TRAINERS = tuple(f"trl.{method}Trainer" for method in ("SFT", "DPO", "GRPO", "RLOO", "KTO"))
_HEAD = "lm_head"


@rule(code="TRN032", severity=ERROR, words=(_HEAD,))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if script.imports("unsloth"):
        return
    seen: set[Span] = set()
    for call in script.calls(*_TRAINERS):
        trainer = settled(call, script, project)
        adapter = _adapter(trainer) if trainer else None
        if trainer is None or adapter is None or not trainer.in_force["trl"].at_least("1.15"):
            continue
        argument = adapter.argument("target_modules")
        modules = adapter.value("target_modules")
        names_it = isinstance(modules, ListValue) and _HEAD in modules
        if argument is None or not names_it or argument.span in seen:
            continue
        seen.add(argument.span)
        trl = trainer.in_force["trl"]
        method = call.name.removeprefix("trl.")
        yield Finding(
            argument.name_span or argument.span,
            f"{method} of TRL {trl.version} raises ValueError on an adapter on lm_head, as it "
            "would never be trained. Leave lm_head out of target_modules.",
            _removal(script, argument),
            rests_on=[trl],
        )


def _adapter(trainer: Settled) -> Call | None:
    """The LoRA configuration that a trainer gets, by itself or within the model."""
    given, model = trainer.value("peft_config"), trainer.value("model")
    if given is None and isinstance(model, Call) and model.name == "peft.get_peft_model":
        given = model.value("peft_config", 1)
    return given if isinstance(given, Call) and given.name == "peft.LoraConfig" else None


def _removal(script: PythonScript, argument: Argument) -> Fix | None:
    node = argument.value_node
    elements = node.elements if isinstance(node, cst.List) else ()
    places = [script.span(element.value) for element in elements]
    names = [script.text[place.start + 1 : place.end - 1] for place in places]
    if _HEAD not in names or len(names) < 2:
        return None
    index = names.index(_HEAD)
    if index:
        gone = Span(places[index - 1].end, places[index].end)
    else:
        gone = Span(places[0].start, places[1].start)
    if "#" in script.text[gone.start : gone.end]:
        return None
    return Fix("Leave lm_head out of target_modules", [Edit(gone, "")], UNSAFE)


_SFT = "from peft import LoraConfig\nfrom trl import SFTTrainer\n\n"
_OLD = '# /// script\n# dependencies = ["trl==1.14.0"]\n# ///\n'

BAD = [
    Bad(
        _SFT + "lora = LoraConfig(r=16, target_modules=['q_proj', 'v_proj', 'lm_head'])\n"
        "SFTTrainer('m', train_dataset=data, peft_config=lora)\n",
        at="target_modules",
        fixed=_SFT + "lora = LoraConfig(r=16, target_modules=['q_proj', 'v_proj'])\n"
        "SFTTrainer('m', train_dataset=data, peft_config=lora)\n",
    ),
    Bad(
        "from peft import LoraConfig, get_peft_model\nfrom trl import DPOTrainer\n\n"
        "MODULES = ['lm_head', 'q_proj']\n"
        "model = get_peft_model(load(), LoraConfig(target_modules=MODULES))\n"
        "DPOTrainer(model, train_dataset=data)\n",
        at="target_modules",
    ),
]
GOOD = [
    _SFT + "lora = LoraConfig(target_modules=['q_proj'], modules_to_save=['lm_head'])\n"
    "SFTTrainer('m', train_dataset=data, peft_config=lora)\n",
    _OLD + _SFT + "lora = LoraConfig(target_modules=['q_proj', 'lm_head'])\n"
    "SFTTrainer('m', train_dataset=data, peft_config=lora)\n",
    "from peft import LoraConfig, get_peft_model\nfrom transformers import Trainer\n\n"
    "model = get_peft_model(load(), LoraConfig(target_modules=['lm_head']))\n"
    "Trainer(model, train_dataset=data)\n",
    _SFT + "lora = LoraConfig(target_modules='all-linear')  # not lm_head\n"
    "SFTTrainer('m', train_dataset=data, peft_config=lora)\n",
]
