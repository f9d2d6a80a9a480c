"""Reads what only some trainers take: models of reference, and completions that are written."""

from __future__ import annotations

from tunesmith.estimate.script.facts import Facts, Holder
from tunesmith.estimate.training import Method
from tunesmith.estimate.writing import Writing
from tunesmith.lint.arguments import Settled
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.unknown import ABSENT, UNKNOWN

COMPLETION = 256
"""Tokens that GRPO writes where nobody says, in most releases."""


class OfMethod(NamedTuple):
    """Fields of `Training` that some methods have; see there."""

    completion: int = 0
    generated: int = 0
    has_kl: bool = False
    is_reference_precomputed: bool = False
    engine_share: float = 0.0
    writing: Writing | None = None


def of_method(
    method: Method, facts: Facts, args: Holder, trainer: Settled, *, is_adapted: bool
) -> OfMethod:
    """What a trainer's arguments say of its method.

    Args:
        method: what is trained for.
        facts: where what is missing is noted.
        args: the trainer's configuration.
        trainer: the call.
        is_adapted: whether an adapter is trained.
    """
    if method == "grpo":
        return _grpo(facts, args)
    if method not in ("dpo", "kto"):
        return OfMethod()
    second = facts.told("the model of reference", trainer, "ref_model")
    if is_adapted and second not in (ABSENT, None):
        facts.miss("the model of reference")
    kind = facts.told("the loss", args, "loss_type") if method == "kto" else None
    return OfMethod(
        has_kl=method == "kto" and kind in (ABSENT, None, "kto"),
        is_reference_precomputed=facts.flag(args, "precompute_ref_log_probs"),
    )


def _grpo(facts: Facts, args: Holder) -> OfMethod:
    is_served = facts.flag(args, "use_vllm")
    gathers = facts.value("ds3_gather_for_generation", args, "ds3_gather_for_generation")
    if gathers not in (ABSENT, True):
        facts.miss("ds3_gather_for_generation")
    return OfMethod(
        completion=facts.count(args, "max_completion_length", COMPLETION),
        generated=0 if is_served else _written_at_once(facts, args),
        has_kl=facts.number(args, "beta", 0.0) != 0,
        engine_share=_engine_share(facts, args) if is_served else 0.0,
        writing=_writing(facts, args, is_served=is_served),
    )


def _writing(facts: Facts, args: Holder, *, is_served: bool) -> Writing | None:
    """None where a server writes, whose machine nobody knows."""
    if is_served and facts.value("vllm_mode", args, "vllm_mode") != "colocate":
        return None
    whole = facts.told("generation_batch_size", args, "generation_batch_size")
    turns = facts.told("steps_per_generation", args, "steps_per_generation")
    if turns is ABSENT:
        turns = 1
    return Writing(
        "vllm" if is_served else "transformers",
        facts.count(args, "num_generations", 8),
        max(1, facts.count(args, "num_iterations", 1)),
        turns if isinstance(turns, int) else 0,
        whole if isinstance(whole, int) else 0,
    )


def _written_at_once(facts: Facts, args: Holder) -> int:
    """Completions; TRL before 0.18 writes those of one batch, later ones of several."""
    batch = facts.count(args, "per_device_train_batch_size", 8)
    whole = facts.told("generation_batch_size", args, "generation_batch_size")
    if isinstance(whole, int):
        return max(batch, whole)
    steps = facts.told("steps_per_generation", args, "steps_per_generation")
    if steps is ABSENT:
        return batch
    if not isinstance(steps, int):
        steps = facts.count(args, "gradient_accumulation_steps", 1)
    return batch * max(1, steps)


def _engine_share(facts: Facts, args: Holder) -> float:
    """The part of the GPU that vLLM takes in the same process.

    Asleep it takes next to nothing while the model trains; what it takes awake is then left out.
    """
    if facts.value("vllm_mode", args, "vllm_mode") not in ("colocate", UNKNOWN):
        return 0.0
    if facts.flag(args, "vllm_enable_sleep_mode"):
        facts.miss("the memory of vLLM while it writes")
        return 0.0
    return facts.number(args, "vllm_gpu_memory_utilization", 0.3)
