# pyright: basic, reportMissingImports=false
"""Measures a training step of the real libraries without a GPU and without its memory.

The model of transformers, the adapter of PEFT and the loss of TRL run once on tensors without
data; every storage is counted from its birth to its death. Attention, quantized layers and fused
kernels are replaced by stand-ins that take the memory of the real ones, as these need a GPU.
Run in an environment that has the training libraries, never in the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest import mock

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from tunesmith.estimate.training import Training
from tunesmith.workers.events import Progress, Report
from tunesmith.workers.meta_oracle import generation, losses, models, processes, trainers
from tunesmith.workers.meta_oracle.answers import Answers
from tunesmith.workers.meta_oracle.storages import Ledger

KINDS = ("weights", "adapter", "gradients", "optimizer", "activations", "logits")


@dataclass(frozen=True, slots=True)
class Measured:
    """The peak of one step, after the optimizer has its states.

    Attributes:
        peak: most bytes at once.
        breakdown: bytes by kind at that moment; they add up to the peak.
        moment: "generation", "forward", "loss", "backward" or "step".
        resident: bytes that stay between steps: weights, adapter, states of the optimizer.
    """

    peak: int
    breakdown: Mapping[str, int]
    moment: str
    resident: int


def measure(
    config: Mapping[str, Any], training: Training, report: Report | None = None
) -> Measured:
    """Run one training step of a model and tell its peak of memory.

    Args:
        config: what the model's `config.json` holds, `model_type` included.
        training: how it is trained.
        report: hears what it is at.
    """

    def at(done: int, part: str) -> None:
        if report:
            report(Progress("measure", done, 3, part))

    at(0, "the model")
    made = models.configuration(config, training)
    ledger = Ledger(made.vocab_size, losses.TILE)
    places = training.length - 1
    answers = Answers(places, training.completion or places)
    counted = processes.counted(ledger, training)
    with processes.group(training) as mesh, _without_data(), ledger, answers, counted:
        base = models.model(made, training)
        model = models.adapted(base, training)
        reference = models.reference(made, training)
        losses.prepare(base, reference, training)
        for each in (model, reference):
            if each is not None and training.method in trainers.NAMES:
                trainers.prepare(each, training)
        model = processes.prepared(model, training, mesh, ledger)
        training = processes.seen_by(training)
        trained = [each for each in model.parameters() if each.requires_grad]
        parts = [processes.own_part(each) for each in trained]
        if training.adapter:
            for each in parts:
                ledger.is_kind(each, "adapter")
        optimizer = models.optimizer(parts, training)
        at(1, "the optimizer")
        _warm_up(parts, optimizer, ledger, training)
        resident = ledger.now
        ledger.kind = "activations"
        ledger.start()
        at(2, "the step")
        if training.generated:
            _write(model, base, trained, ledger, training)
        _watch(base, reference, trained, ledger)
        if training.accumulates and processes.is_split(training):
            with processes.unexchanged(model):
                _learn(model, base, reference, ledger, training)
        _learn(model, base, reference, ledger, training)
        processes.hand_over(trained, parts)
        _step(optimizer, ledger)
    breakdown = {kind: ledger.at_peak[kind] for kind in KINDS}
    return Measured(ledger.peak, breakdown, ledger.moment_of_peak, resident)


class _WithoutData(FakeTensorMode):
    def __deepcopy__(self, memo: Any) -> _WithoutData:
        # PEFT copies modules to save, tensors with the mode that they belong to.
        return self


@cache
def _without_data() -> FakeTensorMode:
    """One for all measurements: what PyTorch caches of one mode must not meet another."""
    return _WithoutData()


def _warm_up(trained: list[Any], optimizer: Any, ledger: Ledger, training: Training) -> None:
    """The first step, which makes the states of the optimizer."""
    ledger.kind = "gradients"
    for each in trained:
        each.grad = torch.empty_like(each)
    ledger.kind = "optimizer"
    optimizer.step()
    if not training.accumulates or processes.is_split(training):
        optimizer.zero_grad(set_to_none=True)


def _write(model: Any, base: Any, trained: list[Any], ledger: Ledger, training: Training) -> None:
    """Let the model write what it is to learn from, while no gradient is there."""
    for each in trained:
        each.grad = None
    ledger.moment = "generation"
    generation.generate(model, base, training)
    if training.accumulates:
        for each in trained:
            each.grad = torch.empty_like(each)
            ledger.is_kind(each.grad, "gradients")


def _watch(base: Any, reference: Any, trained: list[Any], ledger: Ledger) -> None:
    """Note gradients as such, and at what the step is."""
    for each in trained:
        each.register_post_accumulate_grad_hook(
            lambda parameter: ledger.is_kind(processes.own_part(parameter.grad), "gradients")
        )

    def starts(_: Any, __: Any) -> None:
        ledger.moment = "forward"

    def ends(_: Any, __: Any, outputs: Any) -> None:
        ledger.moment = "loss"
        if outputs.last_hidden_state.requires_grad:
            outputs.last_hidden_state.register_hook(lambda _: setattr(ledger, "moment", "backward"))

    for each in (base, reference):
        if each is not None:
            each.base_model.register_forward_pre_hook(starts)
            each.base_model.register_forward_hook(ends)


def _learn(model: Any, base: Any, reference: Any, ledger: Ledger, training: Training) -> None:
    with _asked_for_gpu():
        loss = losses.loss(model, base, reference, training)
        loss.backward()


def _step(optimizer: Any, ledger: Ledger) -> None:
    ledger.moment, ledger.kind = "step", "optimizer"
    torch.nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], 1.0)
    optimizer.step()


def _asked_for_gpu() -> Any:
    """PEFT asks whether autocast is on for GPUs; here it is for what stands for them."""
    is_enabled = torch.is_autocast_enabled

    def asked(_: str = "cuda") -> bool:
        return is_enabled("cpu")

    return mock.patch.object(torch, "is_autocast_enabled", asked)
