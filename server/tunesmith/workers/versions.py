"""Worker: which releases of libraries an environment really imports."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Mapping
from typing import Any

from tunesmith.workers.events import Progress, Report


def run(request: Mapping[str, Any], report: Report) -> Mapping[str, Any]:
    """Import libraries one after the other.

    Args:
        request: `modules`: name of a distribution -> module to import.
        report: hears of each library.

    Returns:
        `versions`: name -> release; `failures`: name -> why it cannot be imported.
    """
    modules: Mapping[str, str] = request["modules"]
    versions: dict[str, str] = {}
    failures: dict[str, str] = {}
    for done, (name, module) in enumerate(modules.items()):
        report(Progress("import", done, len(modules), name))
        try:
            importlib.import_module(module)
            versions[name] = importlib.metadata.version(name)
        except Exception as error:
            failures[name] = f"{type(error).__name__}: {error}"
    return {"versions": versions, "failures": failures}
