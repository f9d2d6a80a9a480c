"""How many checkpoints a configuration of transformers saves, and how many of them it keeps."""

from __future__ import annotations

from tunesmith.sources.python_calls import Call
from tunesmith.sources.unknown import ABSENT

_SAVE_STEPS, _EPOCHS = 500, 3
"""The defaults of transformers."""


def saved_checkpoints(configuration: Call) -> int | None:
    """How many checkpoints are saved; None where it cannot be told, 0 where none are."""
    strategy = configuration.value("save_strategy")
    if strategy == "epoch":
        epochs = configuration.value("num_train_epochs")
        epochs = _EPOCHS if epochs is ABSENT else epochs
        return epochs if isinstance(epochs, int) else None
    if strategy not in (ABSENT, "steps"):
        return 0
    most, every = configuration.value("max_steps"), configuration.value("save_steps")
    every = _SAVE_STEPS if every is ABSENT else every
    if isinstance(most, int) and isinstance(every, int) and most > 0 and every > 0:
        return most // every
    return None if most is ABSENT and isinstance(every, int) else 0


def kept_checkpoints(configuration: Call) -> int:
    """How many surely lie on the disk at the same time; 0 where that cannot be told.

    The oldest is deleted once the newest is written (`Trainer._save_checkpoint`).
    """
    saved, limit = saved_checkpoints(configuration), configuration.value("save_total_limit")
    if saved is None or not isinstance(limit, int) or limit < 1:
        return 0
    return min(saved, limit + 1)
