# pyright: basic, reportMissingImports=false
"""Worker: the memory of one training step, measured with the libraries of its environment."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tunesmith.estimate.training import Training, training_of
from tunesmith.workers.events import Progress, Report, WorkerError

LIBRARIES = ("torch", "transformers", "peft", "trl", "bitsandbytes")


def run(request: Mapping[str, Any], report: Report) -> Mapping[str, Any]:
    """Measure a step; nothing is downloaded, as the model is made from its configuration.

    Args:
        request: `config`: the fields of the model's `config.json`; `training`: how it is trained,
            as `training_of` reads it.
        report: hears of each library, then of each part of the step.

    Returns:
        `peak` and `resident` in bytes, `breakdown` in bytes by kind, `moment`; `versions` of what
        was measured.

    Raises:
        WorkerError: these libraries cannot do this.
    """
    config, training = request["config"], training_of(request["training"])
    versions = _versions(training, report)
    _require(config, training, versions)

    from tunesmith.workers.meta_oracle import measure

    return {**asdict(measure(config, training, report)), "versions": versions}


def _versions(training: Training, report: Report) -> dict[str, str]:
    """Import what the step needs; the release of each."""
    needed = [each for each in LIBRARIES if each != "bitsandbytes" or training.quantization]
    versions: dict[str, str] = {}
    for done, name in enumerate(needed):
        report(Progress("import", done, len(needed), name))
        try:
            importlib.import_module(name)
        except Exception as error:
            raise WorkerError(
                f"{name} cannot be imported: {type(error).__name__}: {error}",
                "`tunesmith toolchain doctor train` says what to do",
            ) from None
        versions[name] = importlib.metadata.version(name).partition("+")[0]
    return versions


def _require(config: Mapping[str, Any], training: Training, versions: Mapping[str, str]) -> None:
    from packaging.version import Version  # comes with transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    newer = "update it there, or use another environment: `tunesmith toolchain install train`"
    transformers = f"transformers {versions['transformers']}"
    if Version(versions["transformers"]) < Version("5.0"):
        raise WorkerError(f"{transformers} cannot be measured, expected 5.0 or newer", newer)
    if config["model_type"] not in CONFIG_MAPPING:
        raise WorkerError(f"{transformers} has no architecture {config['model_type']!r}", newer)
    trl = f"trl {versions['trl']}"
    if training.loss == "fused" and Version(versions["trl"]) < Version("1.15"):
        raise WorkerError(f"the loss is that of trl 1.15 and newer, and {trl} lacks it", newer)
    if training.loss != "fused" and training.method in ("dpo", "kto", "grpo"):
        raise WorkerError(
            f"the loss of {training.method} is measured as {trl} computes it, and the script gets "
            "an older one",
            "ask for the estimate instead, or let the script have trl 1.15 or newer",
        )
