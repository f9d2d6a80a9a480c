"""`model_init_kwargs` beside a model that is loaded already.

## What it does

Finds `model_init_kwargs` in the configuration of a trainer that gets a model, not a model's name.

## Why it costs you

They say how the trainer loads the model, which it does not: the dtype, the quantization or the
attention that they name are not in force. Releases up to TRL 0.14 (SFT), 0.18 (DPO), 0.21 (GRPO)
and 0.26 (KTO), and CPO and ORPO in all, raise ValueError; later ones only warn.

## Fix

Takes the keyword out. Unsafe: what it says may be what was meant, and belongs into the call that
loads the model then.

## Source

The trainers of 73 releases of TRL from 0.7 to 1.16. The keyword on the trainer itself has its own
rule, misplaced-model-init-kwargs.

## Since

TRL 0.9.2 (SFT and DPO), 0.8 (KTO, CPO, ORPO), 0.14 (GRPO), 0.22 (RLOO), 0.24 (Reward).
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.arguments import configuration_of, settled
from tunesmith.lint.rule import ERROR, UNSAFE, WARNING, Bad, Finding, Fix, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_values import DictValue

_KEYWORD = "model_init_kwargs"
_ONLY_WARNS_SINCE = {
    "SFT": "0.15.0",
    "DPO": "0.19.0",
    "GRPO": "0.22.0",
    "KTO": "0.27.0",
    "Reward": "0.24.0",
    "RLOO": "0.22.0",
    "CPO": None,
    "ORPO": None,
}
_TRAINERS = tuple(f"trl.{method}Trainer" for method in _ONLY_WARNS_SINCE)


@rule(code="TRN033", severity=WARNING, words=(_KEYWORD,))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    for call in script.calls(*_TRAINERS):
        trainer = settled(call, script, project)
        configuration = configuration_of(trainer, project) if trainer else None
        argument = configuration.argument(_KEYWORD) if configuration else None
        if trainer is None or configuration is None or argument is None:
            continue
        model, kwargs = trainer.value("model"), configuration.value(_KEYWORD)
        if not (isinstance(model, Call) and isinstance(kwargs, (DictValue, Call))):
            continue
        method = call.name.removeprefix("trl.").removesuffix("Trainer")
        warns_since, trl = _ONLY_WARNS_SINCE[method], trainer.in_force["trl"]
        raises = warns_since is None or trl.below(warns_since)
        what = "raises ValueError" if raises else "ignores them with a warning"
        fix = None
        if not argument.comes_from_expansion:
            removal = script.keyword_removal(configuration.call, argument)
            fix = Fix(f"Remove {_KEYWORD}", [removal], UNSAFE)
        yield Finding(
            argument.name_span or argument.span,
            f"{_KEYWORD} say how {method}Trainer loads a model, and it gets a loaded one: TRL "
            f"{trl.version} {what}. Give them to the call that loads it, or pass the model's id.",
            fix,
            ERROR if raises else WARNING,
            rests_on=[trl],
        )


_MADE = (
    "from transformers import AutoModelForCausalLM\nfrom trl import SFTConfig, SFTTrainer\n\n"
    "model = AutoModelForCausalLM.from_pretrained('m')\n"
)
_OLD = '# /// script\n# dependencies = ["trl==0.14.0"]\n# ///\n'

BAD = [
    Bad(
        _MADE + "config = SFTConfig('out', model_init_kwargs={'dtype': 'bfloat16'})\n"
        "SFTTrainer(model, args=config, train_dataset=data)\n",
        at="model_init_kwargs",
        fixed=_MADE + "config = SFTConfig('out')\n"
        "SFTTrainer(model, args=config, train_dataset=data)\n",
    ),
    Bad(
        _OLD + _MADE + "config = SFTConfig('out', model_init_kwargs=dict(torch_dtype='bfloat16'))\n"
        "SFTTrainer(model=model, args=config, train_dataset=data)\n",
        at="model_init_kwargs",
        fixed=_OLD + _MADE + "config = SFTConfig('out')\n"
        "SFTTrainer(model=model, args=config, train_dataset=data)\n",
        severity=ERROR,
    ),
]
GOOD = [
    _MADE + "SFTTrainer('m', args=SFTConfig(model_init_kwargs={'dtype': 'bfloat16'}))\n",
    _MADE + "SFTTrainer(model, args=SFTConfig(model_init_kwargs=None))\n",
    _MADE + "SFTTrainer(name, args=SFTConfig(model_init_kwargs={'dtype': 'bfloat16'}))\n",
    _MADE + "if small:\n    model = 'other'\n"
    "SFTTrainer(model, args=SFTConfig(model_init_kwargs={'dtype': 'bfloat16'}))\n",
]
