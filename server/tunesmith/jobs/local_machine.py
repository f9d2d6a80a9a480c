"""What this machine has, and what a job takes of it."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from tunesmith.jobs.spec import GpuUse, Metrics, Offer
from tunesmith.platform import apple_silicon
from tunesmith.processes import output_of

if TYPE_CHECKING:
    import psutil

FLAVOR = "local"
_ASK_S = 10.0
_GB = 10**9
_MIB = 2**20


def offer() -> Offer:
    """This machine; it costs nothing more."""
    import os

    import psutil

    memory = f"{psutil.virtual_memory().total / _GB:.0f} GB"
    cpu = f"{os.cpu_count() or 1} vCPU"
    if chip := apple_silicon():
        name, size = chip
        return Offer(FLAVOR, f"this machine ({name})", 0, cpu, memory, name, 1, f"{size} GB")
    gpus = _smi("name,memory.total")
    if not gpus:
        title = f"this machine ({platform.machine() or 'CPU'}, no GPU)"
        return Offer(FLAVOR, title, 0, cpu, memory)
    name, size = gpus[0][0], f"{_number(gpus[0][1]) / 1024:.0f} GB"
    count = f"{len(gpus)}x " if len(gpus) > 1 else ""
    return Offer(FLAVOR, f"this machine ({count}{name})", 0, cpu, memory, name, len(gpus), size)


class Meter:
    """Measures a process with all its descendants.

    Args:
        leader: the process.
    """

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._known: dict[int, psutil.Process] = {}
        self._has_gpus = bool(_smi("index"))

    def read(self) -> Metrics | None:
        """What they take since the last call; None where they have ended."""
        import psutil

        try:
            leader = psutil.Process(self._leader)
            found = [leader, *leader.children(recursive=True)]
        except psutil.Error:
            return None
        self._known = {each.pid: self._known.get(each.pid, each) for each in found}
        cpu, memory = 0.0, 0
        for each in self._known.values():
            with suppress(psutil.Error):
                cpu += each.cpu_percent()
                memory += each.memory_info().rss
        total = psutil.virtual_memory().total
        return Metrics(time.time(), cpu, memory, total, gpus=self._gpus())

    def _gpus(self) -> Mapping[str, GpuUse]:
        if not self._has_gpus:
            return {}
        rows = _smi("index,utilization.gpu,memory.used,memory.total")
        return {
            index: GpuUse(_number(busy), int(_number(used) * _MIB), int(_number(total) * _MIB))
            for index, busy, used, total in rows
        }


def _smi(fields: str) -> Sequence[Sequence[str]]:
    """A row of an NVIDIA GPU each; none where there is no driver."""
    command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits"]
    rows = [line.split(", ") for line in (output_of(command, timeout_s=_ASK_S) or "").splitlines()]
    return [row for row in rows if len(row) == fields.count(",") + 1]


def _number(text: str) -> float:
    """A figure of nvidia-smi, which says `[N/A]` where a GPU does not tell."""
    with suppress(ValueError):
        return float(text)
    return 0.0
