"""The least change after which a training fits a machine, of each kind that there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tunesmith.estimate.changes import Changes, changed
from tunesmith.estimate.fit import Fit
from tunesmith.estimate.forecast import forecast
from tunesmith.estimate.script import ScriptTraining
from tunesmith.knowledge.hardware import Machine

STEP = 256
"""Lengths to try are its multiples."""
WORTHWHILE = 0.25
"""The part of its length that a sequence keeps at least: less would be another training."""


@dataclass(frozen=True, slots=True)
class Remedies:
    """Finds changes for one training on one machine; None for what does not help by itself.

    Attributes:
        training: as its script says.
        machine: where it does not fit.
    """

    training: ScriptTraining
    machine: Machine

    def found(self) -> Iterator[Changes]:
        """Each change that is enough alone; where none is, several together."""
        finders = (self.half, self.length, self.batch, self.checkpointing, self.quantization)
        alone = [changes for find in finders if (changes := find())]
        together = None if alone else self.together()
        yield from alone or ([together] if together else [])

    def half(self) -> Changes | None:
        """Weights in bfloat16 that an adapter leaves as they are; else they would learn less."""
        return self._if_it_fits(Changes(is_half=True)) if self._can_be_half() else None

    def _can_be_half(self) -> bool:
        step = self.training.training
        is_whole = step.load_dtype == "float32" and step.quantization is None
        return is_whole and step.adapter is not None and step.autocast == "bfloat16"

    def checkpointing(self) -> Changes | None:
        """Activations are computed a second time instead of kept."""
        is_on = self.training.training.is_checkpointed
        return None if is_on else self._if_it_fits(Changes(is_checkpointed=True))

    def batch(self) -> Changes | None:
        """Fewer sequences at a time, in so many more batches that a step sees as many."""
        batch, accumulation = self.training.training.batch, self.training.accumulation
        smaller = (each for each in range(batch - 1, 0, -1) if batch % each == 0)
        tried = (
            Changes(batch=each, accumulation=accumulation * (batch // each)) for each in smaller
        )
        return next(filter(self._fits, tried), None)

    def length(self) -> Changes | None:
        """The longest sequences that fit."""
        return self._length(Changes())

    def together(self) -> Changes | None:
        """One sequence at a time, with checkpointing; smaller weights, shorter only if need be."""
        accumulation = self.training.accumulation * self.training.training.batch
        others = Changes(batch=1, accumulation=accumulation, is_checkpointed=True)
        kinds = [others]
        if self._can_be_half():
            kinds.append(replace(others, is_half=True))
        if self._can_be_quantized():
            kinds.append(replace(others, quantization="nf4"))
        return next((found for each in kinds if (found := self._with_length(each))), None)

    def _with_length(self, others: Changes) -> Changes | None:
        return self._if_it_fits(others) or self._length(others)

    def _length(self, others: Changes) -> Changes | None:
        """The longest that fit with other changes, if that is no small part of what they were."""
        longest = self.training.training.length
        least, most = 0, (longest - 1) // STEP
        while least < most:
            middle = (least + most + 1) // 2
            if self._fits(replace(others, length=middle * STEP)):
                least = middle
            else:
                most = middle - 1
        found = least * STEP
        return replace(others, length=found) if found >= longest * WORTHWHILE else None

    def quantization(self) -> Changes | None:
        """The model in 4 bits, where an adapter is trained."""
        return self._if_it_fits(Changes(quantization="nf4")) if self._can_be_quantized() else None

    def _can_be_quantized(self) -> bool:
        step = self.training.training
        return step.adapter is not None and step.quantization != "nf4"

    def _if_it_fits(self, changes: Changes) -> Changes | None:
        return changes if self._fits(changes) else None

    def _fits(self, changes: Changes) -> bool:
        return fit_of(changed(self.training, changes), self.machine).verdict == "fits"


def fit_of(training: ScriptTraining, machine: Machine) -> Fit:
    """Whether a training fits a machine."""
    return forecast(training, machine).fit
