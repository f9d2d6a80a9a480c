"""An estimate in words and blocks, as lenses and hovers show it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunesmith.estimate.compute import Interval
from tunesmith.estimate.data import words_of
from tunesmith.estimate.fit import GB, GIB, Need
from tunesmith.estimate.forecast import Forecast
from tunesmith.estimate.mlx.forecast import SUPPOSED
from tunesmith.estimate.script import ScriptTraining
from tunesmith.knowledge import hardware
from tunesmith.knowledge.hardware import Machine

_BLOCKS = " ▏▎▍▌▋▊▉█"
_BAR = 24
"""Characters of the longest bar."""
_LEAST = GB // 20
"""Bytes below which a part of the memory is not named: it would be shown as 0.0 GB."""
VERDICTS = {"tight": "may not fit", "no": "does not fit"}
MEANINGS = {
    "weights": "the model",
    "adapter": "what LoRA adds",
    "gradients": "of what is trained",
    "optimizer": "its states",
    "activations": "what the layers keep for the way back",
    "logits": "scores of all words, for the loss",
    "overhead": "CUDA itself, and gaps",
}
ON_MACS = {"overhead": "what MLX works ahead"}
"""What other parts mean there."""


def lens_title(answer: Forecast) -> str:
    """One line: memory, hours and dollars, as far as they are known."""
    parts = [_memory(answer)]
    if answer.need and answer.duration:
        parts.append(f"≈ {hours(answer.duration.hours)}")
    if answer.need and answer.dollars:
        parts.append(f"≈ {dollars(answer.dollars)}")
    if answer.need and answer.machine is None:
        parts.append("no GPU chosen")
    return " · ".join(parts)


def _memory(answer: Forecast) -> str:
    machine = answer.machine
    if answer.need is None:
        return f"Memory unknown: {why_unknown(answer.training)}"
    used = f"≈ {gb(answer.need.total)}"
    if machine is None:
        return f"{used} GB"
    usable = usable_bytes(machine)
    if usable is None:
        return f"{used} GB, but {machine.name} has no GPU"
    words = VERDICTS.get(answer.fit.verdict)
    amount = f"{used} of {gb(usable)} GB on {machine.name}"
    return f"{amount}: {words}" if words else amount


def why_unknown(training: ScriptTraining) -> str:
    """Why a training's memory is not known, as the end of a sentence."""
    return training.shape_source


def usable_bytes(machine: Machine) -> int | None:
    """What a program can have of one of a machine's GPUs; None where it has none."""
    gpu = machine.accelerator
    return int(gpu.usable_vram_gib * GIB) if gpu else None


def gb(size: float) -> str:
    """Bytes in GB; below 10 with one decimal."""
    amount = size / GB
    return f"{amount:.0f}" if amount >= 9.95 else f"{amount:.1f}"


def hours(interval: Interval) -> str:
    """The likely duration."""
    likely = interval.likely
    return f"{likely * 60:.0f} min" if likely < 1 else f"{likely:.2g} h"


def dollars(interval: Interval) -> str:
    """The likely price, as exact as an estimate is."""
    likely = interval.likely
    return f"${likely:,.0f}" if likely >= 10 else f"${likely:.2f}"


def chart(need: Need, usable: int | None) -> Iterator[str]:
    """The breakdown as lines of text: a bar each, as wide as its part of the GPU; then the sum."""
    whole = max(usable or 0, need.total)
    terms = need.breakdown._asdict().items()
    rest = sum(size for _, size in terms if size < _LEAST)
    shown = [(name, size) for name, size in terms if size >= _LEAST]
    for name, size in (*shown, *([("rest", rest)] if rest >= _LEAST else [])):
        yield f"{name:<12}{_bar(size / whole)} {size / GB:6.1f} GB"
    of_gpu = f" of {usable / GB:.1f} GB" if usable else " GB"
    full = math.ceil(_BAR * need.total / whole)
    yield f"{'sum':<12}{'█' * full}{'░' * (_BAR - full)} {need.total / GB:6.1f}{of_gpu}"


def _bar(share: float) -> str:
    full, rest = divmod(math.ceil(share * _BAR * 8), 8)
    return ("█" * full + (_BLOCKS[rest] if rest else "")).ljust(_BAR)


def rests_on(answer: Forecast) -> Iterator[str]:
    """What an estimate rests on, a line each."""
    training, data = answer.training, answer.data
    if answer.machine and answer.machine.provider == hardware.MAC:
        yield f"On a Mac, {SUPPOSED}"
    known = [f"{name} {version}" for name, version in training.versions.items() if version]
    unknown = [name for name, version in training.versions.items() if not version]
    if known:
        yield f"Releases: {', '.join(known)}"
    if unknown:
        yield f"Taken as the newest, as their release is not known: {', '.join(unknown)}"
    if training.assumed:
        yield f"Taken for granted: {', '.join(map(str, training.assumed))}"
    if training.shape:
        yield f"The model's shape: {training.shape_source}"
    yield f"The data set: {words_of(data)}"
    yield f"Machines and prices of {hardware.date().isoformat()}"
