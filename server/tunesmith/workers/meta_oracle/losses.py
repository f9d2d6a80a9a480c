# pyright: basic, reportMissingImports=false
"""The loss of a step as each release of TRL computes it."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from tunesmith.estimate.training import Training
from tunesmith.workers.meta_oracle import trainers

CHUNK = 256
TILE = (4096, 32768)
ENTROPY_CHUNK = 128


def prepare(base: Any, reference: Any, training: Training) -> None:
    """Give the models TRL's fused head, where the case has it."""
    if training.loss != "fused" or training.method == "reward":
        return
    from trl.kernels import chunked_logprob
    from trl.trainer import utils

    # On a GPU these run in the tile's own memory.
    for name in ("_forward_tile", "_backward_tile", "_addmm_fp32"):
        setattr(chunked_logprob, name, _in_place)
    # On a GPU tokens without a label are left out.
    utils._use_triton = lambda _: True
    utils.add_fused_lm_head(base, outputs=trainers.OUTPUTS[training.method])
    if reference is not None:
        utils.add_fused_lm_head(reference)


def _in_place(*_: Any, **__: Any) -> None:
    pass


def loss(model: Any, base: Any, reference: Any, training: Training) -> Any:
    """The loss of one batch.

    Args:
        model: with its adapter.
        base: without.
        reference: a second model; None where there is none.
        training: how it is trained.
    """
    if training.method in trainers.NAMES:
        return trainers.loss(model, reference, training)
    with trainers.autocast(training):
        return _of_labels(model, base, trainers.batch(training), training)


def _of_labels(model: Any, base: Any, inputs: dict[str, Any], training: Training) -> Any:
    if training.loss == "fused":
        outputs = model(**inputs, fused_lm_head=True)
        return -outputs.log_probs.sum() / 100
    if training.loss == "chunked":
        return _chunked(base, inputs)
    outputs = model(**inputs)
    if training.autocast:
        # accelerate's convert_outputs_to_fp32
        outputs.logits = outputs.logits.float()
    if training.loss == "full":
        _measure(outputs.logits, inputs["labels"])
    return outputs.loss


@torch.no_grad()
def _measure(logits: Any, labels: Any) -> None:
    """TRL 0.22 to 1.6: entropy and accuracy of the tokens."""
    shifted = logits[..., :-1, :].contiguous()
    rows = shifted.reshape(-1, shifted.shape[-1])
    for chunk in rows.split(ENTROPY_CHUNK)[:2]:
        logps = functional.log_softmax(chunk, dim=-1)
        _ = -(torch.exp(logps) * logps).sum(-1)
    shifted = logits[..., :-1, :].contiguous()
    _ = shifted.argmax(dim=-1) == labels[..., 1:].contiguous()


def _chunked(base: Any, inputs: dict[str, Any]) -> Any:
    """TRL 1.7 to 1.14 (`_chunked_cross_entropy_loss`), with a label for every token."""
    given = {name: value for name, value in inputs.items() if name != "labels"}
    hidden = base.base_model(**given).last_hidden_state
    hidden = hidden[..., :-1, :].reshape(-1, hidden.shape[-1])
    hidden = hidden[torch.empty(len(hidden), dtype=torch.long)]
    labels = inputs["labels"][..., 1:].reshape(-1)
    weight = base.get_output_embeddings().weight
    softcap = getattr(base.config, "final_logit_softcapping", None)
    loss = hidden.new_zeros((), dtype=torch.float32)
    for start in range(0, len(hidden), CHUNK):
        piece = slice(start, start + CHUNK)
        loss = loss + checkpoint(
            _chunk,
            hidden[piece],
            weight,
            labels[piece],
            softcap,
            use_reentrant=False,
            preserve_rng_state=False,
        )
    return loss


def _chunk(hidden: Any, weight: Any, labels: Any, softcap: float | None) -> Any:
    logits = hidden.float() @ weight.float().t()
    if softcap is not None:
        logits = softcap * torch.tanh(logits / softcap)
    # autocast has this in float32 on a GPU
    logps = functional.log_softmax(logits.float(), dim=-1)
    loss = functional.nll_loss(logps, labels, ignore_index=-100, reduction="sum")
    _ = logits.argmax(dim=-1) == labels
    _ = -(logps.exp() * logps).sum(dim=-1)
    return loss
