"""An evaluation strategy without data to evaluate on.

## What it does

Finds `eval_strategy` (or `evaluation_strategy`) with "steps" or "epoch" in the configuration of a
trainer that gets no `eval_dataset`.

## Why it costs you

The trainer raises ValueError: since transformers 4.46 when it is made, after the model has been
loaded; before, at the first evaluation, after hundreds of paid steps.

## Fix

None: add `eval_dataset`, or leave out the strategy.

## Source

`Trainer.__init__` and `Trainer.get_eval_dataloader` in transformers 4.40 to 5.23; the trainers of
TRL hand `eval_dataset` on to it.

## Since

Every release; the message says when it raises.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import InForce
from tunesmith.lint.arguments import configuration_of, settled
from tunesmith.lint.rule import ERROR, Bad, Finding, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript

_TRAINERS = (
    "transformers.Trainer",
    "transformers.Seq2SeqTrainer",
    *(f"trl.{method}Trainer" for method in ("SFT", "DPO", "GRPO", "RLOO", "KTO", "Reward")),
    "trl.CPOTrainer",
    "trl.ORPOTrainer",
)
_NAMES = ("eval_strategy", "evaluation_strategy")


@rule(code="TRN031", severity=ERROR, words=_NAMES)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    for call in script.calls(*_TRAINERS):
        trainer = settled(call, script, project)
        configuration = configuration_of(trainer, project) if trainer else None
        if trainer is None or configuration is None or call.is_super:
            continue
        if trainer.value("eval_dataset") is not None:
            continue
        for name in _NAMES:
            argument, value = configuration.argument(name), configuration.value(name)
            if argument and value in ("steps", "epoch"):
                transformers = configuration.in_force["transformers"]
                yield Finding(
                    argument.name_span or argument.span,
                    f'{name}="{value}" needs an eval_dataset, and {call.name.rpartition(".")[2]} '
                    f"gets none: {_consequence(transformers)}. Add one, or leave {name} out.",
                    rests_on=[transformers],
                )


def _consequence(transformers: InForce) -> str:
    library = f"transformers {transformers.version}"
    if transformers.below("4.46"):
        return f"{library} raises ValueError at the first evaluation"
    return f"{library} raises ValueError when the trainer is made"


_SFT = "from trl import SFTConfig, SFTTrainer\n\n"
_OLD = '# /// script\n# dependencies = ["trl==0.9.6", "transformers==4.44.2"]\n# ///\n'

BAD = [
    Bad(
        _SFT + "config = SFTConfig(\n    output_dir='out',\n    eval_strategy='steps',\n)\n"
        "trainer = SFTTrainer(model='m', args=config, train_dataset=data)\n",
        at="eval_strategy",
    ),
    Bad(
        "from transformers import Trainer, TrainingArguments\n\n"
        "args = TrainingArguments('out', eval_strategy='epoch')\n"
        "Trainer(load(), args, train_dataset=data['train'], eval_dataset=None)\n",
        at="eval_strategy",
    ),
    Bad(
        _OLD + "from transformers import Trainer, TrainingArguments\n\n"
        "args = TrainingArguments('out', evaluation_strategy='epoch')\n"
        "Trainer(model=load(), args=args, train_dataset=data['train'])\n",
        at="evaluation_strategy",
    ),
]
GOOD = [
    _SFT + "SFTTrainer('m', SFTConfig(eval_strategy='steps'), train_dataset=a, eval_dataset=b)\n",
    _SFT + "SFTTrainer('m', SFTConfig(eval_strategy='no'), train_dataset=a)\n",
    _SFT + "SFTTrainer('m', SFTConfig(eval_strategy='steps'), **data)\n",
    _SFT + "SFTTrainer('m', SFTConfig(eval_strategy='steps' if test else 'no'), train_dataset=a)\n",
    _SFT + "trainer = SFTTrainer('m', SFTConfig(eval_strategy='steps'), train_dataset=a)\n"
    "trainer.eval_dataset = test\n",
    "from transformers import Trainer, TrainingArguments\n\n"
    "class Own(Trainer):\n    def __init__(self, args):\n"
    "        super().__init__(args=args, eval_dataset=load())\n\n"
    "Own(TrainingArguments(eval_strategy='epoch'))\n",
    "from trl import GRPOConfig, GRPOTrainer\n\n"
    "GRPOTrainer('m', f, GRPOConfig(eval_strategy='steps'), train, test)\n",
]
