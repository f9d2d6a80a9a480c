"""An argument that the library takes and does nothing with.

## What it does

Finds `torch_dtype` in the `model_init_kwargs` of a TRL configuration, and keywords that
`BitsAndBytesConfig` does not know: `load_in_4bits`.

## Why it costs you

Nothing raises. TRL loads a model in float32 unless `dtype` says otherwise, and does not look at
`torch_dtype`: twice the memory, often an out-of-memory error. A `BitsAndBytesConfig` whose keyword is
misspelled leaves the model as it is, or quantizes it otherwise than meant.

## Fix

Writes `dtype`, where that is not there yet (safe), or the keyword that `BitsAndBytesConfig` has and
that differs in few letters (unsafe: it is a guess).

## Source

`trl/trainer/utils.py`, `create_model_from_path`, run with TRL 1.16: it sets `dtype` to float32 where
`model_init_kwargs` has none. `transformers/utils/quantization_config.py`: `BitsAndBytesConfig` logs
unused keywords. A configuration beside a loaded model belongs to `model-init-kwargs-with-loaded-model`.
Silent where unsloth is imported.

## Since

TRL 0.27.0 for `torch_dtype`; all releases for `BitsAndBytesConfig`.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tunesmith.knowledge.likely import is_misspelling
from tunesmith.knowledge.versions import library
from tunesmith.lint.arguments import Settled, settled
from tunesmith.lint.keyword_fixes import respelled
from tunesmith.lint.keywords import close_name, is_certain, library_calls, taker
from tunesmith.lint.rule import SAFE, WARNING, Bad, Finding, Fix, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.sources.python_values import DictValue, Entry
from tunesmith.text import Edit

_BITS_AND_BYTES = "transformers.BitsAndBytesConfig"
_LOADERS = frozenset(f"trl.{method}Config" for method in ("SFT", "DPO", "GRPO", "RLOO", "Reward"))
"""Their trainers load a model by `create_model_from_path` since 0.27.0."""


@rule(code="TRN014", severity=WARNING, words=("torch_dtype", "BitsAndBytesConfig"))
def check(script: PythonScript | PythonSnippet, project: Project) -> Iterator[Finding]:
    if script.imports("unsloth"):
        return
    if "torch_dtype" in script.text and "model_init_kwargs" in script.text:
        yield from _torch_dtypes(script, project)
    if "BitsAndBytesConfig" in script.text:
        for call in script.calls(_BITS_AND_BYTES):
            yield from _swallowed(script, project, call)


def _torch_dtypes(script: PythonScript, project: Project) -> Iterator[Finding]:
    trl = library("trl", script, project)
    if not trl.at_least("0.27.0"):
        return
    idle = _beside_loaded_models(script)
    for call in library_calls(script):
        is_heeded = call.name in _LOADERS and call not in idle
        given = call.value("model_init_kwargs") if is_heeded else None
        entry = given.entries.get("torch_dtype") if isinstance(given, DictValue) else None
        if isinstance(given, DictValue) and entry and not given.is_open and "dtype" not in given:
            span = script.span(entry.key_node)
            yield Finding(
                span,
                f"{taker(call.name, [trl])} does not look at torch_dtype in model_init_kwargs "
                "(since 0.27.0) and loads the model in float32. Use dtype.",
                _as_dtype(script, entry),
                rests_on=[trl],
            )


def _beside_loaded_models(script: PythonScript) -> list[Call]:
    """The configurations of trainers that get a loaded model, which load none themselves."""
    trainers = script.calls(*(f"{name.removesuffix('Config')}Trainer" for name in _LOADERS))
    loaded = [each for each in trainers if isinstance(each.value("model", 0), Call)]
    return [each for trainer in loaded if isinstance(each := trainer.value("args"), Call)]


def _as_dtype(script: PythonScript, entry: Entry) -> Fix | None:
    span = script.span(entry.key_node)
    written = script.text[span.start : span.end]
    is_key = isinstance(entry.node, cst.DictElement) and written[1:-1] == "torch_dtype"
    if not is_key:
        return None
    edit = Edit(span, written.replace("torch_dtype", "dtype"))
    return Fix("Write dtype instead of torch_dtype", [edit], SAFE)


def _swallowed(script: PythonScript, project: Project, call: Call) -> Iterator[Finding]:
    found = settled(call, script, project)
    if found is None or not found.signature.is_complete or call.own_class:
        return
    for argument in call.arguments:
        name = argument.name
        if not name or name in found.signature.parameters or name == "quant_method":
            continue
        close = _in_full(name, found) or close_name(name, found.signature)
        if close and is_certain(script, call, argument):
            is_meant = name in close or is_misspelling(name, close)
            yield Finding(
                argument.name_span or argument.span,
                f"{taker(call.name, found.rests_on)} ignores {name}, which it does not have."
                + (f" Did you mean {close}?" if is_meant else ""),
                respelled(script, call, argument, close) if is_meant else None,
                rests_on=found.rests_on,
            )


def _in_full(name: str, found: Settled) -> str | None:
    """The keyword that a name is the end of: `compute_dtype` of `bnb_4bit_compute_dtype`."""
    names = (f"{prefix}{name}" for prefix in ("bnb_4bit_", "bnb_4bit_use_"))
    return next((each for each in names if each in found.signature.parameters), None)


_TRL_0_26 = '# /// script\n# dependencies = ["trl==0.26.0"]\n# ///\n'
_SFT = "from trl import SFTConfig\n\n"
_BNB = "from transformers import BitsAndBytesConfig\n\n"
BAD = [
    Bad(
        _SFT + "SFTConfig(model_init_kwargs={'torch_dtype': 'bfloat16'})\n",
        at="'torch_dtype'",
        fixed=_SFT + "SFTConfig(model_init_kwargs={'dtype': 'bfloat16'})\n",
    ),
    Bad(
        _SFT + "options = dict(torch_dtype='bfloat16')\nSFTConfig(model_init_kwargs=options)\n",
        at="torch_dtype",
    ),
    Bad(
        _BNB + "BitsAndBytesConfig(load_in_4bits=True)\n",
        at="load_in_4bits",
        fixed=_BNB + "BitsAndBytesConfig(load_in_4bit=True)\n",
    ),
    Bad(
        _BNB + "BitsAndBytesConfig(load_in_8bit=True, bnb_8bit_compute_dtype='float16')\n",
        at="bnb_8bit_compute_dtype",
    ),
    Bad(
        _BNB + "BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_type='bfloat16')\n",
        at="bnb_4bit_compute_type",
        fixed=_BNB + "BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype='bfloat16')\n",
    ),
    Bad(
        _BNB + "BitsAndBytesConfig(load_in_4bit=True, double_quant=True)\n",
        at="double_quant",
        fixed=_BNB + "BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_use_double_quant=True)\n",
    ),
]
GOOD = [
    _SFT + "SFTConfig(model_init_kwargs={'dtype': 'bfloat16'})\n",
    _SFT + "SFTConfig(model_init_kwargs={'dtype': 'bfloat16', 'torch_dtype': 'bfloat16'})\n",
    _TRL_0_26 + _SFT + "SFTConfig(model_init_kwargs={'torch_dtype': 'bfloat16'})\n",
    "from transformers import AutoModelForCausalLM\n\nmodel_init_kwargs = {'torch_dtype': 'auto'}\n"
    "AutoModelForCausalLM.from_pretrained('m', **model_init_kwargs)\n",
    _BNB + "BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type='nf4')\n",
    _BNB + "BitsAndBytesConfig(load_in_8bit=True, own_note='x')\n",
    "from transformers import AutoModelForCausalLM\nfrom trl import SFTConfig, SFTTrainer\n\n"
    "model = AutoModelForCausalLM.from_pretrained('m')\n"
    "config = SFTConfig(model_init_kwargs={'torch_dtype': 'bfloat16'})\n"
    "SFTTrainer(model=model, args=config)  # model-init-kwargs-with-loaded-model\n",
    "import unsloth\n" + _SFT + "SFTConfig(model_init_kwargs={'torch_dtype': 'auto'})\n",
]
