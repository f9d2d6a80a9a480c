"""Which columns a trainer needs of its data set.

Source: how the trainers of TRL 0.20 to 1.16 read their rows, and
https://huggingface.co/docs/trl/dataset_formats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

TEXT_FIELD = "{text}"
"""Stands for the column that `dataset_text_field` names."""
_CHOICES: Mapping[str, Sequence[Sequence[str]]] = {
    "trl.SFTTrainer": (
        ("messages",),
        ("prompt", "completion"),
        (TEXT_FIELD,),
        ("conversations",),
        ("input_ids",),
    ),
    "trl.DPOTrainer": (
        ("prompt", "chosen", "rejected"),
        ("chosen", "rejected"),  # the prompt is what both begin with
    ),
    "trl.KTOTrainer": (("prompt", "completion", "label"), ("chosen", "rejected")),
    "trl.GRPOTrainer": (("prompt",),),
    "trl.RewardTrainer": (
        ("chosen", "rejected"),
        ("chosen_ids", "rejected_ids"),
        ("chosen_input_ids", "rejected_input_ids"),
        ("input_ids_chosen", "input_ids_rejected"),
    ),
}


class Columns(NamedTuple):
    """The columns of a data set.

    Attributes:
        names: those that are known.
        is_whole: whether these are all; else they are those with text in the first rows.
    """

    names: frozenset[str]
    is_whole: bool = True

    def fitting(self, wanted: Sequence[Sequence[str]]) -> Sequence[str] | None:
        """The known columns of the first of some sets that is there; None where none is."""
        for each in wanted:
            known = [name for name in each if name in self.names]
            if known and all(name in known or self._may_have(name) for name in each):
                return known
        return None

    def may_fit(self, wanted: Sequence[Sequence[str]]) -> bool:
        """Whether one of some sets of columns may be there, unseen."""
        return any(all(map(self._may_have, each)) for each in wanted)

    def _may_have(self, name: str) -> bool:
        """Whether a column may be there that has no text."""
        return not self.is_whole and (name == "label" or "ids" in name.split("_"))


def choices(trainer: str, text_field: str) -> Sequence[Sequence[str]]:
    """Sets of columns, each of which a trainer can do with; none for a trainer of another kind."""
    known = _CHOICES.get(trainer, ())
    return [[text_field if name == TEXT_FIELD else name for name in each] for each in known]
