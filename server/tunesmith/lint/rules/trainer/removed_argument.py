"""An argument that the release in force does not take any more.

## What it does

Finds keywords that a class or function of TRL, transformers, PEFT, datasets, Trackio or
huggingface_hub took in earlier releases, and refuses in the one that the script will get.
So it does with keywords that `from_pretrained` of a model and `load_dataset` took and now hand on to
something that raises: `load_in_4bit` (also in `model_init_kwargs`), `use_auth_token`.
`misplaced-model-init-kwargs` speaks of `model_init_kwargs` itself.

## Why it costs you

The call raises `TypeError: __init__() got an unexpected keyword argument 'warmup_ratio'`, on a job
after the image, the dependencies and often the model have been loaded and paid for.

## Fix

Writes the new name where the value means the same under it, or converts the value: a `warmup_ratio`
below 1 is a `warmup_steps` (unsafe where the value is not known). Moves what a trainer took into its configuration, and makes one where
there is none. `load_in_4bit=True` becomes `quantization_config=BitsAndBytesConfig(load_in_4bit=True)`
with its import, and takes along what else it holds, such as `bnb_4bit_quant_type` (unsafe where a
comment stands between). Where nothing took the argument's place, offers to remove it (unsafe).

## Source

The signatures and deprecation messages in every release of the libraries that the tables hold.
Silent where the release is unknown, where the script asks for the release or catches the TypeError,
and where unsloth is imported and takes the keyword.

## Since

The release that the message names.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.histories import History
from tunesmith.knowledge.likely import Likely, Why
from tunesmith.knowledge.refusals import Refusal
from tunesmith.lint.keyword_fixes import left_out, moved, renamed
from tunesmith.lint.keywords import is_model_init, refused, shown, taker, words_of_library
from tunesmith.lint.quantized_loading import refused_loadings, with_quantization_config
from tunesmith.lint.rule import ERROR, Bad, Finding, Fix, Good, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_snippet import PythonSnippet


@rule(code="TRN010", severity=ERROR)
def check(script: PythonScript | PythonSnippet, project: Project) -> Iterator[Finding]:
    yield from _loadings(script, project)
    for call, refusal in refused(script, project):
        argument, removed = refusal.argument, refusal.removed
        if removed is None or is_model_init(call, argument):
            continue
        meant = _meant(refusal)
        yield Finding(
            argument.name_span or argument.span,
            f"{taker(call.name, refusal.rests_on, removed)} takes no {argument.name} "
            f"({_when(removed)}) and raises TypeError.{_advice(call, removed, meant)}",
            _fix(script, project, call, refusal, meant),
            rests_on=refusal.rests_on,
        )


def _loadings(script: PythonScript, project: Project) -> Iterator[Finding]:
    """What transformers hands on to the model's `__init__` since it does not take it any more."""
    for loading in refused_loadings(script, project):
        yield Finding(
            script.span(loading.key_node),
            f"{loading.taker} with transformers {loading.transformers.version} takes no "
            f"{loading.name} (removed in {loading.removed.removed}) and loading the model raises "
            "TypeError. Give a BitsAndBytesConfig as quantization_config.",
            with_quantization_config(script, loading),
            rests_on=[loading.transformers],
        )


def _meant(refusal: Refusal) -> Likely | None:
    """What takes its place; a name that only looks alike does not."""
    meant = refusal.likely
    return meant if meant and meant.why is not Why.MISSPELLED else None


def _when(removed: History) -> str:
    deprecated = f", deprecated since {removed.deprecated}" if removed.deprecated else ""
    return f"removed in {removed.removed}{deprecated}"


def _advice(call: Call, removed: History, meant: Likely | None) -> str:
    if meant is None:
        return f" {words_of_library(removed)}".rstrip()
    if shown(meant.object) == shown(call.name):
        return f" Use {meant.parameter}."
    return f" Give {meant.parameter} to {shown(meant.object)}."


