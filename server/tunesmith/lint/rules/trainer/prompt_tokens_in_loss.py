"""A chat model that is trained to write the user's turns as well.

## What it does

Finds `SFTTrainer` on conversations without `assistant_only_loss`, where TRL brings a training template
for the family of the model.

## Why it costs you

TRL takes the loss over every token of a conversation, system prompts and user turns included, unless it
is told otherwise. Capacity and steps go into imitating users. For data with `prompt` and `completion`,
TRL leaves the prompt out by itself.

## Fix

Sets `assistant_only_loss=True`. Unsafe: it changes what is learned, and loss values do not compare with
those of earlier runs.

## Source

`SFTTrainer` and `chat_templates/*_training.jinja` of TRL 1.0 to 1.16: since 1.1 the template is
exchanged by itself (Llama 3, Qwen2.5, Qwen3; Gemma and Phi-3 since 1.3, Gemma 3 since 1.4).

## Since

TRL 1.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import InForce, library
from tunesmith.lint.conversations import makes_conversations, model_id
from tunesmith.lint.rule import INFORMATION, UNSAFE, Bad, Finding, Fix, rule
from tunesmith.lint.training_runs import training_runs
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex

_TEMPLATES = (
    ("1.1", regex(r"Qwen/Qwen(?:2\.5|3)-[\d.]+B(?:-Instruct)?")),
    ("1.1", regex(r"meta-llama/Llama-3\.[12]-\d+B-Instruct")),
    ("1.3", regex(r"google/gemma-2-\d+b-it|microsoft/Phi-3-\w+-\w+-instruct")),
    ("1.4", regex(r"google/gemma-3-\w+-it")),
)
"""Since which TRL the models with these ids have a training template."""

_MASKS = (
    *("assistant_only_loss", "completion_only_loss", "CompletionOnlyLM", "train_on_responses_only"),
    *("assistant_masks", "completion_mask", "formatting_func", "data_collator"),
    *("dataset_text_field", "skip_prepare_dataset", "unsloth"),
)
_RENDERED = regex(r"\bapply_chat_template\((?![^()]*\badd_generation_prompt\s*=\s*True)")
"""A conversation written out as a text to train on; one that ends with a prompt is answered."""
_COLUMN = r"[\"'](?:prompt|completion|text|labels)[\"']"
_MASKED_COLUMNS = regex(rf"(?<!\[){_COLUMN}|\[{_COLUMN}\]\s*=(?!=)")
"""Columns that are made; those of the source, `row["text"]`, may be what conversations are of."""


@rule(code="TRN061", severity=INFORMATION, words=("SFTTrainer",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if not makes_conversations(script) or any(word in script.text for word in _MASKS):
        return
    if _MASKED_COLUMNS.search(script.text) or _RENDERED.search(script.text):
        return
    for run in training_runs(script):
        configuration = run.configuration
        if run.trainer.name != "trl.SFTTrainer" or configuration is None:
            continue
        trl = library("trl", script, project)
        is_told = configuration.value("assistant_only_loss") is ABSENT
        if (
            is_told
            and configuration.name == "trl.SFTConfig"
            and _is_known(model_id(run, script), trl)
        ):
            edit = script.keyword_insertion(configuration, "assistant_only_loss=True")
            yield Finding(
                configuration.callee_span,
                f"TRL {trl.version} trains on the user's turns too. Set assistant_only_loss=True to "
                "train on the answers only.",
                Fix("Train on the answers only", [edit], UNSAFE),
                rests_on=[trl],
            )


def _is_known(model: str | None, trl: InForce) -> bool:
    return any(
        trl.at_least(since) and pattern.fullmatch(model or "") for since, pattern in _TEMPLATES
    )


_TRAIN = (
    "import trl\nfrom datasets import load_dataset\n\n"
    'data = load_dataset("%s", split="train")\n'
    'trainer = trl.SFTTrainer("%s", args=trl.SFTConfig(max_length=4096%s), train_dataset=data)\n'
)
_CAPYBARA, _QWEN = "trl-lib/Capybara", "Qwen/Qwen3-0.6B"
_ROWS = (
    "def chat(row):\n"
    '    return {"messages": [{"role": "user", "content": row["text"]},\n'
    '                         {"role": "assistant", "content": row["emoji"]}]}\n\n\n'
)
_ASK = (
    "trainer.train()\n"
    "print(tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True))\n"
)
BAD = [
    Bad(
        _TRAIN % (_CAPYBARA, _QWEN, ""),
        at="trl.SFTConfig",
        fixed=_TRAIN % (_CAPYBARA, _QWEN, ", assistant_only_loss=True"),
    ),
    Bad(
        _ROWS + _TRAIN % ("me/emoji", _QWEN, ""),
        at="trl.SFTConfig",
        fixed=_ROWS + _TRAIN % ("me/emoji", _QWEN, ", assistant_only_loss=True"),
    ),
    Bad(
        _TRAIN % (_CAPYBARA, _QWEN, "") + _ASK,
        at="trl.SFTConfig",
        fixed=_TRAIN % (_CAPYBARA, _QWEN, ", assistant_only_loss=True") + _ASK,
    ),
]
GOOD = [
    _TRAIN % (_CAPYBARA, _QWEN, ", assistant_only_loss=False"),
    _TRAIN % ("me/chats", _QWEN, ""),
    _ROWS + _TRAIN % ("me/emoji", _QWEN, "") + 'row["text"] = joined(row)\n',
    _TRAIN % (_CAPYBARA, _QWEN, "") + "data.map(lambda row: tokenizer.apply_chat_template(row))\n",
    _TRAIN % (_CAPYBARA, "me/model", ""),
    _TRAIN % (_CAPYBARA, _QWEN, ", **options"),
    '# /// script\n# dependencies = ["trl==1.0.0"]\n# ///\n' + _TRAIN % (_CAPYBARA, _QWEN, ""),
]
