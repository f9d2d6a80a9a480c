"""`model_init_kwargs` given to the trainer instead of its configuration.

## What it does

Finds `model_init_kwargs=` among the arguments of a TRL trainer.

## Why it costs you

The keyword belongs in the trainer's configuration (`SFTConfig`, `DPOConfig` …). The trainer
raises `TypeError: __init__() got an unexpected keyword argument 'model_init_kwargs'`, on a job
after the image, the dependencies and often the data set have been loaded and paid for.

## Fix

Moves the keyword, as it is written, into the configuration that the trainer receives, or makes a
configuration where there is none. Safe where the model is given by its name; unsafe where a loaded
model is given, as the keyword then does nothing, or in some releases raises ValueError. None is
offered where the configuration is not in the file, already has the keyword, or stands before
something that the value needs.

## Source

The signatures of the trainers in 73 releases of TRL from 0.7 to 1.16. `SFTTrainer` and `DPOTrainer`
took the keyword from 0.7.3 to 0.12, with a warning since 0.9.2; the other trainers never did.
Silent where unsloth is imported: it moves the keyword into the configuration by itself.

## Since

TRL 0.13.0 for `SFTTrainer` and `DPOTrainer`; all releases for the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import library
from tunesmith.lint.rule import ERROR, SAFE, UNSAFE, Bad, Finding, Fix, rule
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Edit


class _Method(NamedTuple):
    """A training method of TRL: when its trainer came, or stopped to take the keyword, when its
    configuration got it, and where `args` stands among the trainer's positional parameters."""

    trainer_refuses_it_since: str
    config_takes_it_since: str
    args_position: int


_METHODS = {
    "SFT": _Method("0.13.0", "0.9.2", 1),
    "DPO": _Method("0.13.0", "0.9.2", 2),
    "GRPO": _Method("0.14.0", "0.14.0", 2),
    "KTO": _Method("0.8.0", "0.8.0", 2),
    "RLOO": _Method("0.11.0", "0.22.0", 2),
    "Reward": _Method("0.7.0", "0.24.0", 1),
    "ORPO": _Method("0.8.2", "0.8.2", 1),
    "CPO": _Method("0.8.2", "0.8.2", 1),
}
_TRAINERS = tuple(f"trl.{method}Trainer" for method in _METHODS)
_KEYWORD = "model_init_kwargs"


@rule(code="TRN001", severity=ERROR, words=(_KEYWORD,))
def check(script: PythonScript | PythonSnippet, project: Project) -> Iterator[Finding]:
    if script.imports("unsloth"):
        return
    trl = library("trl", script, project)
    for call in script.calls(*_TRAINERS):
        argument = call.argument(_KEYWORD)
        method = (call.name or "").removeprefix("trl.").removesuffix("Trainer")
        if argument is None or not trl.at_least(_METHODS[method].trainer_refuses_it_since):
            continue
        takes_it = trl.at_least(_METHODS[method].config_takes_it_since)
        yield Finding(
            argument.name_span or argument.span,
            f"{method}Trainer of TRL {trl.version} takes no {_KEYWORD} and raises TypeError"
            + (f". It belongs in {method}Config." if takes_it else "."),
            _move(script, call, argument, method) if takes_it else None,
            rests_on=[trl],
        )


def _move(script: PythonScript, call: Call, argument: Argument, method: str) -> Fix | None:
    is_repeated = sum(each.name == _KEYWORD for each in call.arguments) > 1
    if argument.comes_from_expansion or is_repeated:
        return None
    keyword = script.text_of(argument.node).rstrip().removesuffix(",").rstrip()
    config, position = f"{method}Config", _METHODS[method].args_position
    given = call.argument("args", position)
    if given is None and call.value("args", position) is ABSENT:
        edits = _into_new_config(script, argument, keyword, config)
    elif given is not None and isinstance(given.value, Call):
        edits = _into_config(script, call, argument, given.value, keyword)
    else:
        edits = None
    loads_model = isinstance(call.value("model", 0), Call)
    applicability = UNSAFE if loads_model else SAFE
    return Fix(f"Move {_KEYWORD} into {config}", edits, applicability) if edits else None