def _fix(
    script: PythonScript, project: Project, call: Call, refusal: Refusal, meant: Likely | None
) -> Fix | None:
    if meant is None:
        return left_out(script, call, refusal.argument)
    if shown(meant.object) == shown(call.name):
        return renamed(script, call, refusal.argument, meant.parameter)
    return moved(script, project, call, refusal.argument, meant)


_TRL_0_24 = '# /// script\n# dependencies = ["trl==0.24.0", "transformers==4.57.1"]\n# ///\n'
_TRL_1_16 = '# /// script\n# dependencies = ["trl==1.16.0", "transformers==5.23.0"]\n# ///\n'
_AUTO = "from transformers import AutoModelForCausalLM\n\n"
_LLAMA = "from transformers import LlamaForCausalLM\n\n"
_README = (
    "`pip install trl`, then:\n\n```python\nfrom trl import SFTConfig\n\nSFTConfig(%s=512)\n```\n"
)
_IS_NEW = (
    "try:\n    from trl import SFTConfig, SFTTrainer\n    IS_NEW = True\n"
    "except ImportError:\n    from trl import SFTTrainer\n    IS_NEW = False\n\n"
    "if IS_NEW:\n    trainer = SFTTrainer('m', SFTConfig(%s=512), train_dataset=data)\n"
    "else:\n    trainer = SFTTrainer('m', train_dataset=data, dataset_text_field='text')\n"
)
BAD = [
    Bad(_IS_NEW % "max_seq_length", at="max_seq_length", fixed=_IS_NEW % "max_length"),
    Bad(
        _TRL_1_16 + "from trl import SFTConfig\n\nSFTConfig(warmup_ratio=0.1)\n",
        at="warmup_ratio",
        fixed=_TRL_1_16 + "from trl import SFTConfig\n\nSFTConfig(warmup_steps=0.1)\n",
    ),
    Bad(
        _TRL_1_16 + "from trl import SFTConfig\n\nSFTConfig(warmup_ratio=share)\n",
        at="warmup_ratio",
        fixed=_TRL_1_16 + "from trl import SFTConfig\n\nSFTConfig(warmup_steps=share)\n",
    ),
    Bad(
        _TRL_1_16 + "from trl import SFTConfig\n\nSFTConfig(warmup_ratio=1.0)\n",
        at="warmup_ratio",
    ),
    Bad(
        "from transformers import TrainingArguments\n\n"
        'TrainingArguments("out", evaluation_strategy="steps")\n',
        at="evaluation_strategy",
        fixed="from transformers import TrainingArguments\n\n"
        'TrainingArguments("out", eval_strategy="steps")\n',
    ),
    Bad(
        "from transformers import TrainingArguments\n\nTrainingArguments(group_by_length=True)\n",
        at="group_by_length",
        fixed="from transformers import TrainingArguments\n\n"
        'TrainingArguments(train_sampling_strategy="group_by_length")\n',
    ),
    Bad(
        _TRL_0_24 + "from trl import SFTConfig\n\nSFTConfig(max_seq_length=2048)\n",
        at="max_seq_length",
        fixed=_TRL_0_24 + "from trl import SFTConfig\n\nSFTConfig(max_length=2048)\n",
    ),
    Bad(
        "from trl import DPOTrainer\n\n"
        "trainer = DPOTrainer(model, tokenizer=tok, train_dataset=data)\n",
        at="tokenizer",
        fixed="from trl import DPOTrainer\n\n"
        "trainer = DPOTrainer(model, processing_class=tok, train_dataset=data)\n",
    ),
    Bad(
        "from trl import SFTConfig, SFTTrainer\n\n"
        "args = SFTConfig(output_dir='out')\n"
        "trainer = SFTTrainer('m', args, train_dataset=data, packing=True)\n",
        at="packing",
        fixed="from trl import SFTConfig, SFTTrainer\n\n"
        "args = SFTConfig(output_dir='out', packing=True)\n"
        "trainer = SFTTrainer('m', args, train_dataset=data)\n",
    ),
    Bad(
        "from trl import SFTTrainer\n\nSFTTrainer('m', train_dataset=data, max_seq_length=512)\n",
        at="max_seq_length",
        fixed="from trl import SFTConfig, SFTTrainer\n\n"
        "SFTTrainer('m', train_dataset=data, args=SFTConfig(max_length=512))\n",
    ),
    Bad(
        "from trl import GRPOConfig\n\n"
        "options = {'max_prompt_length': 512}\nGRPOConfig(output_dir='out', **options)\n",
        at="'max_prompt_length'",
    ),
    Bad(
        "from trl import SFTConfig\n\ndef configured(**changes):\n"
        "    options = {'warmup_ratio': 0.1}\n    options.update(changes)\n"
        "    return SFTConfig(**options)\n",
        at="'warmup_ratio'",
    ),
    Bad(
        "from trl import SFTConfig\n\ndefaults = dict(warmup_ratio=0.1)\n"
        "one = SFTConfig('one', **defaults)\ntwo = SFTConfig('two', **defaults)\n",
        at="warmup_ratio",
    ),
    Bad(
        "from trl import GRPOConfig\n\nGRPOConfig(output_dir='out', max_prompt_length=512)\n",
        at="max_prompt_length",
        fixed="from trl import GRPOConfig\n\nGRPOConfig(output_dir='out')\n",
    ),
    Bad(
        "from transformers import Trainer\n\nclass Own(Trainer):\n    pass\n\n"
        "Own(model=model, tokenizer=t)\n",
        at="tokenizer",
        fixed="from transformers import Trainer\n\nclass Own(Trainer):\n    pass\n\n"
        "Own(model=model, processing_class=t)\n",
    ),
    Bad(
        "from trl import SFTConfig\n\n"
        'SFTConfig(model_init_kwargs={"load_in_4bit": True, "dtype": "bfloat16"})\n',
        at='"load_in_4bit"',
        fixed="from trl import SFTConfig\nfrom transformers import BitsAndBytesConfig\n\n"
        'SFTConfig(model_init_kwargs={"quantization_config": BitsAndBytesConfig(load_in_4bit=True), '
        '"dtype": "bfloat16"})\n',
    ),
    Bad(
        _AUTO + "AutoModelForCausalLM.from_pretrained('m', load_in_8bit=True)\n",
        at="load_in_8bit",
        fixed="from transformers import AutoModelForCausalLM, BitsAndBytesConfig\n\n"
        "AutoModelForCausalLM.from_pretrained('m', "
        "quantization_config=BitsAndBytesConfig(load_in_8bit=True))\n",
    ),
    Bad(
        "from transformers import AutoModelForCausalLM, BitsAndBytesConfig\n\n"
        "AutoModelForCausalLM.from_pretrained('m', load_in_4bit=True, device_map='auto', "
        "bnb_4bit_quant_type='nf4', bnb_4bit_use_double_quant=True)\n",
        at="load_in_4bit",
        fixed="from transformers import AutoModelForCausalLM, BitsAndBytesConfig\n\n"
        "AutoModelForCausalLM.from_pretrained('m', quantization_config=BitsAndBytesConfig("
        "load_in_4bit=True, bnb_4bit_quant_type='nf4', bnb_4bit_use_double_quant=True), "
        "device_map='auto')\n",
    ),
    Bad(
        "from transformers import BitsAndBytesConfig\nfrom trl import SFTConfig\n\n"
        "SFTConfig(\n    model_init_kwargs=dict(\n"
        "        bnb_4bit_compute_dtype=dtype,\n        load_in_4bit=True,\n"
        "        dtype=dtype,\n    )\n)\n",
        at="load_in_4bit",
        fixed="from transformers import BitsAndBytesConfig\nfrom trl import SFTConfig\n\n"
        "SFTConfig(\n    model_init_kwargs=dict(\n"
        "        quantization_config=BitsAndBytesConfig(\n"
        "            bnb_4bit_compute_dtype=dtype,\n            load_in_4bit=True,\n"
        "        ),\n        dtype=dtype,\n    )\n)\n",
    ),
    Bad(
        "from trl import SFTConfig\n\n"
        "how = {'bnb_4bit_quant_type': 'nf4'}\n"
        "SFTConfig(model_init_kwargs={**how, 'load_in_4bit': True})\n",
        at="'load_in_4bit'",
    ),
    Bad(
        _AUTO + "AutoModelForCausalLM.from_pretrained('m', load_in_4bit=options.four)\n",
        at="load_in_4bit",
    ),
    Bad(
        "from trl import SFTConfig\n\noptions = {}\noptions['load_in_4bit'] = True\n"
        "SFTConfig(model_init_kwargs=options)\n",
        at="'load_in_4bit'",
        fixed="from trl import SFTConfig\nfrom transformers import BitsAndBytesConfig\n\n"
        "options = {}\noptions['quantization_config'] = BitsAndBytesConfig(load_in_4bit=True)\n"
        "SFTConfig(model_init_kwargs=options)\n",
    ),
    Bad(
        "from peft import AutoPeftModelForCausalLM\n\n"
        "AutoPeftModelForCausalLM.from_pretrained('out', load_in_4bit=True)\n",
        at="load_in_4bit",
        fixed="from peft import AutoPeftModelForCausalLM\nfrom transformers import BitsAndBytesConfig\n\n"
        "AutoPeftModelForCausalLM.from_pretrained('out', "
        "quantization_config=BitsAndBytesConfig(load_in_4bit=True))\n",
    ),
    Bad(
        _LLAMA + "LlamaForCausalLM.from_pretrained('m', use_auth_token=True)\n",
        at="use_auth_token",
        fixed=_LLAMA + "LlamaForCausalLM.from_pretrained('m', token=True)\n",
    ),
    Bad(
        _AUTO + "AutoModelForCausalLM.from_pretrained('m', use_flash_attention_2=True)\n",
        at="use_flash_attention_2",
        fixed=_AUTO + "AutoModelForCausalLM.from_pretrained('m', "
        'attn_implementation="flash_attention_2")\n',
    ),
    Bad(
        "from datasets import load_dataset\n\nload_dataset('d', use_auth_token=True)\n",
        at="use_auth_token",
        fixed="from datasets import load_dataset\n\nload_dataset('d', token=True)\n",
    ),
    Bad(
        _README % "max_seq_length",
        at="max_seq_length",
        fixed=_README % "max_length",
        file="README.md",
    ),
]
_TRAINER = "from trl import SFTTrainer\n\n"
GOOD = [
    _IS_NEW % "max_length",
    (_IS_NEW % "max_length")
    .replace("if IS_NEW:", "if SFTConfig is not None:")
    .replace("    IS_NEW = False", "    SFTConfig = None"),
    Good(_README.replace("pip install trl", "git clone") % "max_seq_length", file="README.md"),
    '# /// script\n# dependencies = ["unsloth==2025.8.8"]\n# ///\n'
    "from unsloth import UnslothTrainer, UnslothTrainingArguments\n\n"
    "UnslothTrainer(model, tokenizer=tokenizer, dataset_text_field='text', "
    "args=UnslothTrainingArguments('out'))\n",
    Good(_README.replace(", then", ". Before") % "max_seq_length", file="README.md"),
    _TRL_0_24 + "from peft import AutoPeftModelForCausalLM\n\n"
    "AutoPeftModelForCausalLM.from_pretrained('out', load_in_4bit=True)\n",
    "from transformers import AutoModelForVision2Seq  # the class itself is gone\n\n"
    "AutoModelForVision2Seq.from_pretrained('m', torch_dtype='auto', device_map='auto')\n",
    "from transformers import AutoTokenizer\n\n"
    "AutoTokenizer.from_pretrained('m', use_auth_token=True)\n",
    "from datasets import load_dataset\n\nload_dataset('d', use_auth_token=None)\n"
    "load_dataset('d', use_auth_token=token if private else None)\n",
    _TRL_0_24 + _LLAMA + "LlamaForCausalLM.from_pretrained('m', use_auth_token=True)\n",
    _TRL_0_24
    + "from trl import SFTConfig\n\nSFTConfig(model_init_kwargs={'load_in_4bit': True})\n",
    _TRL_0_24 + _AUTO + "AutoModelForCausalLM.from_pretrained('m', dtype='auto')\n",
    "from transformers import BitsAndBytesConfig\n\nBitsAndBytesConfig(load_in_4bit=True)\n",
    "from unsloth import FastLanguageModel\n\n"
    "FastLanguageModel.from_pretrained('m', load_in_4bit=True)\n",
    _TRL_0_24 + "from trl import SFTConfig\n\nSFTConfig(warmup_ratio=0.1, max_length=8)\n",
    "from trl import SFTConfig\n\nSFTConfig(warmup_steps=0.1, eval_strategy='steps')\n",
    "from trl import SFTConfig\n\nSFTConfig(**options)\n",
    "from mylib import SFTConfig\n\nSFTConfig(max_seq_length=8)\n",
    _TRAINER + "try:\n    t = SFTTrainer('m', tokenizer=tok)\n"
    "except TypeError:\n    t = SFTTrainer('m', processing_class=tok)\n",
    _TRAINER + "try:\n    t = SFTTrainer('m', processing_class=tok)\n"
    "except Exception:\n    t = SFTTrainer('m', tokenizer=tok)\n",
    _TRAINER + "import inspect\nnames = inspect.signature(SFTTrainer.__init__).parameters\n"
    "if 'processing_class' in names:\n    t = SFTTrainer('m', processing_class=tok)\n"
    "else:\n    t = SFTTrainer('m', tokenizer=tok)\n",
    _TRAINER + "import trl\noptions = {}\n"
    "if trl.__version__ < '0.12':\n    options['tokenizer'] = tok\n"
    "else:\n    options['processing_class'] = tok\nSFTTrainer('m', **options)\n",
    "import trl\n" + _TRAINER + "def make():\n    if trl.__version__ >= '0.12':\n"
    "        return SFTTrainer('m', processing_class=tok)\n"
    "    return SFTTrainer('m', tokenizer=tok)\n",
    "from dataclasses import dataclass\nfrom trl import SFTConfig\n\n"
    "@dataclass\nclass Own(SFTConfig):\n    max_seq_length: int = 8\n\nOwn(max_seq_length=9)\n",
    "from mylib import Old\n" + _TRAINER + "class Own(Old, SFTTrainer):\n    pass\n\n"
    "Own('m', tokenizer=tok)\n",
    _TRAINER + "class Own(SFTTrainer):\n    def __init__(self, model, tokenizer):\n"
    "        super().__init__(model, processing_class=tokenizer)\n\nOwn('m', tokenizer=tok)\n",
    "from functools import wraps\n" + _TRAINER + "SFTTrainer.__init__ = patched\n"
    "SFTTrainer('m', tokenizer=tok)\n",
    '# /// script\n# dependencies = ["trl @ git+https://example.com/trl"]\n# ///\n'
    + _TRAINER
    + "SFTTrainer('m', tokenizer=tok)\n",
    "import unsloth\n" + _TRAINER + "SFTTrainer('m', args=args, tokenizer=tok, max_seq_length=8)\n",
    _TRAINER + "SFTTrainer('m', model_init_kwargs={})\n",
    "from trl import SFTConfig\n\noptions = {'max_seq_length': 8}\noptions.pop('max_seq_length')\n"
    "SFTConfig(**options)\n",
]
