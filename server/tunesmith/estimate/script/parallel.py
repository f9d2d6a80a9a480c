"""How a script is started on several GPUs, and how they share the work.

Sources: the options of `accelerate launch` (accelerate.commands.launch), `torchrun`
(torch.distributed.run) and `deepspeed`; transformers' `TrainingArguments.fsdp` and `deepspeed`.
One process that sees several GPUs loads a model given by its id with `device_map="auto"` since TRL
1.15 (`create_model_from_path`); other models then run in torch's DataParallel, or raise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from tunesmith.estimate.script.launcher_files import (
    FSDP,
    LauncherFile,
    fsdp_of,
    launcher_file,
    zero_of,
)
from tunesmith.estimate.training import Sharding, Training
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.launch_command import Word
from tunesmith.sources.launches import Launch
from tunesmith.sources.python_values import DictValue
from tunesmith.sources.unknown import UNKNOWN, Unknown
from tunesmith.text import regex, regex_with_words

Starter = Literal["python", "accelerate", "torchrun", "deepspeed"]
_STARTERS: dict[str, Starter] = {
    "accelerate": "accelerate",
    "accelerate-launch": "accelerate",
    "torchrun": "torchrun",
    "torch.distributed.run": "torchrun",
    "torch.distributed.launch": "torchrun",
    "deepspeed": "deepspeed",
    "trl": "accelerate",  # `trl sft` starts itself by `accelerate launch`
}
_COUNTS = regex(r"--(?:num[-_]processes|nproc[-_]per[-_]node|num[-_]gpus)")
_BECOMES_LAUNCHER = regex_with_words(
    r"""(?s)["'](?:torch\.distributed\.run|accelerate\.commands\.launch|torchrun|accelerate)["']"""
    r""".{1,500}?\bos\.exec[lv]p?e?\(|\bos\.exec[lv]p?e?\([^)]{0,500}["'](?:torch\.distributed\.run"""
    r"""|accelerate\.commands\.launch|torchrun|accelerate)["']""",
    ("os.exec",),
)
_ZERO_NAME = regex(r"zero[-_]?(?:stage[-_]?)?([123])")
_FSDP_NAME = regex(r"fsdp[-_]?(?:v)?([12])?")
_DDP_NAME = regex(r"multi[-_]gpu|ddp")
_ZERO: dict[str, Sharding] = {"0": "ddp", "1": "ddp", "2": "zero2", "3": "zero3"}


class Parallel(NamedTuple):
    """What is told of a training's processes.

    Attributes:
        starter: what starts them; None where no start of the script is known.
        processes: how many; None where it is one for each GPU, or not told.
        sharding: how processes share; None where that is not known.
        is_spread: a single process spreads the model over all GPUs (`device_map="auto"`).
    """

    starter: Starter | None = None
    processes: int | None = None
    sharding: Sharding | None = None
    is_spread: bool = False

    def launched_by(self, text: str) -> Parallel:
        """The same, for a script that becomes its own launcher where nothing else starts it."""
        if self.starter not in (None, "python") or not _BECOMES_LAUNCHER.search(text):
            return self
        return Parallel("torchrun", None, self.sharding or "ddp")

    def share(self, training: Training, gpus: int) -> Training | None:
        """The training on that many GPUs; None where it is not known how they share."""
        if gpus == 1:
            return training
        if self.is_spread and self.starter in (None, "python"):
            return training._replace(gpus=gpus, sharding="device_map")
        if self.starter in (None, "python") or self.sharding is None:
            return None
        processes = min(self.processes or gpus, gpus)
        return training._replace(gpus=processes, sharding=self.sharding if processes > 1 else None)


def parallel_of(
    launch: Launch | None,
    own: Sharding | Unknown | None,
    project: Project,
    *,
    is_spread: bool,
) -> Parallel:
    """How a launch starts a script.

    Args:
        launch: None where none is known.
        own: what the trainer's own arguments say (`fsdp`, `deepspeed`); None where nothing,
            UNKNOWN where something that cannot be told.
        project: the files around the launch.
        is_spread: whether a single process spreads the model over the GPUs.
    """
    told = None if isinstance(own, Unknown) else own
    if launch is None:
        return Parallel(sharding=told, is_spread=is_spread)
    if launch.arguments is None:
        return Parallel(is_spread=False)
    words = launch.launcher
    starter = _starter(words)
    if starter == "python":
        return Parallel("python", 1, told, is_spread)
    options = _options(words)
    name = options.get("--config_file")
    file = launcher_file(name, launch.path, project) if name else None
    sharding = told or (_sharding(options, starter, file) if own is None else None)
    return Parallel(starter, _processes(words) or (file.processes if file else None), sharding)


def _starter(words: Sequence[Word]) -> Starter:
    names = (word.known_text.rpartition("/")[2] for word in words)
    for name in names:
        if name in _STARTERS:
            return _STARTERS[name]
    return "python"


def _processes(words: Sequence[Word]) -> int | None:
    for index, word in enumerate(words):
        name, equals, value = word.known_text.partition("=")
        if _COUNTS.fullmatch(name):
            behind = words[index + 1].known_text if index + 1 < len(words) else ""
            count = value if equals else behind
            return int(count) if count.isdecimal() else None
    return None


def _sharding(
    options: Mapping[str, str], starter: Starter, file: LauncherFile | None
) -> Sharding | None:
    """None where a file that is not there decides."""
    if "--use_fsdp" in options:
        return fsdp_of(_named(options))
    if "--use_deepspeed" in options:
        return zero_of(_named(options), "2")
    if file:
        return file.sharding
    if "--config_file" in options:
        return sharding_of_file(options["--config_file"])
    return None if starter == "deepspeed" else "ddp"


def _options(words: Sequence[Word]) -> dict[str, str]:
    found: dict[str, str] = {}
    for index, word in enumerate(words):
        name, equals, value = word.known_text.partition("=")
        if name.startswith("--"):
            behind = words[index + 1].known_text if index + 1 < len(words) else ""
            found[name.replace("-", "_").replace("__", "--", 1)] = value if equals else behind
    return found


def _named(options: Mapping[str, str]) -> Mapping[str, str]:
    """The options as a file of accelerate has them."""
    return {name.removeprefix("--"): value for name, value in options.items()}


def sharding_of_stage(configuration: DictValue) -> Sharding | Unknown:
    """Of a configuration of DeepSpeed written as a dict."""
    zero = configuration.value("zero_optimization")
    stage = zero.value("stage") if isinstance(zero, DictValue) else UNKNOWN
    return _ZERO.get(str(stage), UNKNOWN)


def sharding_of_file(path: str) -> Sharding | None:
    """By the name that TRL and accelerate give their example files: `zero3.yaml`, `fsdp1.yaml`."""
    name = path.rpartition("/")[2].lower()
    if "offload" in name:
        return None
    if zero := _ZERO_NAME.search(name):
        return _ZERO[zero[1]]
    if fsdp := _FSDP_NAME.search(name):
        return FSDP[fsdp[1] or "1"]
    return "ddp" if _DDP_NAME.search(name) else None
