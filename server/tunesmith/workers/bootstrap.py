"""The program that a worker's process runs: python -I bootstrap.py NAME < request.

The interpreter is that of a toolchain, or the user's own, and holds no Tunesmith, or another one.
So the package is taken from where this file lies, and nothing beside it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path


def main() -> int:
    """Run the worker that the first argument names; returns the exit status."""
    # Libraries print: what they send to standard output joins standard error.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    # What reads standard input, or is started here, finds it empty.
    requests = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    _provide_tunesmith(Path(__file__).resolve().parents[1])

    from tunesmith.workers.frame import serve

    return serve(sys.argv[1], requests, events)


def _provide_tunesmith(package: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "tunesmith", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["tunesmith"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    sys.exit(main())
