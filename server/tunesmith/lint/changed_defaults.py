"""Defaults that releases of TRL changed and that decide results, memory or cost, as data.

Read from the configurations of TRL 0.9 to 1.16; each row is held against the tables of signatures
by `tests/lint/test_changed_defaults.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tunesmith.named_tuple import NamedTuple
from tunesmith.text import regex

if TYPE_CHECKING:
    import re

    from tunesmith.lint.arguments import Settled


def _always(_: Settled) -> bool:
    return True


class ChangedDefault(NamedTuple):
    """A default of a configuration that a release of TRL changed.

    Attributes:
        objects: the configurations.
        parameter: the keyword.
        old: the former default, as Python source.
        new: the default since.
        since: the first release with the new one.
        held_from: the first release with the former one.
        effect: what the new one does, as the end of a sentence; empty where the values say it.
        is_concerned: whether it matters to a configuration.
        decided_by: what in a script decides it in another way than by the keyword.
    """

    objects: Sequence[str]
    parameter: str
    old: str
    new: str
    since: str
    held_from: str
    effect: str = ""
    is_concerned: Callable[[Settled], bool] = _always
    decided_by: re.Pattern[str] | None = None


_ALL = tuple(f"trl.{each}Config" for each in ("SFT", "DPO", "GRPO", "RLOO", "KTO", "Reward"))
_GRPO = ("trl.GRPOConfig",)
_RLOO = ("trl.RLOOConfig",)


def _uses_vllm(configuration: Settled) -> bool:
    return configuration.value("use_vllm") is True


def _penalises(configuration: Settled) -> bool:
    beta = configuration.value("beta")
    return type(beta) in (int, float) and beta != 0


CHANGED_DEFAULTS: Sequence[ChangedDefault] = (
    ChangedDefault(
        _GRPO, "beta", "0.04", "0.0", "0.19.0", "0.14.0",
        "no KL penalty holds the model to its reference",
    ),
    ChangedDefault(
        _GRPO, "loss_type", "'bnpo'", "'dapo'", "0.22.0", "0.17.0",
        "the loss is normalised over the whole batch, not over that of each device",
    ),
    ChangedDefault(
        _GRPO, "max_completion_length", "256", "512", "1.10.0", "0.14.0",
        "completions may take twice the time and memory",
    ),
    ChangedDefault(
        _RLOO, "max_completion_length", "256", "512", "1.10.0", "0.22.0",
        "completions may take twice the time and memory",
    ),
    ChangedDefault(
        _GRPO, "temperature", "0.9", "1.0", "0.18.0", "0.14.0", "completions vary more"
    ),
    ChangedDefault(
        _GRPO, "vllm_mode", "'server'", "'colocate'", "1.0.0", "0.18.0",
        "vLLM takes memory of the training's own GPU, and no server is asked", _uses_vllm,
    ),
    ChangedDefault(
        _RLOO, "vllm_mode", "'server'", "'colocate'", "1.0.0", "0.22.0",
        "vLLM takes memory of the training's own GPU, and no server is asked", _uses_vllm,
    ),
    ChangedDefault(
        _GRPO, "use_bias_correction_kl", "False", "True", "1.10.0", "0.26.0",
        "the gradient of the KL penalty is another one", _penalises,
    ),
    ChangedDefault(
        _ALL, "bf16", "False", "True", "0.19.0", "0.9.2",
        "it computes in bfloat16, not in float32",
        decided_by=regex(r"bf16|float16|fp16|mixed_precision|use_cpu|no_cuda"),
    ),
    ChangedDefault(
        _ALL, "gradient_checkpointing", "False", "True", "0.22.0", "0.9.2",
        "steps take longer, and far less memory",
        decided_by=regex(r"prepare_model_for_kbit_training|activation_checkpointing"),
    ),
    ChangedDefault(
        ("trl.SFTConfig",), "learning_rate", "5e-05", "2e-05", "0.12.0", "0.9.2"
    ),
    ChangedDefault(
        ("trl.DPOConfig",), "learning_rate", "5e-05", "1e-06", "0.12.0", "0.9.2"
    ),
    ChangedDefault(("trl.KTOConfig",), "learning_rate", "5e-07", "1e-06", "0.12.0", "0.11.0"),
    ChangedDefault(
        ("trl.RewardConfig",), "learning_rate", "5e-05", "0.0001", "0.24.0", "0.9.2"
    ),
)  # fmt: skip
