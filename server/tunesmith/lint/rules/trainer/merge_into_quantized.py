"""An adapter merged into a model that is loaded in 4 or 8 bits.

## What it does

Finds `merge_and_unload()` on an adapter, or on a trainer's model, whose base model was loaded with
`load_in_4bit`, `load_in_8bit` or a `BitsAndBytesConfig` of these.

## Why it costs you

The weights are unpacked, added to and rounded to 4 or 8 bits again: the adapter's small changes
get lost in the rounding, PEFT warns of "different generations due to rounding errors", and what is
saved is a quantized model that GGUF converters do not read.

## Fix

None: load the base model again in bfloat16, on the CPU if it must be, and merge into that.

## Source

`peft/tuners/lora/bnb.py`, `Linear4bit.merge` and `Linear8bitLt.merge`, PEFT 0.7 to 0.21.
`AutoPeftModelForCausalLM.from_pretrained` hands its keywords on to the loader of the base model.

## Since

PEFT 0.7 for 4 bits; before, merging raises.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tunesmith.lint.arguments import value_at
from tunesmith.lint.rule import WARNING, Bad, Finding, rule
from tunesmith.project import Project
from tunesmith.sources.python_index import CallSite
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_values import DictValue
from tunesmith.text import regex

_MERGE = "merge_and_unload"
_ADAPTERS = ("peft.PeftModel.from_pretrained", "peft.get_peft_model")
_LOADS_BOTH = regex(r"peft\.AutoPeftModel\w*\.from_pretrained")
_TRAINERS = ("transformers.Trainer", "trl.SFTTrainer", "trl.DPOTrainer", "trl.GRPOTrainer")
_QUANTIZES = ("load_in_4bit", "load_in_8bit")


@rule(code="TRN037", severity=WARNING, words=(_MERGE,))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if not any(name in script.text for name in (*_QUANTIZES, "BitsAndBytesConfig")):
        return
    for site in script.index.calls:
        function = site.node.func
        if not isinstance(function, cst.Attribute) or function.attr.value != _MERGE:
            continue
        if _merges_into_quantized(script, function.value, site):
            yield Finding(
                script.span(function.attr),
                "The adapter is merged into quantized weights, whose rounding loses much of it. "
                "Load the base model in bfloat16, without quantization, and merge into that.",
            )


def _merges_into_quantized(script: PythonScript, node: cst.BaseExpression, site: CallSite) -> bool:
    if isinstance(node, cst.Attribute) and node.attr.value == "model":
        trainer = value_at(script, node.value, site)
        return isinstance(trainer, Call) and trainer.name in _TRAINERS and _wraps(script, trainer)
    adapted = value_at(script, node, site)
    if isinstance(adapted, Call) and _LOADS_BOTH.fullmatch(adapted.name):
        return _is_told_to_quantize(adapted)
    return isinstance(adapted, Call) and adapted.name in _ADAPTERS and _wraps(script, adapted)


def _wraps(script: PythonScript, call: Call) -> bool:
    """Whether the model that a call gets is loaded quantized, also behind further calls."""
    if call.name in _TRAINERS and _is_told_to_quantize(call):
        return True
    argument = call.argument("model", 0)
    if argument is None:
        return False
    site = script.index.call_site(call.node)
    model = value_at(script, argument.value_node, site)
    if not isinstance(model, Call) or model is call:
        return False
    is_wrapped = model.name in (*_ADAPTERS, "peft.prepare_model_for_kbit_training")
    return _wraps(script, model) if is_wrapped else _is_quantized(model)


def _is_quantized(base: Call) -> bool:
    if not base.name.startswith("transformers.") or not base.name.endswith(".from_pretrained"):
        return False
    return _is_told_to_quantize(base)


def _is_told_to_quantize(call: Call) -> bool:
    """Whether a loader, or a trainer that loads the model itself, gets told to quantize it."""
    args = call.value("args", 1)
    kwargs = args.value("model_init_kwargs") if isinstance(args, Call) else None
    for given in (call, kwargs):
        if isinstance(given, (Call, DictValue)):
            config = given.value("quantization_config")
            inner = config if isinstance(config, Call) else given
            if any(inner.value(name) is True for name in _QUANTIZES):
                return True
    return False


_IMPORTS = (
    "from peft import PeftModel\n"
    "from transformers import AutoModelForCausalLM as Model, BitsAndBytesConfig\n\n"
)

BAD = [
    Bad(
        _IMPORTS + "four = BitsAndBytesConfig(load_in_4bit=True)\n"
        "base = Model.from_pretrained('m', quantization_config=four)\n"
        "model = PeftModel.from_pretrained(base, 'out')\n"
        "model = model.merge_and_unload()\nmodel.save_pretrained('merged')\n",
        at="merge_and_unload",
    ),
    Bad(
        _IMPORTS + "model = Model.from_pretrained('m', load_in_8bit=True)\n"
        "model = PeftModel.from_pretrained(model, 'out').merge_and_unload()\n",
        at="merge_and_unload",
    ),
    Bad(
        _IMPORTS + "from peft import get_peft_model, prepare_model_for_kbit_training as prepare\n"
        "from trl import SFTTrainer\n\n"
        "model = Model.from_pretrained('m', quantization_config=BitsAndBytesConfig(load_in_8bit=True))\n"
        "model = prepare(model)\nmodel = get_peft_model(model, lora)\n"
        "trainer = SFTTrainer(model=model, train_dataset=data)\ntrainer.train()\n"
        "trainer.model.merge_and_unload()\n",
        at="merge_and_unload",
    ),
    Bad(
        "from peft import AutoPeftModelForCausalLM as Adapted\n\n"
        "merged = Adapted.from_pretrained('out', load_in_4bit=True).merge_and_unload()\n",
        at="merge_and_unload",
    ),
    Bad(
        _IMPORTS + "from trl import SFTConfig, SFTTrainer\n\n"
        "four = BitsAndBytesConfig(load_in_4bit=True)\n"
        "config = SFTConfig('out', model_init_kwargs={'quantization_config': four})\n"
        "trainer = SFTTrainer('m', config, train_dataset=data, peft_config=lora)\n"
        "trainer.train()\ntrainer.model.merge_and_unload()\n",
        at="merge_and_unload",
    ),
]
GOOD = [
    "from peft import AutoPeftModelForCausalLM as Adapted\n\n"
    "Adapted.from_pretrained('out', load_in_4bit=False).merge_and_unload()\n",
    "from transformers import AutoModelForCausalLM as Model\nfrom trl import SFTTrainer\n\n"
    "model = Model.from_pretrained('m')\n"
    "trainer = SFTTrainer(model, peft_config=lora)  # load_in_4bit=True does not fit\n"
    "trainer.model.merge_and_unload()\n",
    _IMPORTS + "base = Model.from_pretrained('m', dtype='bfloat16')\n"
    "PeftModel.from_pretrained(base, 'out').merge_and_unload().save_pretrained('merged')\n",
    _IMPORTS + "model = Model.from_pretrained('m', load_in_4bit=True)\ntrain(model)\n"
    "model = Model.from_pretrained('m')\n"
    "model = PeftModel.from_pretrained(model, 'out')\nmodel.merge_and_unload()\n",
    _IMPORTS + "base = Model.from_pretrained('m', quantization_config=BitsAndBytesConfig())\n"
    "PeftModel.from_pretrained(base, 'out').merge_and_unload()\n",
]
