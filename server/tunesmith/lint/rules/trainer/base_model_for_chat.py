"""A base model fine-tuned on conversations.

## What it does

Finds `SFTTrainer` and `DPOTrainer` with a model that is pretrained only, in scripts that train on
conversations and set no chat template. It knows how the makers of Gemma, Qwen, Llama, Mistral,
SmolLM and others name their models.

## Why it costs you

A base model has never learned to answer: a small data set has to teach it the format of a chat and when
to stop, besides your subject. Many base models have no chat template, and TRL then raises ValueError
on conversational data. The instruction-tuned sibling can all that already.

## Fix

Names the instruction-tuned sibling. Unsafe: it is another model, sometimes with other terms.
Information only where the whole model is trained, as one does to make an assistant of a base model.

## Source

The model cards of each family; `apply_chat_template` in `SFTTrainer` of TRL 0.13 to 1.16. Silent
where a chat template is set or taken from another model, and for models that are not known.

## Since

TRL 0.13.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tunesmith.knowledge.models import model
from tunesmith.lint.conversations import mentions_conversations, model_id
from tunesmith.lint.rule import INFORMATION, UNSAFE, WARNING, Bad, Finding, Fix, rule
from tunesmith.lint.training_runs import last_training, training_runs
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_strings import StringLiteral
from tunesmith.text import Edit, regex, regex_with_words

_TEMPLATE = regex(r"chat_template\s*=")
_TEMPLATES = (
    *("chat_template_path", "setup_chat_format", "clone_chat_template", "get_chat_template"),
    *("formatting_func", "standardize_"),
)
_PLAIN = regex(r"[\"']text[\"']\s*:")
_ADAPTER = regex(r"\bLoraConfig\(|get_peft_model\(")
_PRETRAINING = regex_with_words(
    r"pre-?training|\bcpt\b|continued_pre",
    ("pretraining", "pre-training", "cpt", "continued_pre"),
    re.IGNORECASE,
)
_TOKENIZER = regex(r"(?:Tokenizer|Processor)\w*\.from_pretrained\(")
_TRAINERS = ("trl.SFTTrainer", "trl.DPOTrainer")


@rule(code="TRN060", severity=WARNING, words=("Trainer",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if not mentions_conversations(script):
        return
    if any(word in script.text for word in _TEMPLATES) or _TEMPLATE.search(script.text):
        return
    if _PRETRAINING.search(script.text):
        return
    templates = script.text[: last_training(script)].count("apply_chat_template(")
    if _PLAIN.search(script.text) and not templates:
        return
    for run in training_runs(script):
        found = model(model_id(run, script) or "") if run.trainer.name in _TRAINERS else None
        if found is None or found.kind != "base" or _other_tokenizer(script, found.id):
            continue
        literals = _literals(script, found.id)
        argument = run.trainer.argument("model", 0)
        if argument is None or not literals:
            continue
        instead = f" Take {found.sibling}." if found.sibling else ""
        yield Finding(
            literals[0].span,
            f"{found.id} is a base model: it has not learned to chat, nor when to stop.{instead}",
            _replace(literals, found.sibling),
            WARNING if _ADAPTER.search(script.text) else INFORMATION,
        )
        return


def _literals(script: PythonScript, text: str) -> list[StringLiteral]:
    found = script.strings_matching(re.compile(re.escape(text)))
    return [literal for literal in found if literal.value.text == text]


def _other_tokenizer(script: PythonScript, base: str) -> bool:
    """Whether a tokenizer, with its chat template, comes from elsewhere than the model."""
    calls = script.calls(
        "transformers.AutoTokenizer.from_pretrained", "transformers.AutoProcessor.from_pretrained"
    )
    ids = [call.value("pretrained_model_name_or_path", 0) for call in calls]
    is_hidden = len(ids) != len(_TOKENIZER.findall(script.text))
    return is_hidden or any(id_ != base for id_ in ids)


def _replace(literals: list[StringLiteral], sibling: str | None) -> Fix | None:
    if sibling is None:
        return None
    edits = [Edit(literal.span, f'"{sibling}"') for literal in literals]
    return Fix(f"Take {sibling}", edits, UNSAFE)


_TRAIN = (
    "from peft import LoraConfig\nfrom trl import SFTTrainer\n\n"
    'data = [{"messages": [{"role": "user", "content": "hi"}]}]\n'
    "trainer = SFTTrainer(model=%s, train_dataset=data, peft_config=LoraConfig())\n"
)
_FULL = _TRAIN.replace("from peft import LoraConfig\n", "").replace(
    ", peft_config=LoraConfig()", ""
)
BAD = [
    Bad(
        _TRAIN % '"Qwen/Qwen3-14B-Base"',
        at='"Qwen/Qwen3-14B-Base"',
        fixed=_TRAIN % '"Qwen/Qwen3-14B"',
    ),
    Bad(
        'MODEL = "google/gemma-3-4b-pt"\n' + _TRAIN % "MODEL",
        at='"google/gemma-3-4b-pt"',
        fixed='MODEL = "google/gemma-3-4b-it"\n' + _TRAIN % "MODEL",
    ),
    Bad(
        _FULL % '"meta-llama/Llama-3.1-8B"',
        at='"meta-llama/Llama-3.1-8B"',
        fixed=_FULL % '"meta-llama/Llama-3.1-8B-Instruct"',
        severity=INFORMATION,
    ),
]
GOOD = [
    _TRAIN % '"Qwen/Qwen3-14B"',
    _TRAIN % '"me/own-base-model"',
    _TRAIN % '"Qwen/Qwen3-14B-Base"' + "tokenizer.chat_template = template\n",
    _TRAIN.replace("messages", "text").replace('[{"role": "user", "content": "hi"}]', '"hi"')
    % '"Qwen/Qwen3-14B-Base"',
    _TRAIN.replace("SFT", "GRPO") % '"Qwen/Qwen3-14B-Base"',
    "from transformers import AutoTokenizer\n"
    + _TRAIN % '"Qwen/Qwen3-14B-Base"'
    + 'AutoTokenizer.from_pretrained("Qwen/Qwen3-14B")\n',
]
