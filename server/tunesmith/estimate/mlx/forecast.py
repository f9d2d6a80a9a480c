"""What becomes of a script's training where `mlx_lm.lora` does it on a Mac.

The script itself needs CUDA, or would run on the Mac's GPU by PyTorch, which is not estimated. What
MLX-LM is supposed to do instead: the same rank on the same linear layers of all decoder layers, the
same rows and checkpoints, and 4 or 8 bits where the script has bitsandbytes quantize.
"""

from __future__ import annotations

from collections.abc import Mapping

from tunesmith.estimate.data import Data, exactly
from tunesmith.estimate.fit import Fit, fit
from tunesmith.estimate.forecast import UNCOUNTED, Forecast, forecast, workload_of
from tunesmith.estimate.mlx.memory import mlx_need
from tunesmith.estimate.mlx.speed import MlxWorkload, mlx_duration
from tunesmith.estimate.mlx.training import MlxTraining, Optimizer, Packing
from tunesmith.estimate.script import ScriptTraining
from tunesmith.knowledge.hardware import MAC, Machine

_OPTIMIZERS: Mapping[str, Optimizer] = {"adafactor": "adafactor", "sgd": "sgd"}
_BITS = {"nf4": 4, "int8": 8}


SUPPOSED = (
    "mlx_lm.lora trains instead of the script: the same rank, rows and checkpoints, all layers, "
    "and 4 or 8 bits where bitsandbytes quantizes"
)
"""What the estimate on a Mac takes for granted."""


def forecast_anywhere(
    training: ScriptTraining, machine: Machine | None, data: Data | None = None
) -> Forecast:
    """The estimate of a training on a machine, by MLX-LM if that is a Mac."""
    if machine and machine.provider == MAC:
        return forecast_on_mac(training, machine, data)
    return forecast(training, machine, data)


def forecast_on_mac(
    training: ScriptTraining, machine: Machine, data: Data | None = None
) -> Forecast:
    """The estimate of a training that MLX-LM does on a Mac instead.

    Args:
        training: as the script says.
        machine: the Mac.
        data: what is known of its data set; None where that is nothing.
    """
    known, shape = data or Data(), training.shape
    missing = _missing(training)
    if shape is None or missing or machine.accelerator is None:
        return Forecast(
            training, machine, None, Fit("unknown", f"It cannot be told: {missing}."), None, missing
        )
    gpu, instead = machine.accelerator, mlx_training(training)
    needed = mlx_need(shape, instead, is_certain=training.is_shape_certain)
    workload = workload_of(training, known)
    if workload is None:
        missing = known.problem or UNCOUNTED
        return Forecast(training, machine, needed, fit(needed, gpu), None, missing, known)
    if workload.max_steps > 0:
        batches = exactly(workload.max_steps * workload.accumulation)
    else:
        batches = workload.examples.times(workload.epochs / instead.batch)
    lasts = mlx_duration(shape, instead, gpu, MlxWorkload(batches, workload.tokens))
    return Forecast(training, machine, needed, fit(needed, gpu), lasts, "", known)


def _missing(training: ScriptTraining) -> str:
    """Why nothing can be told; empty where something can."""
    if training.shape is None:
        return training.shape_source
    method = training.training.method
    if method != "sft":
        return f"Macs train with MLX-LM, which does no {method.upper()}"
    return ""


def mlx_training(training: ScriptTraining) -> MlxTraining:
    """What MLX-LM would do in the place of a trainer."""
    step, adapter = training.training, training.training.adapter
    return MlxTraining(
        kind="full" if adapter is None else "dora" if adapter.is_dora else "lora",
        layers=-1,
        rank=adapter.rank if adapter else 0,
        targets=None if adapter is None or adapter.targets == "all-linear" else adapter.targets,
        has_dropout=adapter is not None and adapter.has_dropout,
        batch=step.batch,
        length=step.length,
        is_checkpointed=step.is_checkpointed,
        optimizer=_OPTIMIZERS.get(step.optimizer, "adamw"),  # MLX has no Adam in 8 bits
        accumulation=training.accumulation,
        packing=Packing(_BITS[step.quantization]) if step.quantization else Packing(),
    )
