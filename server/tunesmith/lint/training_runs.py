"""The trainers of a script, with the configurations that they get."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tunesmith.lint.rule import UNSAFE, Fix
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_values import Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN
from tunesmith.text import regex

if TYPE_CHECKING:
    from tunesmith.lint.arguments import Settled

_METHODS = (
    "BCO CPO DPO Distillation GKD GRPO IterativeSFT KTO NashMD ORPO OnlineDPO PPO PRM RLOO Reward "
    "SFT XPO"
)
_EXPERIMENTAL = (
    "A2PO AsyncDistillation AsyncGRPO BCO CPO DPPO Distillation GFPO GKD GMPO GOLD GRPO "
    "GRPOWithReplayBuffer IWOPD KTO MiniLLM NashMD ORPO OnlineDPO PAPO PPO PRM SDFT SDPO SSD "
    "TPO XPO"
)
TRAINERS = (
    "transformers.Trainer",
    "transformers.Seq2SeqTrainer",
    *(f"trl.{method}Trainer" for method in _METHODS.split()),
    *(f"trl.experimental.{method}Trainer" for method in _EXPERIMENTAL.split()),
)
"""Every trainer that runs the callbacks of transformers."""

_CONFIGURATION = regex(r"trl\.(?:\w+\.)*\w+Config|transformers\.\w*TrainingArguments")
_MENTION = regex(r"Trainer\b")
_TRAINS = regex(r"\.train\(")


class TrainingRun(NamedTuple):
    """A trainer that is made, and its configuration.

    Attributes:
        script: where it is made.
        trainer: the call that makes it.
        configuration: the call that makes its `args`; None where it is not in the file.
    """

    script: PythonScript
    trainer: Call
    configuration: Call | None

    @property
    def configuration_name(self) -> str:
        """As users write it: "SFTConfig"."""
        name = self.configuration.name if self.configuration else ""
        return name.rpartition(".")[2]

    def push_fix(self, title: str) -> Fix | None:
        """Set `push_to_hub=True` where the configuration is in the file and does not set it."""
        if self.configuration is None or self.configuration.argument("push_to_hub"):
            return None
        edit = self.script.keyword_insertion(self.configuration, "push_to_hub=True")
        return Fix(title, [edit], UNSAFE)


def training_runs(script: PythonScript) -> Iterator[TrainingRun]:
    """The trainers that a script makes, in the order of the text."""
    if not _MENTION.search(script.text):
        return
    for trainer in script.calls(*TRAINERS):
        if not trainer.is_super:
            given = (argument.value for argument in trainer.arguments)
            found = [value for value in given if isinstance(value, Call) and _configures(value)]
            yield TrainingRun(script, trainer, found[0] if len(found) == 1 else None)


def pushed_to(configuration: Call | Settled) -> Value:
    """The repository that a trainer pushes its model to: "name" or "owner/name".

    ABSENT where it pushes nothing, UNKNOWN where the name cannot be told. Without `hub_model_id`
    it is that of the output folder (`init_hf_repo` of transformers 4.40 to 5.23).
    """
    if configuration.value("push_to_hub") is not True:
        return ABSENT
    told = configuration.value("hub_model_id")
    if told not in (ABSENT, None):
        return told
    place = (0,) if isinstance(configuration, Call) else ()  # the other one knows it
    folder = configuration.value("output_dir", *place)
    name = PurePosixPath(folder).name if isinstance(folder, str) else ""
    return name if name.strip(".") else UNKNOWN


def last_training(script: PythonScript) -> int:
    """Where the text says `.train(` last; -1 where it never does."""
    return max((match.start() for match in _TRAINS.finditer(script.text)), default=-1)


def _configures(call: Call) -> bool:
    return _CONFIGURATION.fullmatch(call.name) is not None
