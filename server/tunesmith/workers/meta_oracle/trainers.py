# pyright: basic, reportMissingImports=false
"""TRL's own trainers for their losses, without what they do before the first step."""

from __future__ import annotations

import contextlib
import functools
from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import torch

from tunesmith.estimate.training import Training

NAMES = {"dpo": "DPO", "kto": "KTO", "grpo": "GRPO", "reward": "Reward"}
"""Trainers whose losses are computed here."""
MODEL_INPUTS = ("input_ids", "attention_mask")
OUTPUTS = {
    "sft": ("log_probs", "entropy", "is_top1"),
    "dpo": ("log_probs", "entropy", "mean_logits", "is_top1"),
    "kto": ("log_probs", "entropy", "mean_logits"),
    "grpo": ("log_probs", "entropy"),
}
"""What each trainer has the fused head compute."""


@contextlib.contextmanager
def autocast(training: Training) -> Iterator[None]:
    """Mixed precision as the trainer has it."""
    if training.autocast is None:
        yield
        return
    with torch.autocast("cpu", getattr(torch, training.autocast)):
        yield


def prepare(model: Any, training: Training) -> None:
    """Have each call of the model run in mixed precision, as accelerate does.

    What autocast made of its weights is forgotten when the call is over.
    """
    from accelerate.utils import convert_outputs_to_fp32

    forward = model.forward

    # `generate` asks the signature what it may pass
    @functools.wraps(forward)
    def in_mixed_precision(*args: Any, attention_mask: Any = None, **kwargs: Any) -> Any:
        # a mask that hides nothing is not looked at, which takes data to tell
        mask = attention_mask if looks_past_padding(training) else None
        with autocast(training):
            return forward(*args, attention_mask=mask, **kwargs)

    is_mixed = training.autocast is not None
    model.forward = convert_outputs_to_fp32(in_mixed_precision) if is_mixed else in_mixed_precision


def looks_past_padding(training: Training) -> bool:
    """Whether attention gets a mask; flash attention takes the padding out instead."""
    return training.has_padding and training.attention != "flash"


def batch(training: Training) -> dict[str, Any]:
    """What a step gets: token ids and labels; a mask where the sequences differ in length."""
    ids = tokens(training)
    inputs = {"input_ids": ids, "labels": ids}
    if looks_past_padding(training):
        inputs["attention_mask"] = tokens(training)
    return inputs


def tokens(training: Training) -> Any:
    """A number for each token of the batch."""
    return torch.empty(training.rows, training.length, dtype=torch.long)


def loss(model: Any, reference: Any, training: Training) -> Any:
    """The loss of TRL's trainer.

    Args:
        model: with its adapter.
        reference: a second model; None where there is none.
        training: how it is trained.
    """
    made = trainer(model, reference, training)
    if training.method == "reward":
        return made.compute_loss(model, _given(training, *MODEL_INPUTS))
    if training.method == "grpo":
        return made._compute_loss(model, _completions(made, model, reference, training))
    inputs = _pairs(training) if training.method == "dpo" else _judged(training)
    return made._compute_loss(model, inputs, False)


def _pairs(training: Training) -> dict[str, Any]:
    """DPO's batch: the better answers, then the worse ones."""
    given = _given(training, *MODEL_INPUTS, "completion_mask")
    return given | _numbers(training, "ref_chosen_logps", "ref_rejected_logps")


def _judged(training: Training) -> dict[str, Any]:
    """KTO's batch, with answers to other questions beside."""
    names = (*MODEL_INPUTS, "completion_mask")
    inputs = _given(training, *names, *(f"KL_{name}" for name in names))
    inputs |= _numbers(training, "ref_logps", "ref_KL_logps")
    inputs["label"] = torch.empty(training.batch, dtype=torch.bool)
    return inputs


