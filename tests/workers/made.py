"""A worker that does what a test says, in a copy of the few files that workers are made of."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

import tunesmith
from tunesmith.toolchains.store import Installed, Store
from tunesmith.workers import client

PACKAGE = Path(tunesmith.__file__).parent


def _make_worker(folder: Path, body: str, name: str) -> Path:
    """Write the worker; returns the program that runs it.

    Args:
        folder: where the copy goes.
        body: lines of its `run(request, report)`.
        name: what it is asked for by.
    """
    package = folder / "copy" / "tunesmith"
    (package / "workers").mkdir(parents=True, exist_ok=True)
    for file in ("__init__.py", "errors.py", "platform.py"):
        shutil.copy(PACKAGE / file, package / file)
    for path in (PACKAGE / "workers").glob("*.py"):
        shutil.copy(path, package / "workers" / path.name)
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    text = (
        "import os, signal, subprocess, sys, time\n"
        "from tunesmith.workers.events import Progress, WorkerError\n"
        f"def run(request, report):\n{lines}\n"
    )
    (package / "workers" / f"{name}.py").write_text(text)
    return package / "workers" / "bootstrap.py"


def use_this_interpreter() -> None:
    """Make this interpreter the toolchain `train` of the user."""
    store = Store("train")
    store.create()
    store.write(Installed(Path(sys.executable), True, "", "", {}, 0, "2026-01-01"))


def serve_worker(folder: Path, body: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the made worker answer in the place of the real one; returns its program."""
    program = _make_worker(folder, body, name)
    monkeypatch.setattr(client.bootstrap, "__file__", str(program))
    return program
