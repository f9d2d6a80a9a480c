"""The padding token is the end token, which the loss then leaves out.

## What it does

Finds `tokenizer.pad_token = tokenizer.eos_token` where the collator leaves every padding token out
of the loss: transformers' `DataCollatorForLanguageModeling(mlm=False)`, which `SFTTrainer` of TRL
before 0.16.1 uses by itself, and `DataCollatorForCompletionOnlyLM`. Only where the script puts the
end token into its texts; behind `if tokenizer.pad_token is None` only for models that have none.

## Why it costs you

The collator cannot tell the end of a text from its padding: both get the label -100. The model
never learns to stop, and after training it talks on until the limit.

## Fix

None: take another token for padding (`<|finetune_right_pad_id|>`, `<unk>` or an added one).

## Source

`torch_call` of `DataCollatorForLanguageModeling`, transformers 4.40 to 5.23 (`labels[labels ==
pad_token_id] = -100`), and `SFTTrainer` of TRL 0.7 to 1.16: since 0.16.1 its own collator tells
padding by its place, and the assignment is harmless. So it is with packing, and with DPO and GRPO.
Silent where the assignment depends on whether there is a padding token already.

## Since

Every release of transformers; TRL before 0.16.1.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tunesmith.knowledge.versions import library
from tunesmith.lint.arguments import configuration_of, settled
from tunesmith.lint.rule import WARNING, Bad, Finding, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Span, regex

_COLLATOR = "transformers.DataCollatorForLanguageModeling"
_ANSWERS_ONLY = "trl.DataCollatorForCompletionOnlyLM"
_TOKENIZER = "transformers.AutoTokenizer.from_pretrained"
_WITHOUT_PADDING = regex(
    r"(?:openai-community/)?(?:distil)?gpt2(?:-\w+)?|EleutherAI/(?:pythia|gpt-)[\w.-]+"
    r"|microsoft/DialoGPT-\w+|mistralai/(?:Mistral-7B|Mixtral-8x7B)[\w.-]*-v0\.\d"
    r"|meta-llama/(?:Llama-2|Meta-Llama-3|Llama-3)[\w.-]*"
)
"""Models whose tokenizers have no padding token, so that `if tokenizer.pad_token is None` holds."""
_ENDS_TEXT = regex(
    r"apply_chat_template|(?<![=:] )(?<![=:])\b\w+\.eos_token\b(?!_id)|<\|im_end\|>|</s>"
    r"|\+ *EOS_TOKEN\b|\{EOS_TOKEN\}"
)
_ADDS_END = regex(r"[\"']pad_token[\"'] *: *[\w.]+\.eos_token\b")
_OWN_TEMPLATE = regex(r"\.chat_template\s*=[^=]")
_GUARD = regex(r"\bif\b.*pad_token.*:\s*\Z")


@rule(code="TRN040", severity=WARNING, words=("pad_token",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if script.imports("unsloth"):
        return
    if not _ENDS_TEXT.search(script.text) or not _hides_padding(script, project):
        return
    if _OWN_TEMPLATE.search(script.text):
        return  # how it ends a text is its own business
    is_needed = _has_no_padding(script)
    for place in (*_assignments(script), *_additions(script)):
        before = script.text[: place.start].rstrip(" \t")
        if is_needed or not _GUARD.search(before):
            yield Finding(
                place,
                "The collator leaves padding out of the loss, and with it every end of a text: "
                "the model does not learn to stop. Take another token for padding.",
            )
            return


def _assignments(script: PythonScript) -> Iterator[Span]:
    """Where `x.pad_token = x.eos_token` stands, or the same of their ids."""
    for end in ("token", "token_id"):
        for change in script.index.attribute_assignments.get(f"pad_{end}", ()):
            value, base = change.value, script.text_of(change.base)
            is_end = isinstance(value, cst.Attribute) and value.attr.value == f"eos_{end}"
            if is_end and value and not base.endswith("config"):
                yield Span(script.span(change.base).start, script.span(value).end)


def _additions(script: PythonScript) -> Iterator[Span]:
    """Where `x.add_special_tokens({"pad_token": x.eos_token})` stands."""
    for site in script.index.calls:
        function = site.node.func
        is_addition = (
            isinstance(function, cst.Attribute) and function.attr.value == "add_special_tokens"
        )
        if is_addition and _ADDS_END.search(script.text_of(site.node)):
            yield script.span(site.node)


def _has_no_padding(script: PythonScript) -> bool:
    """Whether every tokenizer is known to have no padding token of its own."""
    ids = [call.value("pretrained_model_name_or_path", 0) for call in script.calls(_TOKENIZER)]
    return bool(ids) and all(
        isinstance(each, str) and _WITHOUT_PADDING.fullmatch(each) for each in ids
    )


def _hides_padding(script: PythonScript, project: Project) -> bool:
    """Whether every collator in use gives padding tokens the label -100."""
    collators = list(script.calls(_COLLATOR, _ANSWERS_ONLY))
    if collators:
        return all(_leaves_padding_out(each) for each in collators)
    trl = library("trl", script, project)
    return trl.below("0.16.1") and any(_collates(script, project))


def _leaves_padding_out(collator: Call) -> bool:
    if collator.name == _ANSWERS_ONLY:  # derives from the other, with mlm=False by default
        return collator.value("mlm") in (ABSENT, False)
    return collator.value("mlm", 1) is False


def _collates(script: PythonScript, project: Project) -> Iterator[bool]:
    """Of each SFTTrainer, whether it surely uses the collator of transformers."""
    for call in script.calls("trl.SFTTrainer"):
        trainer = settled(call, script, project)
        configuration = configuration_of(trainer, project) if trainer else None
        if trainer and configuration:
            packs = [each.value("packing") for each in (trainer, configuration)]
            yield trainer.value("data_collator") is None and not any(
                packing is True for packing in packs
            )


_PADS = (
    "from transformers import AutoTokenizer, DataCollatorForLanguageModeling, Trainer\n\n"
    "tokenizer = AutoTokenizer.from_pretrained('m')\n"
)
_TEXTS = "data = data.map(lambda row: {'text': row['text'] + tokenizer.eos_token})\n"
_COLLATES = (
    "Trainer(load(), train_dataset=data, "
    "data_collator=DataCollatorForLanguageModeling(tokenizer, mlm=False))\n"
)
_OLD = '# /// script\n# dependencies = ["trl=={}", "transformers==4.48.3"]\n# ///\n'
_SFT = "from trl import SFTConfig, SFTTrainer\n\ntokenizer = load()\n"
_PAD = "tokenizer.pad_token = tokenizer.eos_token"

BAD = [
    Bad(_PADS + f"{_PAD}\n" + _TEXTS + _COLLATES, at=_PAD),
    Bad(
        _OLD.format("0.15.2") + _SFT + f"{_PAD}\ntext = tokenizer.apply_chat_template(chat)\n"
        "SFTTrainer('m', args=SFTConfig('out'), train_dataset=data, processing_class=tokenizer)\n",
        at=_PAD,
    ),
    Bad(
        _PADS.replace("'m'", "'meta-llama/Llama-3.2-1B'")
        + f"if tokenizer.pad_token is None:\n    {_PAD}\n"
        + _TEXTS
        + _COLLATES,
        at=_PAD,
    ),
    Bad(
        _PADS + "tokenizer.pad_token_id = tokenizer.eos_token_id\n" + _TEXTS + _COLLATES,
        at="tokenizer.pad_token_id = tokenizer.eos_token_id",
    ),
]
GOOD = [
    _PADS + f"tokenizer.chat_template = mine\n{_PAD}\n" + _TEXTS + _COLLATES,
    _PADS + "model.config.pad_token_id = tokenizer.eos_token_id\n" + _TEXTS + _COLLATES,
    _SFT + f"{_PAD}\n" + _TEXTS + "SFTTrainer('m', args=SFTConfig('out'), train_dataset=data)\n",
    _PADS + "tokenizer.pad_token = tokenizer.unk_token\n" + _TEXTS + _COLLATES,
    _PADS + f"if tokenizer.pad_token is None:\n    {_PAD}\n" + _TEXTS + _COLLATES,
    _PADS + f"{_PAD}\n" + _COLLATES,
    _OLD.format("0.15.2")
    + _SFT
    + f"{_PAD}\n"
    + _TEXTS
    + "SFTTrainer('m', args=SFTConfig('out', packing=True), train_dataset=data)\n",
]