def _into_new_config(
    script: PythonScript, argument: Argument, keyword: str, config: str
) -> list[Edit]:
    edits = [Edit(script.span(argument.node), f"args={config}({keyword})")]
    imported = script.import_edit("trl", config)
    return [*edits, imported] if imported else edits


def _into_config(
    script: PythonScript, call: Call, argument: Argument, config: Call, keyword: str
) -> list[Edit] | None:
    takes_it = (config.name or "").startswith("trl.") and config.value(_KEYWORD) is ABSENT
    if not takes_it or not script.is_available_at(argument.value_node, config.node):
        return None
    return [script.keyword_removal(call, argument), script.keyword_insertion(config, keyword)]


_TRL_0_12 = '# /// script\n# dependencies = ["trl<0.13"]\n# ///\n'
BAD = [
    Bad(
        "from trl import SFTConfig, SFTTrainer\n\n"
        'config = SFTConfig(output_dir="out")\n'
        "trainer = SFTTrainer(\n"
        '    model="Qwen/Qwen3-0.6B",\n'
        "    args=config,\n"
        '    model_init_kwargs={"dtype": "bfloat16"},\n'
        ")\n",
        at="model_init_kwargs",
        fixed="from trl import SFTConfig, SFTTrainer\n\n"
        'config = SFTConfig(output_dir="out", model_init_kwargs={"dtype": "bfloat16"})\n'
        "trainer = SFTTrainer(\n"
        '    model="Qwen/Qwen3-0.6B",\n'
        "    args=config,\n"
        ")\n",
    ),
    Bad(
        "from trl import GRPOTrainer\n\n"
        'trainer = GRPOTrainer("Qwen/Qwen3-0.6B", reward, model_init_kwargs=dict(dtype="auto"))\n',
        at="model_init_kwargs",
        fixed="from trl import GRPOConfig, GRPOTrainer\n\n"
        'trainer = GRPOTrainer("Qwen/Qwen3-0.6B", reward, '
        'args=GRPOConfig(model_init_kwargs=dict(dtype="auto")))\n',
    ),
    Bad(
        'import trl\n\nt = trl.DPOTrainer("m", model_init_kwargs={"dtype": "auto"})\n',
        at="model_init_kwargs",
        fixed="import trl\nfrom trl import DPOConfig\n\n"
        't = trl.DPOTrainer("m", args=DPOConfig(model_init_kwargs={"dtype": "auto"}))\n',
    ),
    Bad(
        _TRL_0_12 + "from trl import CPOConfig, CPOTrainer\n\n"
        "CPOTrainer('m', CPOConfig(), model_init_kwargs={})\n",
        at="model_init_kwargs",
        fixed=_TRL_0_12 + "from trl import CPOConfig, CPOTrainer\n\n"
        "CPOTrainer('m', CPOConfig(model_init_kwargs={}))\n",
    ),
    Bad(
        "from trl import SFTTrainer\n\n"
        "def train(config, kwargs):\n"
        "    SFTTrainer(model='m', args=config, model_init_kwargs=kwargs)\n",
        at="model_init_kwargs",
    ),
    Bad(
        "from trl import SFTConfig, SFTTrainer\n\n"
        "config = SFTConfig()\n"
        "kwargs = load()\n"
        "SFTTrainer(model='m', args=config, model_init_kwargs=kwargs)\n",
        at="model_init_kwargs",
    ),
]
GOOD = [
    "from trl import SFTConfig, SFTTrainer\n\n"
    'SFTTrainer(model="m", args=SFTConfig(model_init_kwargs={"dtype": "auto"}))\n',
    _TRL_0_12 + "from trl import SFTTrainer\n\nSFTTrainer(model='m', model_init_kwargs={})\n",
    "from trl import SFTTrainer\n\nSFTTrainer(model='m', **options)\n",
    "class SFTTrainer: ...\n\nSFTTrainer(model_init_kwargs={})\n",
    "import unsloth\nfrom trl import SFTTrainer\n\nSFTTrainer(model='m', model_init_kwargs={})\n",
    '# /// script\n# dependencies = ["trl @ git+https://example.com/trl"]\n# ///\n'
    "from trl import SFTTrainer\n\nSFTTrainer(model='m', model_init_kwargs={})\n",
]
