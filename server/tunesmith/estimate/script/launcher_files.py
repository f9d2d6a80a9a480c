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
        return LauncherFile(fsdp_of(_inner(values, "fsdp_config")), processes)
    if kind != "DEEPSPEED":
        return LauncherFile(_TYPES.get(kind), processes)
    config = _inner(values, "deepspeed_config")
    other = config.get("deepspeed_config_file")
    if isinstance(other, str):
        return LauncherFile(deepspeed_file(other, found[0], project), processes)
    return LauncherFile(zero_of(config), processes)


def fsdp_of(options: Mapping[str, Any]) -> Sharding | None:
    """What accelerate's options of FSDP say; None where weights are kept or moved elsewhere."""
    strategy = options.get("fsdp_sharding_strategy", options.get("fsdp_reshard_after_forward"))
    is_usual = str(strategy).lower() in ("none", "true", "1", "full_shard")
    if not is_usual or str(options.get("fsdp_offload_params")).lower() == "true":
        return None
    return FSDP.get(str(options.get("fsdp_version", 1)))


def zero_of(options: Mapping[str, Any], stage: str = "") -> Sharding | None:
    """What accelerate's options of DeepSpeed say; None where something is moved off the GPU."""
    devices = (options.get(f"offload_{each}_device") for each in ("optimizer", "param"))
    if any(str(each).lower() != "none" for each in devices):
        return None
    return _STAGES.get(str(options.get("zero_stage", stage)))


def _inner(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = values.get(name)
    return cast("Mapping[str, Any]", given) if isinstance(given, dict) else {}


def deepspeed_file(name: str, reader: PurePosixPath, project: Project) -> Sharding | None:
    """How a configuration of DeepSpeed shares; None where the project has no such file."""
    found = project.text_near(name, reader)
    values = configuration_values(found[1]) if found else None
    zero = values.get("zero_optimization") if values else None
    if not isinstance(zero, dict):
        return "ddp" if values and zero is None and "train_batch_size" in values else None
    stage = cast("Mapping[str, Any]", zero)
    moved = (_inner(stage, f"offload_{each}").get("device") for each in ("optimizer", "param"))
    if any(str(each).lower() != "none" for each in moved):
        return None
    return _STAGES.get(str(stage.get("stage", 0)))
