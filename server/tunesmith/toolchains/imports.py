"""Whether the libraries of a toolchain can be imported, and in which releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.toolchains.catalogue import Toolchain
from tunesmith.workers.client import run_worker
from tunesmith.workers.events import Report


def import_all(
    toolchain: Toolchain, python: Path, report: Report, inherited: Sequence[int] = ()
) -> Mapping[str, str]:
    """Import every library of a toolchain in a process of its own; returns their releases.

    Args:
        toolchain: what there should be.
        python: the interpreter that should have it.
        report: hears of each library.
        inherited: descriptors of locks that hold meanwhile.

    Raises:
        UserError: one cannot be imported.
    """
    request = {"modules": dict(toolchain.modules)}
    found = run_worker(python, "versions", request, report, inherited=inherited)
    if failures := found["failures"]:
        told = ", ".join(f"{name} ({reason})" for name, reason in failures.items())
        raise UserError(
            f"{python} cannot import {told}",
            f"install it there: {python} -m pip install {' '.join(failures)}",
        )
    return found["versions"]
