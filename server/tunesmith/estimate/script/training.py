"""What a script's training is, and how much of that is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packaging.version import Version

from tunesmith.estimate.script.data_plan import ScriptData
from tunesmith.estimate.script.parallel import Parallel
from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.training import Training
from tunesmith.estimate.writing import Writing
from tunesmith.lint.arguments import Settled
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.launches import Launch
from tunesmith.sources.python_script import Call
from tunesmith.sources.python_values import DictValue, Value

ANSWERS = "the length of what it writes"
ONLY_TIME = frozenset({"num_train_epochs", "max_steps", ANSWERS})
"""What decides how long a training takes, and not its memory."""


class Assumption(NamedTuple):
    """Something that an estimate takes for granted.

    Attributes:
        what: as users call it: "the model", "max_length".
        why: what it rests on, as the end of a sentence: "the default of --max_length".
    """

    what: str
    why: str = "the script leaves it open"

    def __str__(self) -> str:
        return f"{self.what} ({self.why})"


class Sources(NamedTuple):
    """The calls that say how a trainer trains; None where the file holds none.

    Attributes:
        model: what the trainer trains: an id, or the call that loads it.
        arguments: of the configuration.
        adapter: of the LoraConfig.
        loader: what gets the keywords that load the model.
        quantization: of the BitsAndBytesConfig.
    """

    model: Value = None
    arguments: Settled | None = None
    adapter: Call | None = None
    loader: Call | DictValue | None = None
    quantization: Call | None = None


class ScriptTraining(NamedTuple):
    """A trainer of a script, with all that decides its memory and its time.

    Attributes:
        trainer: the call that makes it.
        model_id: as the script names it; None where that is not known.
        shape: the model's; None where it is not known.
        training: how it is trained on one GPU.
        accumulation: batches that make a step.
        epochs: passes over the data set.
        max_steps: -1 where it does not decide.
        is_packed: whether sequences are filled up.
        versions: releases of the libraries that decide, by package.
        assumed: what the script and its launch do not tell for sure.
        parallel: how several GPUs would share the work.
        launch: the start of the script that this is read for; None where none is known.
        shape_source: where the shape is known from; or why it is not.
        is_shape_certain: whether it is the model's own, not guessed from its name or approximated.
        model_fields: of the `config.json` that the shape is from; None where it is not known.
        sources: where the script tells the rest.
        data: its data set.
        writing: how it writes what it learns from; None where it does not, or is not known.
    """

    trainer: Call
    model_id: str | None
    shape: ModelShape | None
    training: Training
    accumulation: int
    epochs: float
    max_steps: int
    is_packed: bool
    versions: Mapping[str, Version | None]
    assumed: tuple[Assumption, ...] = ()
    parallel: Parallel = Parallel()
    launch: Launch | None = None
    shape_source: str = ""
    is_shape_certain: bool = True
    model_fields: Mapping[str, Any] | None = None
    sources: Sources = Sources()
    data: ScriptData = ScriptData()
    writing: Writing | None = None

    @property
    def is_certain(self) -> bool:
        """Whether all that decides its memory is told: the model, its shape, how it is trained."""
        is_known = self.shape is not None and self.is_shape_certain
        return is_known and all(each.what in ONLY_TIME for each in self.assumed)

    def on(self, gpus: int) -> Training | None:
        """The training on so many GPUs; None where nobody can tell how they share the work."""
        return self.parallel.share(self.training, gpus)
