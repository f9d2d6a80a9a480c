"""An argument that no release up to the one in force has.

## What it does

Finds keywords of calls of TRL, transformers, PEFT, datasets, Trackio and huggingface_hub that the
release in force does not take and no earlier one took: misspelled, invented, or newer than the
release. `removed-argument` speaks of those that were taken away, `misplaced-argument` of those that
the trainer's configuration, or the configuration's trainer, takes.

## Why it costs you

The call raises `TypeError: __init__() got an unexpected keyword argument`, on a job after the image
and the dependencies have been loaded and paid for.

## Fix

Writes the name that the object takes and that differs in few letters (unsafe: it is a guess).

## Source

The signatures in every release of the libraries that the tables hold. Silent where the release is
not in the tables, or may be newer than they are; where the object takes any keyword; where an own
class brings a field of that name; and where the script asks for the release or catches the TypeError.

## Since

All releases.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.histories import history
from tunesmith.knowledge.likely import Why
from tunesmith.knowledge.refusals import Refusal
from tunesmith.lint.keyword_fixes import respelled
from tunesmith.lint.keywords import is_elsewhere, is_model_init, refused, shown, taker, title
from tunesmith.lint.rule import ERROR, Bad, Finding, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_snippet import PythonSnippet


@rule(code="TRN011", severity=ERROR)
def check(script: PythonScript | PythonSnippet, project: Project) -> Iterator[Finding]:
    for call, refusal in refused(script, project):
        argument = refusal.argument
        is_others = is_elsewhere(call, refusal) or is_model_init(call, argument)
        if refusal.removed or is_others:
            continue
        close = refusal.likely
        is_here = close is not None and shown(close.object) == shown(call.name)
        yield Finding(
            argument.name_span or argument.span,
            f"{taker(call.name, refusal.rests_on)} takes no {argument.name}"
            f"{_since(call, refusal)} and raises TypeError.{_advice(call, refusal)}",
            respelled(script, call, argument, close.parameter) if close and is_here else None,
            rests_on=refusal.rests_on,
        )


def _since(call: Call, refusal: Refusal) -> str:
    """When the keyword comes, if a newer release takes it."""
    found = history(call.name, refusal.argument.name or "")
    force = next(
        (each for each in refusal.rests_on if found and each.package == found.package), None
    )
    if found is None or force is None or force.version is None:
        return ""
    added = found.added_after(force.version)
    return f" (added in {title(found.package)} {added})" if added else ""


def _advice(call: Call, refusal: Refusal) -> str:
    close = refusal.likely
    if close is None:
        return ""
    if close.why is Why.MISSPELLED and shown(close.object) != shown(call.name):
        return f" Did you mean {close.parameter} of {shown(close.object)}?"
    return f" Did you mean {close.parameter}?"


_TRL_0_24 = '# /// script\n# dependencies = ["trl==0.24.0", "transformers==4.57.1"]\n# ///\n'
BAD = [
    Bad(
        "from trl import SFTConfig\n\nSFTConfig(learning_rat=2e-4)\n",
        at="learning_rat",
        fixed="from trl import SFTConfig\n\nSFTConfig(learning_rate=2e-4)\n",
    ),
    Bad(
        "from peft import LoraConfig\n\nLoraConfig(r=16, lora_alpa=32)\n",
        at="lora_alpa",
        fixed="from peft import LoraConfig\n\nLoraConfig(r=16, lora_alpha=32)\n",
    ),
    Bad(
        _TRL_0_24 + "from trl import SFTTrainer\n\nSFTTrainer('m', quantization_config=config)\n",
        at="quantization_config",
    ),
    Bad(
        "from transformers import TrainingArguments\n\n"
        "TrainingArguments(**{'output_dir': 'out', 'use_mps_backend': True})\n",
        at="'use_mps_backend'",
    ),
    Bad(
        "import trackio\n\ntrackio.init(project='p', no_such_option=1)\n",
        at="no_such_option",
    ),
    Bad(
        "from huggingface_hub import HfApi\n\napi = HfApi(token=token)\n"
        "api.run_uv_job('train.py', flavour='l4x1')\n",
        at="flavour",
        fixed="from huggingface_hub import HfApi\n\napi = HfApi(token=token)\n"
        "api.run_uv_job('train.py', flavor='l4x1')\n",
    ),
]
GOOD = [
    "from huggingface_hub import HfApi\n\nrunner.run_job('image', ['train'], gpus=2)\n",
    "from dataclasses import dataclass\nfrom transformers import TrainingArguments\n\n"
    "@dataclass\nclass Config(TrainingArguments):\n    adapter_rank: int\n\n"
    "Config(output_dir='out', adapter_rank=8)\n",
    "from trl import SFTConfig\n\nSFTConfig(learning_rate=2e-4)\n",
    "from trl import SFTConfig\n\nSFTConfig(max_seq_length=8)\n",
    "from trl import SFTTrainer\n\nSFTTrainer('m', quantization_config=config)\n",
    "from trl import SFTTrainer\n\nSFTTrainer('m', learning_rate=1e-4)\n",
    "from transformers import AutoModelForCausalLM\n\n"
    "AutoModelForCausalLM.from_pretrained('m', anything=1)\n",
    "from transformers import BitsAndBytesConfig\n\nBitsAndBytesConfig(load_in_4bits=True)\n",
    "from datasets import load_dataset\n\nload_dataset('csv', sep=';')\n",
    "from dataclasses import dataclass\nfrom trl import GRPOConfig\n\n"
    "@dataclass\nclass Own(GRPOConfig):\n    servers: int = 1\n\nOwn(servers=2)\n",
    "import trackio\n\ntry:\n    trackio.init(project='p', token=t)\nexcept TypeError:\n"
    "    trackio.init(project='p')\n",
    '# /// script\n# dependencies = ["trl==99.0"]\n# ///\n'
    "from trl import SFTConfig\n\nSFTConfig(brand_new=1)\n",
]
