"""Trainings that a command describes alone: TRL's own scripts, `hf jobs uv run .../sft.py --...`.

Such a script is TRL's parser of options around a trainer. A stand-in of a few lines, which does
with the options what `trl/scripts/*.py` of TRL 1.16 do as far as memory goes, is read in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import PurePosixPath

from tunesmith.estimate.script.reader import trainings_of_launch
from tunesmith.estimate.script.training import Assumption, ScriptTraining
from tunesmith.project import Project
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.launch_command import LaunchCommand, Word
from tunesmith.sources.launches import Launch
from tunesmith.sources.plain_launches import PlainLaunch
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.script_header import find_header
from tunesmith.text import regex

_PLACE = PurePosixPath("/trl/scripts")
_SCRIPT = regex(r"(?:^|/)trl/scripts/(sft|dpo|kto|grpo|reward)\.py$")
_METHODS = {"sft": "SFT", "dpo": "DPO", "kto": "KTO", "grpo": "GRPO", "reward": "Reward"}
_LOADED_BY_SCRIPT = ("sft", "dpo", "kto")
_STAND_IN = """\
# /// script
# dependencies = ["trl", "peft"]
# ///
from transformers import AutoModelForCausalLM
from trl import (
    ModelConfig, ScriptArguments, TrlParser, get_peft_config, get_quantization_config,
    {name}Config, {name}Trainer,
)

parser = TrlParser((ScriptArguments, {name}Config, ModelConfig))
script_args, training_args, model_args = parser.parse_args_and_config()
options = dict(attn_implementation=model_args.attn_implementation, dtype=model_args.dtype)
quantization = get_quantization_config(model_args)
if quantization is not None:
    options["quantization_config"] = quantization
{model}
{name}Trainer(model, args=training_args, peft_config=get_peft_config(model_args))
"""
_LOADED = "model = AutoModelForCausalLM.from_pretrained(model_args.model_name_or_path, **options)"
_NAMED = "model = model_args.model_name_or_path\ntraining_args.model_init_kwargs = options"


def trainings_of_command(command: LaunchCommand, project: Project) -> list[ScriptTraining]:
    """The trainings of a command that runs one of TRL's own scripts, or `trl sft`; else none.

    The `trainer` of each stands in no document; `launch` says where the command does.
    """
    found = _trl_script(command)
    if found is None:
        return []
    method, launcher, arguments = found
    launch = Launch(
        command.path, command.span, f"{method}.py", launcher=launcher, arguments=arguments
    )
    trainings = list(trainings_of_launch(_stand_in(method), project, launch))
    if command.runs_uv_script:
        return trainings
    return _decided("the image decides", trainings)


def trainings_of_trl(start: PlainLaunch, project: Project) -> list[ScriptTraining]:
    """The trainings of `trl sft --...`; none where a start runs another script."""
    if not start.method:
        return []
    trainings = trainings_of_launch(_stand_in(start.method), project, start.launch)
    return _decided("what is installed decides", trainings)


def _decided(why: str, trainings: Iterable[ScriptTraining]) -> list[ScriptTraining]:
    """With the release that nothing here tells."""
    decided = Assumption("the newest release of trl", why)
    return [each._replace(assumed=(*each.assumed, decided)) for each in trainings]


def _trl_script(command: LaunchCommand) -> tuple[str, Sequence[Word], Sequence[Word]] | None:
    """Which script runs, the words in front of it, and its arguments."""
    words = command.target_arguments
    if command.script:
        match = _SCRIPT.search(command.script)
        return (match[1], (), words) if match else None
    for index, word in enumerate(words):
        if match := _SCRIPT.search(word.known_text):
            return match[1], words[:index], words[index + 1 :]
        method = words[index + 1].text if index + 1 < len(words) else None
        if word.text == "trl" and method in _METHODS:
            return method, words[index : index + 1], words[index + 2 :]
    return None


@cache
def _stand_in(method: str) -> PythonScript:
    model = _LOADED if method in _LOADED_BY_SCRIPT else _NAMED
    text = _STAND_IN.format(name=_METHODS[method], model=model)
    document = Document(_PLACE / f"{method}.py", Kind.PYTHON, text)
    return PythonScript.parse(document, find_header(document))
