"""Which toolchains there are. A further one is an entry here and `npm run lock`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOCKS = Path(__file__).parent / "locks"


@dataclass(frozen=True, slots=True)
class Toolchain:
    """An environment that Tunesmith can install.

    Attributes:
        name: what users call it.
        purpose: what it is good for, to follow the name in a list.
        requirements: what `npm run lock` locks together with all that it depends on.
        lock: the file that it writes.
        renamed_modules: name of a library -> the module to import, where they differ.
    """

    name: str
    purpose: str
    requirements: Sequence[str]
    lock: Path
    renamed_modules: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def modules(self) -> Mapping[str, str]:
        """The libraries that it is for: name -> the module to import."""
        names = [re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in self.requirements]
        return {name: self.renamed_modules.get(name, name.replace("-", "_")) for name in names}


def _toolchain(name: str, purpose: str, *requirements: str) -> Toolchain:
    return Toolchain(name, purpose, requirements, LOCKS / f"{name}.json")


TOOLCHAINS: Mapping[str, Toolchain] = {
    each.name: each
    for each in (
        _toolchain(
            "train",
            "training on this machine, and measuring the memory that training takes",
            "torch>=2.13,<2.14",  # what `npm run test:heavy` runs with
            "accelerate>=1.15",
            "bitsandbytes>=0.50",
            "datasets>=5.2",
            "peft>=0.21",
            "trackio>=0.43",
            "transformers>=5.20",
            "trl>=1.14",
        ),
    )
}