def _completions(made: Any, model: Any, reference: Any, training: Training) -> dict[str, Any]:
    """GRPO's batch: what the model wrote, and what the reference says of it."""
    completion = training.completion
    inputs = _numbers(training, "advantages")
    for part, length in (("prompt", training.length - completion), ("completion", completion)):
        for name in ("ids", "mask"):
            inputs[f"{part}_{name}"] = torch.empty(training.batch, length, dtype=torch.long)
    inputs["num_items_in_batch"] = torch.empty(())
    if training.has_kl:
        ask, ids, mask = made._get_per_token_logps_and_entropies, tokens(training), tokens(training)
        with torch.no_grad(), contextlib.nullcontext() if reference else model.disable_adapter():
            inputs["ref_per_token_logps"] = ask(reference or model, ids, mask, completion)[0]
    return inputs


def _given(training: Training, *names: str) -> dict[str, Any]:
    return {name: tokens(training) for name in names}


def _numbers(training: Training, *names: str) -> dict[str, Any]:
    return {name: torch.empty(training.batch) for name in names}


def trainer(model: Any, reference: Any, training: Training) -> Any:
    """A trainer that can compute its loss.

    Args:
        model: with its adapter.
        reference: the model of reference; None where the adapter is turned off, or none is asked.
        training: how it is trained.
    """
    import trl

    name = NAMES[training.method]
    kind, config = getattr(trl, f"{name}Trainer"), getattr(trl, f"{name}Config")
    made = object.__new__(kind)
    more = {"num_generations": 2} if training.method == "grpo" else {}
    made.args = config(
        output_dir="unused",
        **more,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=training.is_checkpointed,
        gradient_checkpointing_kwargs={"use_reentrant": False, "preserve_rng_state": False},
    )
    made.model, made.ref_model = model, reference
    made.accelerator = _accelerator(training)
    made.aux_loss_enabled, made.router_aux_loss_coef = False, 0.0
    made._metrics = {"train": defaultdict(list)}
    made._total_train_tokens, made._tp_size = 0, 1
    if training.method in _ATTRIBUTES:
        made.beta = made.args.beta
        made.__dict__.update(_ATTRIBUTES[training.method](made.args, training))
    return made


def _accelerator(training: Training) -> Any:
    def same(value: Any, **_: Any) -> Any:
        return value

    return SimpleNamespace(
        device=torch.device("cpu"),
        num_processes=1,
        is_main_process=False,
        gather=same,
        gather_for_metrics=same,
        reduce=same,
        unwrap_model=same,
        autocast=lambda: autocast(training),
    )


def _of_dpo(args: Any, training: Training) -> dict[str, Any]:
    return {
        "precompute_ref_logps": training.is_reference_precomputed,
        "loss_types": args.loss_type,
        "loss_weights": [1.0] * len(args.loss_type),
        "ld_alpha": args.ld_alpha,
        "f_divergence_type": args.f_divergence_type,
        "f_alpha_divergence_coef": args.f_alpha_divergence_coef,
        "label_smoothing": args.label_smoothing,
        "use_weighting": args.use_weighting,
    }


def _of_kto(args: Any, training: Training) -> dict[str, Any]:
    return {
        "precompute_ref_logps": training.is_reference_precomputed,
        "calculate_KL": training.has_kl,
        "loss_type": "kto" if training.has_kl else "apo_zero_unpaired",
        "desirable_weight": args.desirable_weight,
        "undesirable_weight": args.undesirable_weight,
    }


def _of_grpo(args: Any, training: Training) -> dict[str, Any]:
    names = (
        "top_entropy_quantile",
        "off_policy_mask_threshold",
        "importance_sampling_level",
        "loss_type",
        "vllm_importance_sampling_correction",
    )
    return {
        **{name: getattr(args, name) for name in names},
        "beta": 0.04 if training.has_kl else 0.0,
        "epsilon_low": args.epsilon,
        "epsilon_high": args.epsilon_high or args.epsilon,
        "use_vllm": False,
        "max_completion_length": training.completion,
        "current_gradient_accumulation_steps": 1,
        "_entropy_bonus_enabled": False,
    }


_ATTRIBUTES = {"dpo": _of_dpo, "kto": _of_kto, "grpo": _of_grpo}
