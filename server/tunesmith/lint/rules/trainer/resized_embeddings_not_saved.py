"""Tokens are added, and the adapter trains none of their embeddings.

## What it does

Finds scripts that add tokens to a tokenizer, resize the model's embeddings (as TRL's
`setup_chat_format` does), and train a LoRA adapter that has neither `modules_to_save` nor
`trainable_token_indices`.

## Why it costs you

LoRA freezes the embeddings. The rows of the new tokens keep the values that they began with, the
model never learns what the tokens mean, and releases of PEFT before 0.8 do not even save them.

## Fix

None: `trainable_token_indices` (PEFT 0.15 and newer) trains the new rows alone,
`modules_to_save=["embed_tokens", "lm_head"]` both matrices whole.

## Source

PEFT's documentation of new tokens, and `get_peft_model_state_dict` in PEFT 0.7 to 0.21: since 0.8
resized embeddings are saved, trained or not. A padding token needs no training and is left alone.

## Since

Every release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from tunesmith.lint.rule import WARNING, Bad, Finding, rule
from tunesmith.project import Project
from tunesmith.sources.python_index import CallSite
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_values import DictValue, ListValue
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex

_RESIZES = "resize_token_embeddings"
_ADDS = ("add_tokens", "add_special_tokens")
_SPECIAL = "additional_special_tokens"
_TRAINS = ("modules_to_save", "trainable_token_indices")
_EMBEDDINGS = regex(
    r"embed_(?:tokens|in|out)|[\"']embeddings?[\"']|\bwte\b|word_embeddings|lm_head|_embeddings\(\)"
    r"|requires_grad|unsloth"
)
_FORMAT = "setup_chat_format"
_HAS_CHATML = regex(r"qwen|smollm|hermes|chatml", re.IGNORECASE)
"""Models that have the tokens of ChatML, which `setup_chat_format` adds."""
_PADS = regex(r"pad", re.IGNORECASE)


@rule(code="TRN039", severity=WARNING, words=(_RESIZES, _FORMAT))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if "LoraConfig" not in script.text:
        return
    text = script.text.replace(_RESIZES, "")
    if _EMBEDDINGS.search(text) or not (_makes_room(script) or _makes_chatml(script)):
        return
    adapters = list(script.calls("peft.LoraConfig"))
    if adapters and all(_trains_no_embeddings(adapter) for adapter in adapters):
        yield Finding(
            adapters[0].callee_span,
            "Tokens are added, and this adapter does not train their embeddings: they stay as "
            'they began. Set trainable_token_indices, or modules_to_save=["embed_tokens", '
            '"lm_head"].',
        )


def _trains_no_embeddings(adapter: Call) -> bool:
    return all(adapter.value(name) in (ABSENT, None) for name in _TRAINS)


def _makes_room(script: PythonScript) -> bool:
    """Whether a script adds tokens and resizes the embeddings for them."""
    return _RESIZES in script.text and any(_adds_tokens(script, s) for s in script.index.calls)


def _makes_chatml(script: PythonScript) -> bool:
    """Whether TRL's `setup_chat_format` surely does both, for a model without these tokens."""
    if _HAS_CHATML.search(script.text):
        return False
    calls = script.calls(f"trl.{_FORMAT}")
    return any(not _is_conditional(script, call) for call in calls)


def _is_conditional(script: PythonScript, call: Call) -> bool:
    span = script.span(call.node)
    return any(place.contains(span) for _, place in script.branches)


def _adds_tokens(script: PythonScript, site: CallSite) -> bool:
    """Whether a call surely adds tokens that have to be learned."""
    function, arguments = site.node.func, site.node.args
    if not isinstance(function, cst.Attribute) or function.attr.value not in _ADDS or not arguments:
        return False
    value = script.evaluator.evaluate(arguments[0].value, site.block, site.order)
    if function.attr.value == "add_special_tokens":
        if not isinstance(value, DictValue) or _SPECIAL not in value:
            return False
        value = value.value(_SPECIAL)
    tokens = value.elements if isinstance(value, ListValue) else [value]
    pads = [isinstance(token, str) and _PADS.search(token) for token in tokens]
    return not all(pads) and not _PADS.search(script.text_of(arguments[0].value))


_ADDED = (
    "from peft import LoraConfig\nfrom transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
    "tokenizer = AutoTokenizer.from_pretrained('m')\n"
    "model = AutoModelForCausalLM.from_pretrained('m')\n"
    "tokenizer.add_special_tokens({'additional_special_tokens': ['<call>', '</call>']})\n"
    "model.resize_token_embeddings(len(tokenizer))\n"
)

_CHATML = (
    "import peft\nfrom transformers import AutoModelForCausalLM, AutoTokenizer\n"
    "from trl import setup_chat_format\n\n"
    "tokenizer = AutoTokenizer.from_pretrained('%s')\n"
    "model = AutoModelForCausalLM.from_pretrained('%s')\n"
    "model, tokenizer = setup_chat_format(model, tokenizer)\nconfig = peft.LoraConfig(%s)\n"
)
BAD = [
    Bad(_CHATML % ("gpt2", "gpt2", "target_modules='all-linear'"), at="peft.LoraConfig"),
    Bad(
        _ADDED.replace("from peft import LoraConfig", "import peft")
        + "config = peft.LoraConfig(r=16, target_modules=['q_proj', 'v_proj'])\n",
        at="peft.LoraConfig",
    ),
    Bad(
        _ADDED.replace("from peft import LoraConfig", "import peft").replace(
            "add_special_tokens({'additional_special_tokens': ['<call>', '</call>']})",
            "add_tokens(['<call>'])",
        )
        + "config = peft.LoraConfig()\n",
        at="peft.LoraConfig",
    ),
    Bad(
        _ADDED.replace("from peft import LoraConfig", "import peft").replace(
            "add_special_tokens({'additional_special_tokens': ['<call>', '</call>']})",
            "add_tokens([f'<{name}>' for name in names])  # and resize the embeddings",
        )
        + "config = peft.LoraConfig()\n",
        at="peft.LoraConfig",
    ),
]
GOOD = [
    _CHATML % ("Qwen/Qwen2-0.5B", "Qwen/Qwen2-0.5B", ""),
    _CHATML % ("gpt2", "gpt2", "modules_to_save=['lm_head', 'embed_tokens']"),
    (_CHATML % ("gpt2", "gpt2", "")).replace(
        "model, tokenizer =", "if tokenizer.chat_template is None:\n    model, tokenizer ="
    ),
    _ADDED.replace(
        "add_special_tokens({'additional_special_tokens': ['<call>', '</call>']})",
        "add_tokens(['<pad>'])",
    )
    + "config = LoraConfig(r=16)\n",
    _ADDED + "config = LoraConfig(r=16, modules_to_save=['embed_tokens', 'lm_head'])\n",
    _ADDED + "config = LoraConfig(r=16, trainable_token_indices=[7, 8])\n",
    _ADDED + "config = LoraConfig(r=16, **options)\n",
    _ADDED.replace("{'additional_special_tokens': ['<call>', '</call>']}", "{'pad_token': '[PAD]'}")
    + "config = LoraConfig(r=16)\n",
    _ADDED + "LoraConfig(r=16, target_modules=['q_proj', 'embed_tokens'])\n",
]
