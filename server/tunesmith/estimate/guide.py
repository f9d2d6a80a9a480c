"""What the training guide says about choosing a GPU, and what has changed since.

The guide decides by the length of the sequences and by the vocabulary alone ("GPU Selection Based
on Context Length"), as TRL up to 1.6 kept all logits. Its table has one column for Gemma 3 with
262 K words, and one for Qwen3 and Llama 3 with 128 K to 152 K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunesmith.estimate.fit import fit, need
from tunesmith.estimate.script import ScriptTraining
from tunesmith.knowledge.hardware import JOBS, Machine

LARGE_VOCABULARY = 160_000
"""More words than this count as Gemma's: the guide's other column ends at 152 K."""
A10G, A100 = "a10g-large", "a100-large"
"""The flavors that it means, by the prices that it names."""
TABLE = ((2048, A10G, A10G), (8192, A100, A10G), (16384, A100, A100))
"""Tokens up to which a row holds; the flavor for a large vocabulary, and for another."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What the guide recommends.

    Attributes:
        flavor: the machine; None where its table ends.
        rule: by which row and column.
        today: what the releases in force make of it; empty where it holds.
    """

    flavor: str | None
    rule: str
    today: str = ""


def guides_choice(training: ScriptTraining, machines: Sequence[Machine]) -> Advice:
    """What the guide recommends for a training, and whether that still holds.

    Args:
        training: as the script says; its model's shape is known.
        machines: what there is to choose from.
    """
    shape, length = training.shape, training.training.length
    if shape is None:
        return Advice(None, "the guide goes by the vocabulary, which is not known")
    is_large = shape.vocabulary > LARGE_VOCABULARY
    words = f"a vocabulary of {shape.vocabulary // 1000} K words"
    row = next((row for row in TABLE if length <= row[0]), None)
    if row is None:
        return Advice(None, f"the guide's table ends at {TABLE[-1][0]:,} tokens")
    flavor = row[1] if is_large else row[2]
    rule = f"up to {row[0]:,} tokens with {words}"
    named = next((it for it in machines if it.name == flavor), None)
    return Advice(flavor, rule, _today(training, named, machines) if named else "")


def _today(training: ScriptTraining, named: Machine, machines: Sequence[Machine]) -> str:
    verdict = _verdict(training, named)
    if verdict != "fits":
        how = "does not fit" if verdict == "no" else "is tight"
        return f"the guide goes by logits alone; this training {how} on {named.name}"
    cheaper = (each for each in machines if _is_cheaper(each, named))
    enough = [each for each in cheaper if _verdict(training, each) == "fits"]
    if not enough:
        return ""
    least = min(enough, key=lambda each: each.usd_per_hour)
    whole = training._replace(training=training.training._replace(loss="full"))
    if _verdict(whole, least) == "fits":
        return f"{least.name} is enough, with any release of TRL"
    trl = training.versions["trl"]
    return f"TRL {trl or 'today'} keeps no whole logits: {least.name} is enough"


def _is_cheaper(machine: Machine, than: Machine) -> bool:
    """Of the flavors with one GPU that can do what the guide's can."""
    is_flavor = machine.provider == JOBS and machine.accelerators == 1
    is_able = machine.accelerator is not None and machine.accelerator.has_bfloat16
    return is_flavor and is_able and machine.usd_per_hour < than.usd_per_hour


def _verdict(training: ScriptTraining, machine: Machine) -> str:
    if training.shape is None:
        return "unknown"
    needed = need(training.shape, training.training, is_certain=training.is_shape_certain)
    return fit(needed, machine.accelerator).verdict
