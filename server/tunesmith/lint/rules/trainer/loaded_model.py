"""A model that is loaded only to be handed to a trainer that would load it itself.

## What it does

Finds `AutoModelForCausalLM.from_pretrained(...)` whose result goes to a TRL trainer and nowhere
else.

## Why it costs you

Nothing fails. The trainer loads a model by its id, with the tokenizer or processor that belongs to
it, on the right device of each process, and writes the id into the model card; keywords go into
`model_init_kwargs` of the configuration. Less code is left to go stale with new releases.

## Fix

None: which keywords to keep, only you know. Keep `dtype`: without it, TRL since 0.27 loads float32.

## Source

`create_model_from_path` and the trainers of TRL. `SFTTrainer` and `DPOTrainer` load by id in every
release, GRPO since 0.14. Silent where the model is used for anything else.

## Since

TRL 0.13.0, since which the configuration takes `model_init_kwargs` for all three.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import libcst as cst

from tunesmith.knowledge.versions import library
from tunesmith.lint.arguments import value_at
from tunesmith.lint.rule import INFORMATION, Bad, Finding, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_tree import children
from tunesmith.text import regex

_LOADER = "transformers.AutoModelForCausalLM.from_pretrained"
_TRAINERS = ("trl.SFTTrainer", "trl.DPOTrainer", "trl.GRPOTrainer")
_SWITCHES = regex(r"\.config\.(?:use_cache|pretraining_tp|pad_token_id) *=(?!=)")
"""Settings that a trainer makes by itself, or that need none."""


@rule(code="TRN036", severity=INFORMATION, words=("AutoModelForCausalLM",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if script.imports("unsloth"):
        return
    for trainer in script.calls(*_TRAINERS):
        argument = trainer.argument("model", 0)
        if argument is None:
            continue
        site = script.index.call_site(trainer.node)
        model = value_at(script, argument.value_node, site)
        if not isinstance(model, Call) or model.name != _LOADER:
            continue
        trl = library("trl", script, project)
        if not trl.at_least("0.13"):
            continue
        if _is_used_once(script, argument.value_node):
            name = trainer.name.removeprefix("trl.")
            yield Finding(
                model.callee_span,
                f"The model only goes to {name}, which loads it by its id, with its tokenizer: "
                f"give the id as model, and the keywords in {name.removesuffix('Trainer')}Config("
                "model_init_kwargs=...).",
                rests_on=[trl],
            )


def _is_used_once(script: PythonScript, node: cst.BaseExpression) -> bool:
    """Whether nothing but the argument reads the name that holds the model."""
    if not isinstance(node, cst.Name):
        return True
    statements = _while_assigned(script, node)
    switches = [
        switch
        for each in statements
        for switch in re.findall(rf"\b{node.value}{_SWITCHES.pattern}", script.text_of(each))
    ]
    names = sum(_names(each)[node.value] for each in statements)
    return names - len(switches) == 2  # where it is assigned, and the argument


def _while_assigned(script: PythonScript, node: cst.Name) -> Sequence[cst.CSTNode]:
    """The statements from where a name is assigned until it is assigned anew.

    Cells of a notebook often load another model into the same name, once the training is done.
    """
    place = script.span(node).start
    start, statements = 0, script.module.body
    for at, statement in enumerate(statements):
        if _assigns_anew(statement, node.value):
            if script.span(statement).start > place:
                return statements[start:at]
            start = at
    return statements[start:]


def _assigns_anew(statement: cst.CSTNode, name: str) -> bool:
    """Whether a statement gives a name a value that does not come from the one before."""
    line = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    if not isinstance(line, cst.Assign) or len(line.targets) != 1:
        return False
    target = line.targets[0].target
    return isinstance(target, cst.Name) and target.value == name and not _names(line.value)[name]


def _names(node: cst.CSTNode) -> Counter[str]:
    """How often each name stands in a node, attributes and keywords apart."""
    found: Counter[str] = Counter()
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, cst.Name):
            found[part.value] += 1
        elif isinstance(part, (cst.Attribute, cst.Arg)):
            pending.append(part.value)
        else:
            pending += children(part)
    return found


_LOADED = "from transformers import AutoModelForCausalLM\nfrom trl import SFTConfig, SFTTrainer\n\n"

BAD = [
    Bad(
        _LOADED + "model = AutoModelForCausalLM.from_pretrained('m', dtype='bfloat16')\n"
        "SFTTrainer(model=model, train_dataset=data)\n",
        at="AutoModelForCausalLM.from_pretrained",
    ),
    Bad(
        "import transformers\nimport trl\n\n"
        "llm = transformers.AutoModelForCausalLM.from_pretrained('m')\n"
        "llm.config.use_cache = False\nllm.config.pad_token_id = 0\ntrl.DPOTrainer(llm, train_dataset=data)\n",
        at="transformers.AutoModelForCausalLM.from_pretrained",
    ),
    Bad(
        _LOADED + "llm = AutoModelForCausalLM.from_pretrained('m', device_map='auto')\n"
        "SFTTrainer(llm, train_dataset=data).train()\nllm = load_merged('out')\nask(llm)\n",
        at="AutoModelForCausalLM.from_pretrained",
    ),
]
GOOD = [
    _LOADED + "SFTTrainer(model='m', args=SFTConfig(model_init_kwargs={}), train_dataset=data)\n",
    _LOADED + "model = AutoModelForCausalLM.from_pretrained('m')\n"
    "model.resize_token_embeddings(9)\nSFTTrainer(model=model, train_dataset=data)\n",
    _LOADED + "model = AutoModelForCausalLM.from_pretrained('m')\n"
    "SFTTrainer(model=model, train_dataset=data).train()\nmodel.save_pretrained('out')\n",
    _LOADED + "model = AutoModelForCausalLM.from_pretrained('m')\n"
    "SFTTrainer(model, train_dataset=data).train()\nmodel = merged(model)\n",
    _LOADED + "model = AutoModelForCausalLM.from_pretrained('m')\nmodel = wrap(model)\n"
    "SFTTrainer(model=model, train_dataset=data)\n",
    "from transformers import AutoModelForCausalLM, Trainer\n\n"
    "model = AutoModelForCausalLM.from_pretrained('m')\nTrainer(model, train_dataset=data)\n",
]
