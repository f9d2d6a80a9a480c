"""Whether the libraries of a toolchain work together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.toolchains.catalogue import Toolchain
from tunesmith.toolchains.pip import complaints
from tunesmith.toolchains.plan import EXISTING_TORCH
from tunesmith.workers.client import run_worker
from tunesmith.workers.events import Report


def working_versions(
    toolchain: Toolchain, python: Path, report: Report, inherited: Sequence[int] = ()
) -> Mapping[str, str]:
    """Import every library of a toolchain in a process of its own; returns their releases.

    Args:
        toolchain: what there should be.
        python: the interpreter that should have it.
        report: hears of each library.
        inherited: descriptors of locks that hold meanwhile.

    Raises:
        UserError: one cannot be imported, or needs another release of something.
    """
    request = {"modules": dict(toolchain.modules)}
    found = run_worker(python, "versions", request, report, inherited=inherited)
    if failures := found["failures"]:
        told = ", ".join(f"{name} ({reason})" for name, reason in failures.items())
        raise UserError(
            f"{python} cannot import {told}",
            f"install it there: {python} -m pip install {' '.join(failures)}",
        )
    lines = complaints(python, toolchain.lock.parent)
    if misfits := [line for line in lines if line.split(" ")[0] in toolchain.modules]:
        raise UserError("; ".join(misfits).rstrip("."), f"set it right with {python} -m pip")
    return found["versions"]


def repair(toolchain: Toolchain, torch: str) -> str:
    """What to do about an installation that does not work."""
    again = f"`tunesmith toolchain install {toolchain.name}`"
    if not torch.startswith(EXISTING_TORCH):
        return again
    place = torch.partition(":")[2]
    return f"install another torch in {place} and run {again}, or add `--torch default` to that"
