"""What files of `accelerate launch` and of DeepSpeed say of a training's processes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, cast

from tunesmith.estimate.training import Sharding
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.yaml_values import configuration_values

_STAGES: Mapping[str, Sharding] = {"0": "ddp", "1": "ddp", "2": "zero2", "3": "zero3"}
_TYPES: Mapping[str, Sharding] = {"MULTI_GPU": "ddp", "NO": "ddp"}
FSDP: Mapping[str, Sharding] = {"1": "fsdp1", "2": "fsdp"}
"""By `fsdp_version`, which accelerate takes for 1 unless it is told."""


class LauncherFile(NamedTuple):
    """A configuration of `accelerate launch`.

    Attributes:
        sharding: how processes share; None where it does not tell.
        processes: how many; None where it does not tell.
    """

    sharding: Sharding | None
    processes: int | None


def launcher_file(name: str, reader: PurePosixPath, project: Project) -> LauncherFile | None:
    """What `accelerate launch --config_file` reads; None where the project has no such file.

    Args:
        name: its path as written.
        reader: the file with the command.
        project: the files around it.
    """
    found = project.text_near(name, reader)
    values = configuration_values(found[1]) if found else None
    if found is None or values is None or "distributed_type" not in values:
        return None
    kind, count = str(values["distributed_type"]), values.get("num_processes")
    processes = count if isinstance(count, int) and count > 0 else None
    if kind == "FSDP":
        options = cast("Mapping[str, Any]", values.get("fsdp_config") or {})
        return LauncherFile(FSDP.get(str(options.get("fsdp_version", 1))), processes)
    if kind != "DEEPSPEED":
        return LauncherFile(_TYPES.get(kind), processes)
    given = values.get("deepspeed_config")
    config = cast("Mapping[str, Any]", given if isinstance(given, dict) else {})
    other = config.get("deepspeed_config_file")
    if isinstance(other, str):
        return LauncherFile(deepspeed_file(other, found[0], project), processes)
    return LauncherFile(_STAGES.get(str(config.get("zero_stage"))), processes)


def deepspeed_file(name: str, reader: PurePosixPath, project: Project) -> Sharding | None:
    """How a configuration of DeepSpeed shares; None where the project has no such file."""
    found = project.text_near(name, reader)
    values = configuration_values(found[1]) if found else None
    zero = values.get("zero_optimization") if values else None
    if not isinstance(zero, dict):
        return "ddp" if values and zero is None and "train_batch_size" in values else None
    return _STAGES.get(str(cast("Mapping[str, Any]", zero).get("stage", 0)))
