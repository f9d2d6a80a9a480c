"""Macs with Apple's own chips, whose GPU has a share of the memory that all of it uses.

Sources of `data/macs.json`:

- sizes of memory and peaks: Hugging Face's list of hardware, github.com/huggingface/huggingface.js,
  packages/tasks/src/hardware-apple.ts, corrected by its pull request 1937 (which links Apple's
  pages), and huggingface.co/hardware for the chips of 2026. The peak is that of the shaders, for
  the variant with the most GPU cores; float16 is no faster than float32 on them. The M5 and later
  multiply matrices faster in units of their own, which is not counted;
- bandwidth: Apple's specifications, of the variant with the most GPU cores.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from tunesmith.knowledge.hardware import MAC, Accelerator, Machine
from tunesmith.knowledge.tables import table
from tunesmith.text import regex

SMALL_SHARE, LARGE_SHARE = 2 / 3, 3 / 4
"""The part of the memory that Metal recommends the GPU to use (`recommendedMaxWorkingSetSize`), on
Macs with less than 36 GB and with 36 GB and more. llama.cpp prints it: 10922.67 MiB of 16 GB,
21845.34 of 32 (ggml-org/llama.cpp pull request 2011), 49152 of 64 (issue 1870). Newer releases of
macOS allow more: 107.52 GiB of 128 (antirez/ds4 pull request 893); the least that was seen counts.
"""
LARGE_GB = 36


@cache
def macs() -> Sequence[Machine]:
    """Every Mac by its chip and memory, older chips first."""
    chips = table("macs")["chips"]
    return tuple(_mac(chip, size) for chip, row in chips.items() for size in row["memory_gb"])


def mac(chip: str, memory_gb: int) -> Machine | None:
    """A Mac; None where its chip is not known.

    Args:
        chip: as macOS names it, with or without "Apple ": "M3 Max".
        memory_gb: its memory.
    """
    name = chip.removeprefix("Apple ")
    return _mac(name, memory_gb) if name in table("macs")["chips"] else None


def mac_named(text: str) -> Machine | None:
    """A Mac by its chip and memory, as "M3 Max 64 GB" or "m3-max-64gb"; None for other texts."""
    match = _NAME.fullmatch(text.strip())
    if match is None:
        return None
    chips = {name.lower(): name for name in table("macs")["chips"]}
    chip = chips.get(" ".join(match[1].lower().replace("-", " ").split()))
    return _mac(chip, int(match[2])) if chip else None


_NAME = regex(r"(?:Apple\s+)?(M\d+(?:[\s-]+(?:Pro|Max|Ultra))?)[\s,-]+(\d+)\s*GB", re.IGNORECASE)


def _mac(chip: str, memory_gb: int) -> Machine:
    row = table("macs")["chips"][chip]
    share = LARGE_SHARE if memory_gb >= LARGE_GB else SMALL_SHARE
    gpu = Accelerator(
        f"Apple {chip}", memory_gb, memory_gb * share, None, row["tflops"], row["bandwidth_gb_s"]
    )
    name = f"{chip} {memory_gb} GB"
    return Machine(name, f"Mac with {gpu.name}", 0, memory_gb, 0, gpu, 1, 0.0, MAC)
