"""A learning rate that does not suit an adapter.

## What it does

Finds `SFTTrainer` and `Trainer` with a LoRA adapter and a `learning_rate` of 0.002 or more, or of 0.000005 or
less.

## Why it costs you

LoRA adapters are fine-tuned with about 1e-4 to 2e-4. At ten times that, training diverges; at the
small rates of full fine-tuning or reinforcement learning, the adapter hardly moves: the job is
paid for and the model answers as before.

## Fix

None: 2e-4 is a good start, 5e-5 to 1e-4 for longer training.

## Source

PEFT's and TRL's documentation of LoRA ("LoRA Without
Regret": ten times the rate of full fine-tuning). Silent for DPO, GRPO and their like, which use
far smaller rates, for small classifiers, which take larger ones, and for methods other than LoRA.

## Since

Every release.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.arguments import Settled, configuration_of, settled
from tunesmith.lint.rule import WARNING, Bad, Finding, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.text import regex_with_words

_TOO_SMALL, _TOO_LARGE = 5e-6, 2e-3
_CLASSIFIES = regex_with_words(
    r"(?:SEQ|TOKEN)_CLS|For(?:Sequence|Token|Image)Classification", ("_CLS", "Classification")
)


@rule(code="TRN038", severity=WARNING, words=("learning_rate",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if "LoraConfig" not in script.text or _CLASSIFIES.search(script.text):
        return
    for call in script.calls("trl.SFTTrainer", "transformers.Trainer"):
        trainer = settled(call, script, project)
        configuration = configuration_of(trainer, project) if trainer else None
        if trainer is None or configuration is None or not _has_adapter(trainer):
            continue
        argument = configuration.argument("learning_rate")
        rate = configuration.value("learning_rate")
        if argument is None or type(rate) not in (float, int) or not isinstance(rate, (float, int)):
            continue
        if rate >= _TOO_LARGE or 0 < rate <= _TOO_SMALL:
            direction = "above" if rate >= _TOO_LARGE else "below"
            effect = "training diverges" if rate >= _TOO_LARGE else "the adapter hardly learns"
            yield Finding(
                argument.span,
                f"The learning rate {rate:g} is far {direction} what LoRA adapters are trained "
                f"with (about 1e-4 to 2e-4): {effect}.",
            )


def _has_adapter(trainer: Settled) -> bool:
    """Whether a trainer gets a LoRA configuration, by itself or within its model."""
    given, model = trainer.value("peft_config"), trainer.value("model")
    if isinstance(model, Call) and model.name == "peft.get_peft_model":
        given = model.value("peft_config", 1)
    return isinstance(given, Call) and given.name == "peft.LoraConfig"


_SFT = (
    "from peft import LoraConfig\nfrom trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer\n\n"
)

BAD = [
    Bad(
        _SFT + "config = SFTConfig(output_dir='out', learning_rate=1e-6)\n"
        "SFTTrainer('m', config, train_dataset=data, peft_config=LoraConfig(r=16))\n",
        at="learning_rate=1e-6",
    ),
    Bad(
        _SFT + "SFTTrainer('m', SFTConfig(learning_rate=2e-2), peft_config=LoraConfig())\n",
        at="learning_rate=2e-2",
    ),
    Bad(
        "from peft import LoraConfig, get_peft_model\n"
        "from transformers import Trainer, TrainingArguments\n\n"
        "model = load()\nmodel = get_peft_model(model, LoraConfig(r=8))\n"
        "Trainer(model=model, args=TrainingArguments('out', learning_rate=1e-6))\n",
        at="learning_rate=1e-6",
    ),
]
GOOD = [
    "from peft import LoraConfig, get_peft_model\n"
    "from transformers import Trainer, TrainingArguments\n\n"
    "model = get_peft_model(load(), LoraConfig(task_type='TOKEN_CLS'))\n"
    "Trainer(model=model, args=TrainingArguments('out', learning_rate=2e-3))\n",
    _SFT + "SFTTrainer('m', SFTConfig(learning_rate=2e-4), peft_config=LoraConfig())\n",
    _SFT + "SFTTrainer('m', SFTConfig(learning_rate=1e-6), train_dataset=data)\n",
    _SFT + "DPOTrainer('m', args=DPOConfig(learning_rate=5e-6), peft_config=LoraConfig())\n",
    _SFT + "SFTTrainer('m', SFTConfig(learning_rate=rate), peft_config=LoraConfig())\n",
]
