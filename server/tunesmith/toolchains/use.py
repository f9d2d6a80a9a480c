"""Running a worker in a toolchain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunesmith.errors import UserError
from tunesmith.toolchains.store import Store
from tunesmith.workers.client import run_worker
from tunesmith.workers.events import Report


def run_in_toolchain(
    name: str, worker: str, request: Mapping[str, Any], report: Report | None = None
) -> Mapping[str, Any]:
    """Run a worker in an installed toolchain; returns its result.

    Raises:
        UserError: the toolchain is not installed, or the worker failed.
    """
    store = Store(name)
    installed = store.installed()
    if installed is None:
        raise UserError(
            f"the toolchain {name} is not installed",
            f"install it with `tunesmith toolchain install {name}`",
        )
    if installed.is_own:
        return run_worker(installed.python, worker, request, report)
    with store.using(installed.key) as descriptor:
        return run_worker(installed.python, worker, request, report, inherited=[descriptor])
