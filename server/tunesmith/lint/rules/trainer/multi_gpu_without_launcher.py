"""A machine with several GPUs for a script that nothing launches on all of them.

## What it does

Finds scripts that train with TRL and are started by `hf jobs uv run` on a flavor with more than
one GPU, without `accelerate launch` or `torchrun`.

## Why it costs you

`uv run` starts one process. A model that was loaded before then makes SFT, DPO, GRPO, RLOO, KTO
and Reward trainers raise ValueError since TRL 1.15, as several GPUs are visible. A model that is
given by its id is split over the GPUs instead, which then work one after the other: all are paid
for, and it is hardly faster than one.

## Fix

None: take a flavor with one GPU, or start the script with
`hf jobs run … accelerate launch train.py`.

## Source

`args.n_gpu > 1` in the trainers of TRL 1.15 and 1.16, and `create_model_from_path`, which loads
with `device_map="auto"`. Silent where a device_map is given, where the script starts a launcher
itself, or where CUDA_VISIBLE_DEVICES is set.

## Since

TRL 1.15.0.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.knowledge.versions import InForce
from tunesmith.lint.arguments import Settled, configuration_of, settled
from tunesmith.lint.flavors import flavors_of
from tunesmith.lint.rule import ERROR, WARNING, Bad, Finding, Good, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_values import DictValue, Value
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex

_TRAINERS = tuple(f"trl.{name}Trainer" for name in ("SFT", "DPO", "GRPO", "RLOO", "KTO", "Reward"))
_LAUNCHES = regex(
    r"accelerate['\", ]+launch|torchrun|torch\.distributed|notebook_launcher|deepspeed"
    r"|CUDA_VISIBLE_DEVICES|mp\.spawn"
)


@rule(code="TRN034", severity=WARNING, words=("Trainer",))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    several = [each for each in flavors_of(script, project) if each.accelerators > 1]
    if not several or script.imports("unsloth") or _LAUNCHES.search(script.text):
        return
    if _chooses_gpus(script, project):
        return
    for call in script.calls(*_TRAINERS):
        trainer = settled(call, script, project)
        if trainer is None or not trainer.in_force["trl"].at_least("1.15"):
            continue
        is_loaded = _is_loaded(trainer, project)
        if is_loaded is not None:
            trl, flavor = trainer.in_force["trl"], several[0]
            yield Finding(
                call.callee_span,
                f"{flavor.name} has {flavor.accelerators} GPUs, and `hf jobs uv run` starts one "
                f"process: {_consequence(trl, is_loaded)}. Take a flavor with one GPU, or start "
                "the script with accelerate launch.",
                None,
                ERROR if is_loaded else WARNING,
                rests_on=[trl],
            )


def _consequence(trl: InForce, is_loaded: bool) -> str:
    if is_loaded:
        return f"TRL {trl.version} raises ValueError on the loaded model"
    return "the model is split over them and they work one after the other"


def _is_loaded(trainer: Settled, project: Project) -> bool | None:
    """Whether the trainer gets a model on one GPU (True) or loads it itself; None if unsure."""
    model: Value = trainer.value("model")
    if isinstance(model, Call) and model.name == "peft.get_peft_model":
        model = model.value("model", 0)
    if isinstance(model, Call):
        loads = model.name.startswith("transformers.") and model.name.endswith(".from_pretrained")
        return True if loads and model.value("device_map") in (ABSENT, None) else None
    if not isinstance(model, str):
        return None
    configuration = configuration_of(trainer, project)
    kwargs = configuration.value("model_init_kwargs") if configuration else ABSENT
    has_map = isinstance(kwargs, DictValue) and kwargs.value("device_map") is not ABSENT
    return False if kwargs is None or (isinstance(kwargs, DictValue) and not has_map) else None


def _chooses_gpus(script: PythonScript, project: Project) -> bool:
    launches = project.launches_of(script.path)
    if any("CUDA_VISIBLE_DEVICES" in launch.variables for launch in launches):
        return True
    return any(
        "CUDA_VISIBLE_DEVICES" in word.known_text or word.is_open
        for command in project.commands_launching(script.path)
        for word in command.argv.words
    )


_TRL = "from trl import SFTConfig, SFTTrainer as Trainer\n\n"
_LOADED = (
    "from transformers import AutoModelForCausalLM\nfrom trl import SFTTrainer as Train\n\n"
    "model = AutoModelForCausalLM.from_pretrained('m')\nTrain(model, train_dataset=d)\n"
)
_FOUR = {"run.sh": "hf jobs uv run --flavor a10g-largex4 --timeout 2h train.py\n"}
_TABLE = '# /// script\n# dependencies = ["trl{}"]\n# [tool.hf-jobs]\n# flavor = "l4x4"\n# ///\n'

BAD = [
    Bad(
        "import trl\n\ntrl.SFTTrainer('m', trl.SFTConfig(), train_dataset=d)\n",
        at="trl.SFTTrainer",
        beside={
            "submit.py": "import huggingface_hub\n\n"
            "huggingface_hub.run_uv_job('train.py', flavor='a10g-largex4')\n"
        },
    ),
    Bad(
        "import trl\n\ntrl.SFTTrainer('m', trl.SFTConfig(), train_dataset=d)\n",
        at="trl.SFTTrainer",
        beside=_FOUR,
    ),
    Bad(
        _TABLE.format("") + "import trl\nfrom transformers import AutoModelForCausalLM as Model\n\n"
        "trl.DPOTrainer(Model.from_pretrained('m'), train_dataset=d)\n",
        at="trl.DPOTrainer",
        severity=ERROR,
    ),
]
GOOD = [
    Good(_LOADED, beside={"run.sh": "hf jobs uv run --flavor a10g-large train.py\n"}),
    Good(_LOADED.replace("'m'", "'m', device_map='auto'"), beside=_FOUR),
    Good(_TABLE.format("==1.14.0") + _LOADED),
    Good(
        _TRL + "Trainer('m', SFTConfig(model_init_kwargs={'device_map': 'auto'}))\n", beside=_FOUR
    ),
    Good(
        _LOADED,
        beside={
            "run.sh": "hf jobs uv run --flavor l4x4 -e CUDA_VISIBLE_DEVICES=0 train.py\n",
        },
    ),
    Good("# accelerate launch train.py\n" + _LOADED, beside=_FOUR),
]
