"""Arguments that the library refuses together.

## What it does

Finds arguments of configurations and trainers that are each fine and raise together: `fp16` with
`bf16`, `load_best_model_at_end` with strategies that differ, `peft_config` with a model that has
an adapter, a collator with packing, and the like; defaults count as well.

## Why it costs you

transformers and TRL raise ValueError, most of them only after the model has been loaded, on a
machine that is paid for.

## Fix

None: which of the arguments is meant, only you know.

## Source

The `raise ValueError` of the trainers and configurations of TRL 0.7 to 1.16 and of transformers
4.40 to 5.23, and the calls themselves, run with the newest releases (`npm run test:heavy`). Silent
where unsloth is imported: it repairs some of them. An evaluation without data has its own rule,
eval-without-dataset, and so has model_init_kwargs, model-init-kwargs-with-loaded-model.

## Since

By the arguments: the message names the release that raises.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import InForce
from tunesmith.lint.arguments import Settled, configuration_of, settled
from tunesmith.lint.conflicts import CONFLICTS, PROCESSES, Conflict
from tunesmith.lint.flavors import flavors_of
from tunesmith.lint.rule import ERROR, Bad, Finding, Good, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.sources.python_values import Value
from tunesmith.sources.unknown import UNKNOWN

_OBJECTS = sorted({name for conflict in CONFLICTS for name in conflict.objects})
_CONFIGURATION = "args."


@rule(code="TRN030", severity=ERROR)
def check(script: PythonScript | PythonSnippet, project: Project) -> Iterator[Finding]:
    if ("trl" not in script.text and "transformers" not in script.text) or script.imports(
        "unsloth"
    ):
        return
    for call in script.calls(*_OBJECTS):
        made = settled(call, script, project)
        if made is None:
            continue
        configuration = configuration_of(made, project)
        processes = _processes(script, project)
        for conflict in CONFLICTS:
            if call.name in conflict.objects:
                yield from _found(conflict, made, configuration, processes)


def _release(conflict: Conflict, made: Settled, configuration: Settled | None) -> InForce | None:
    """The release that raises; None where none does, or where it is unknown."""
    in_force = {**(configuration.in_force if configuration else {}), **made.in_force}
    release = in_force.get(conflict.package)
    if release is None or release.version is None:
        return None
    is_old = conflict.since is not None and release.below(conflict.since)
    is_new = conflict.before is not None and not release.below(conflict.before)
    return None if is_old or is_new else release


def _found(
    conflict: Conflict, made: Settled, configuration: Settled | None, processes: Value
) -> Iterator[Finding]:
    release = _release(conflict, made, configuration)
    if release is None:
        return
    values = [
        processes if name == PROCESSES else _value(name, made, configuration)
        for name in conflict.names
    ]
    given = [_argument(name, made, configuration) for name in conflict.names]
    place = next((each for each in given if each), None)
    if place is None or any(value is UNKNOWN for value in values) or not conflict.holds(*values):
        return
    library = f"{'TRL' if conflict.package == 'trl' else conflict.package} {release.version}"
    message = conflict.message.format(*values, package=library)
    yield Finding(place.name_span or place.span, message, rests_on=[release])


def _processes(script: PythonScript, project: Project) -> Value:
    """1 where every start is by `hf jobs uv run` on one GPU; else it cannot be told."""
    flavors = flavors_of(script, project)
    is_one = bool(flavors) and all(each.accelerators <= 1 for each in flavors)
    return 1 if is_one else UNKNOWN


def _value(name: str, made: Settled, configuration: Settled | None) -> Value:
    if name.startswith(_CONFIGURATION):
        inner = name.removeprefix(_CONFIGURATION)
        return _value(inner, configuration, None) if configuration else UNKNOWN
    old_name = {"eval_strategy": "evaluation_strategy"}.get(name, name)
    return made.value(old_name if made.argument(old_name) else name)


def _argument(name: str, made: Settled, configuration: Settled | None) -> Argument | None:
    if name.startswith(_CONFIGURATION):
        inner = name.removeprefix(_CONFIGURATION)
        return configuration.argument(inner) if configuration else None
    return made.argument(name)


_TRL_0_18 = '# /// script\n# dependencies = ["trl==0.18.0", "transformers==4.52.4"]\n# ///\n'
_SFT = "from trl import SFTConfig, SFTTrainer\n\n"

_GRPO = (
    "from trl import GRPOConfig\n\nGRPOConfig(per_device_train_batch_size=2{}, num_generations=8)\n"
)
_ONE_GPU = {"run.sh": "hf jobs uv run --flavor a100-large --timeout 2h train.py\n"}

BAD = [
    Bad(_GRPO.format(", gradient_accumulation_steps=2"), at="num_generations", beside=_ONE_GPU),
    Bad(_GRPO.format(", generation_batch_size=12"), at="num_generations"),
    Bad(
        "from transformers import TrainingArguments\n\n"
        'TrainingArguments(output_dir="out", fp16=True, bf16=True)\n',
        at="fp16",
    ),
    Bad(
        _SFT + 'SFTConfig(output_dir="out", load_best_model_at_end=True, eval_strategy="epoch")\n',
        at="load_best_model_at_end",
    ),
    Bad(
        _SFT + "SFTConfig(load_best_model_at_end=True, "
        'save_strategy="steps", eval_strategy="steps", save_steps=250, eval_steps=100)\n',
        at="load_best_model_at_end",
    ),
    Bad(
        _SFT + "args = SFTConfig(packing=True)\n"
        "SFTTrainer('m', args=args, train_dataset=data, data_collator=Collate())\n"
        "class Collate: ...\n",
        at="data_collator",
    ),
    Bad(
        "from peft import LoraConfig, get_peft_model\n"
        "from transformers import AutoModelForCausalLM\n" + _SFT + "lora = LoraConfig(r=16)\n"
        "model = AutoModelForCausalLM.from_pretrained('m')\n"
        "model = get_peft_model(model, lora)\n"
        "SFTTrainer(model=model, train_dataset=data, peft_config=lora)\n",
        at="peft_config",
    ),
    Bad(
        "from transformers import BitsAndBytesConfig\n\n"
        "BitsAndBytesConfig(load_in_4bit=True, load_in_8bit=True)\n",
        at="load_in_8bit",
    ),
    Bad(
        "from datasets import load_dataset\n" + _SFT + "data = load_dataset('d', split='train', "
        "streaming=True)\nSFTTrainer('m', SFTConfig(), train_dataset=data)\n",
        at="train_dataset",
    ),
    Bad(
        _SFT + "def as_text(row):\n    return row['q']\n\n"
        "config = SFTConfig(completion_only_loss=True)\n"
        "SFTTrainer('m', config, train_dataset=data, formatting_func=as_text)\n",
        at="formatting_func",
    ),
]
GOOD = [
    _GRPO.format(", gradient_accumulation_steps=2"),
    Good(_GRPO.format(", gradient_accumulation_steps=4"), beside=_ONE_GPU),
    "from transformers import TrainingArguments\n\n"
    "TrainingArguments(fp16=not has_bf16(), bf16=has_bf16())\n",
    _SFT + "SFTConfig(fp16=True)\nSFTConfig(bf16=True, fp16=False)\n",
    _SFT + 'SFTConfig(load_best_model_at_end=True, eval_strategy="steps", eval_steps=250)\n',
    _SFT + 'SFTConfig(load_best_model_at_end=True, save_strategy="best", eval_strategy="epoch")\n',
    _SFT + "config = SFTConfig(fp16=True, bf16=True)\nconfig.fp16 = False\n",
    "import unsloth\n" + _SFT + "SFTConfig(fp16=True, bf16=True)\n",
    _SFT
    + "SFTTrainer('m', SFTConfig(packing=True, packing_strategy='wrapped'), data_collator=f())\n",
    _TRL_0_18 + "from peft import LoraConfig, get_peft_model\n" + _SFT + "lora = LoraConfig()\n"
    "SFTTrainer(get_peft_model(load(), lora), train_dataset=data, peft_config=lora)\n",
    "from peft import LoraConfig, get_peft_model\n" + _SFT + "model, lora = load(), LoraConfig()\n"
    "if own:\n    model = get_peft_model(model, lora)\n"
    "SFTTrainer(model, train_dataset=data, peft_config=lora)\n",
    _TRL_0_18 + "from transformers import TrainingArguments\n\n"
    "TrainingArguments(load_best_model_at_end=True, eval_strategy=when, save_strategy='epoch')\n",
]
