"""The machines with GPUs that one can train on: flavors of Hugging Face Jobs, and rented ones.

Macs are in `macs.py`. Sources of `data/hardware.json`:

- names: huggingface_hub's own list (`hf_cli.flavors`);
- vCPUs, RAM, disk, VRAM and prices: "Pricing and Billing" of the Hub's documentation on Jobs,
  https://huggingface.co/docs/hub/jobs-pricing, read on the table's date. Prices change: the Hub's
  own table (`hf jobs hardware`) counts;
- usable VRAM: the "total capacity" in GiB that PyTorch names where it runs out of memory, the least
  of what public reports show. It is what the driver and error correction leave: T4 14.56 (to
  14.76), A10G 21.96 (to 22.3), L4 22.03 (ArcInstitute/evo2 issue 190), L40S 44.39
  (stepfun-ai/Step-Video-T2V issue 8: 44.42), A100 79.14 (vllm-project/vllm issue 4408: 79.15),
  H200 139.80, RTX PRO 6000 94.97, RTX 3090 23.68 (to 23.70, xiaoxiangAQ/GAS-Net issue 7), RTX 4090
  23.61 (pinokiofactory/flux-webui issue 11, to 23.65), RTX 5090 31.36
  (TrajectoryCrafter/TrajectoryCrafter issue 20), RTX A6000 47.40 (to 47.54), A100 40GB 39.38 (to
  39.59, bigscience-workshop/t-zero issue 12), H100 79.11 (vllm-project/vllm issue 27508, to 79.19),
  MI300X 191.69 (to 191.98). Each process's CUDA context comes out of it;
- compute capability: https://developer.nvidia.com/cuda-gpus;
- peak and bandwidth: the makers' data sheets, products of 16-bit matrices that are not sparse and
  are added in float32 (GeForce cards are half as fast there as their headline says).

`data/rented.json` has what other companies ask for an hour of one GPU, on demand: from the cheapest
to the dearest of some public price lists, each with the day on which it was read. These change from
day to day; on marketplaces from hour to hour.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from packaging.version import Version

from tunesmith.knowledge.tables import table
from tunesmith.named_tuple import NamedTuple
from tunesmith.text import close_matches

JOBS = "Hugging Face Jobs"
RENTED = "rented"
MAC = "Mac"


class Accelerator(NamedTuple):
    """A kind of GPU.

    Attributes:
        name: as "NVIDIA A10G".
        vram_gb: memory of one GPU as it is sold.
        usable_vram_gib: what a program can have of it, in GiB (2**30 bytes).
        compute_capability: CUDA's, as (8, 6); bfloat16 is native from (8, 0) on. None for GPUs of
            other makers.
        tflops: peak of 16-bit matrix products, in 10**12 operations a second.
        bandwidth_gb_s: of its memory, in 10**9 bytes a second.
    """

    name: str
    vram_gb: int
    usable_vram_gib: float
    compute_capability: tuple[int, int] | None
    tflops: float
    bandwidth_gb_s: float

    @property
    def has_bfloat16(self) -> bool:
        return self.compute_capability is None or self.compute_capability >= (8, 0)


class Machine(NamedTuple):
    """A machine to train on; of Jobs, one that `--flavor` names.

    Attributes:
        name: as "a10g-large", "RTX 4090", "M3 Max 64 GB".
        pretty_name: as the Hub shows it: "Nvidia A10G - large".
        vcpus: virtual processors; 0 where the offer decides.
        ram_gb: main memory; 0 where the offer decides.
        disk_gb: disk, which is gone when the job ends; 0 where the offer decides.
        accelerator: the kind of its GPUs; None where it has none.
        accelerators: how many GPUs it has.
        usd_per_hour: price; the middle of `usd_range` where offers differ.
        provider: JOBS, RENTED or MAC.
        usd_range: the cheapest and the dearest offer; None where there is one price.
        priced_on: the day of the price; None where nothing is paid.
    """

    name: str
    pretty_name: str
    vcpus: int
    ram_gb: int
    disk_gb: int
    accelerator: Accelerator | None
    accelerators: int
    usd_per_hour: float
    provider: str = JOBS
    usd_range: tuple[float, float] | None = None
    priced_on: datetime.date | None = None

    @property
    def usable_vram_gib(self) -> float:
        """Usable memory of all its GPUs together, in GiB."""
        return self.accelerators * self.accelerator.usable_vram_gib if self.accelerator else 0.0


def flavor(name: str) -> Machine | None:
    """A flavor by its exact name; None where there is none (any more)."""
    return _flavors().get(name)


def flavors() -> Sequence[Machine]:
    """Every flavor: CPUs first, then by kind of GPU from the smallest to the largest."""
    return tuple(_flavors().values())


def rented() -> Sequence[Machine]:
    """One GPU of each kind that is commonly rented, the smallest first."""
    kinds, rows = _accelerators(), table("rented")
    day = datetime.date.fromisoformat(rows["date"])
    return tuple(
        _rented(name, row["usd_per_hour"], kinds[row["accelerator"]])._replace(priced_on=day)
        for name, row in rows["gpus"].items()
    )


def likely(name: str) -> str | None:
    """The flavor that a name that is none was probably meant to be."""
    wanted = name.lower()
    if wanted in _flavors():
        return wanted
    spelled = re.sub(r"[-_ ]|nvidia|(?<=\d)gb", "", wanted)
    same = [known for known in _flavors() if known.replace("-", "") == spelled]
    if not same and (gone_or_short := _MEANT.get(spelled)):
        return gone_or_short
    close = same or close_matches(wanted, _flavors(), 1, 0.8)
    return close[0] if close else None


@cache
def gone() -> Mapping[str, Version]:
    """Flavors that are no more, with the first huggingface_hub whose list lacks them."""
    found: dict[str, Version] = {}
    listed: set[str] = set()
    for release, names in table("hf_cli")["flavors"]:
        found.update(dict.fromkeys(listed - set(names), Version(release)))
        listed = set(names)
    return MappingProxyType({name: it for name, it in found.items() if name not in _flavors()})


def date() -> datetime.date:
    """The day on which the Hub's documentation said so."""
    return datetime.date.fromisoformat(table("hardware")["date"])


