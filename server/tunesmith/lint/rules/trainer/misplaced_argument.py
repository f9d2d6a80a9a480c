"""An argument of a trainer that its configuration takes, or the other way round.

## What it does

Finds keywords given to a trainer that belong in its configuration (`SFTTrainer(learning_rate=…)`),
and keywords given to a configuration that belong to the trainer (`SFTConfig(peft_config=…)`).
`misplaced-model-init-kwargs` speaks of `model_init_kwargs`; `removed-argument` of keywords that the
object took in an earlier release.

## Why it costs you

The call raises `TypeError: __init__() got an unexpected keyword argument`, on a job after the image,
the dependencies and often the data set have been loaded and paid for.

## Fix

Moves the keyword, as it is written, from the trainer into the configuration that it receives, or
makes a configuration where there is none. None is offered where the configuration is not in the file,
already has the keyword, or stands before something that the value needs; nor from a configuration to
the trainer.

## Source

The signatures in every release of TRL and transformers that the tables hold. Silent where unsloth is
imported and moves the keyword by itself.

## Since

All releases.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.keyword_fixes import moved
from tunesmith.lint.keywords import is_elsewhere, is_model_init, refused, shown, taker
from tunesmith.lint.rule import ERROR, Bad, Finding, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_snippet import PythonSnippet


@rule(code="TRN013", severity=ERROR)
def check(script: PythonScript | PythonSnippet, project: Project) -> Iterator[Finding]:
    for call, refusal in refused(script, project):
        argument, meant = refusal.argument, refusal.likely
        is_others = refusal.removed is not None or is_model_init(call, argument)
        if is_others or meant is None or not is_elsewhere(call, refusal):
            continue
        name = "" if meant.parameter == argument.name else f" as {meant.parameter}"
        is_trainer = call.name.endswith("Trainer")
        yield Finding(
            argument.name_span or argument.span,
            f"{taker(call.name, refusal.rests_on)} takes no {argument.name} and raises TypeError. "
            f"It belongs in {shown(meant.object)}{name}.",
            moved(script, project, call, argument, meant) if is_trainer else None,
            rests_on=refusal.rests_on,
        )


BAD = [
    Bad(
        "from trl import SFTConfig, SFTTrainer\n\n"
        "args = SFTConfig(output_dir='out')\n"
        "SFTTrainer('m', args=args, train_dataset=data, learning_rate=2e-4)\n",
        at="learning_rate",
        fixed="from trl import SFTConfig, SFTTrainer\n\n"
        "args = SFTConfig(output_dir='out', learning_rate=2e-4)\n"
        "SFTTrainer('m', args=args, train_dataset=data)\n",
    ),
    Bad(
        "from trl import GRPOTrainer\n\nGRPOTrainer('m', reward, num_generations=8)\n",
        at="num_generations",
        fixed="from trl import GRPOConfig, GRPOTrainer\n\n"
        "GRPOTrainer('m', reward, args=GRPOConfig(num_generations=8))\n",
    ),
    Bad(
        "from trl import SFTConfig, SFTTrainer\n\n"
        "SFTTrainer('m', SFTConfig(peft_config=lora, output_dir='out'))\n",
        at="peft_config",
    ),
    Bad(
        "from transformers import Trainer\n\nTrainer(model=m, args=args, num_train_epochs=3)\n",
        at="num_train_epochs",
    ),
]
GOOD = [
    "from trl import SFTConfig, SFTTrainer\n\n"
    "SFTTrainer('m', args=SFTConfig(learning_rate=2e-4), peft_config=lora)\n",
    "from trl import SFTTrainer\n\nSFTTrainer('m', model_init_kwargs={'dtype': 'auto'})\n",
    "from trl import SFTTrainer\n\nSFTTrainer('m', packing=True)\n",
    "import unsloth\nfrom trl import SFTTrainer\n\nSFTTrainer(m, args=args, learning_rate=1e-4)\n",
    "from trl import SFTTrainer\n\nSFTTrainer('m', **options)\n",
    "from trl import SFTTrainer\n\nclass Own(SFTTrainer):\n"
    "    def __init__(self, *args, learning_rate, **kwargs):\n"
    "        super().__init__(*args, **kwargs)\n\nOwn('m', learning_rate=1e-4)\n",
]