_MEANT = {
    "t4": "t4-small",
    "t4x1": "t4-small",
    "l4": "l4x1",
    "l40s": "l40sx1",
    "a10": "a10g-small",
    "a10g": "a10g-small",
    "a10gx1": "a10g-small",
    "a10gx2": "a10g-largex2",
    "a10gx4": "a10g-largex4",
    "a100": "a100-large",
    "a100x1": "a100-large",
    "a10080": "a100-large",
    "a100large": "a100-large",
    "h200x1": "h200",
    "rtx6000": "rtx-pro-6000",
    "rtxpro6000x1": "rtx-pro-6000",
    "cpu": "cpu-basic",
}
"""Names without "-", "_" and blanks that people write, to the smallest machine of that kind."""


@cache
def _flavors() -> Mapping[str, Machine]:
    kinds, day = _accelerators(), date()
    return MappingProxyType(
        {
            name: Machine(name, **row)._replace(
                accelerator=kinds.get(row["accelerator"]), priced_on=day
            )
            for name, row in table("hardware")["flavors"].items()
        }
    )


def _rented(name: str, usd: Sequence[float], kind: Accelerator) -> Machine:
    low, high = usd
    middle = round((low + high) / 2, 2)
    return Machine(name, kind.name, 0, 0, 0, kind, 1, middle, RENTED, (low, high))


@cache
def _accelerators() -> Mapping[str, Accelerator]:
    rows = table("hardware")["accelerators"]
    return MappingProxyType({name: _accelerator(name, row) for name, row in rows.items()})


def _accelerator(name: str, row: Mapping[str, Any]) -> Accelerator:
    figures = dict(row)
    capability = figures.pop("compute_capability")
    major, minor = map(int, capability.split(".")) if capability else (0, 0)
    return Accelerator(
        name=name, compute_capability=(major, minor) if capability else None, **figures
    )
