"""Whether a toolchain works, and what to do where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tunesmith.errors import UserError
from tunesmith.toolchains.catalogue import Toolchain
from tunesmith.toolchains.health import repair, working_versions
from tunesmith.toolchains.interpreter import interpreter_of
from tunesmith.toolchains.plan import current_key
from tunesmith.toolchains.store import Installed, Store
from tunesmith.workers.events import Report

Status = Literal["ok", "missing", "damaged", "outdated"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The state of a toolchain.

    Attributes:
        message: what is wrong, empty where nothing is.
        next_step: what to do about it, empty where nothing is wrong.
        python: its interpreter, None without one.
        is_own: it is an environment of the user's.
        versions: of the libraries, as they were imported, or installed where nothing was.
        size: bytes on disk, 0 for an own one.
    """

    name: str
    status: Status
    message: str = ""
    next_step: str = ""
    python: Path | None = None
    is_own: bool = False
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    size: int = 0


def glance(toolchain: Toolchain) -> Diagnosis:
    """The state as far as files tell; starts nothing."""
    store = Store(toolchain.name)
    installed = store.installed()
    if installed is None:
        begun = bool(store.environments())
        return Diagnosis(
            toolchain.name,
            "missing",
            "its installation was broken off" if begun else "it is not installed",
            _install(toolchain) + (" goes on where it stopped" if begun else ""),
        )
    if not installed.python.exists():
        lost = f"{installed.python} is gone, or the Python that it was made with"
        return _diagnosis(toolchain, installed, "damaged", lost, _install(toolchain))
    return _diagnosis(toolchain, installed, "ok")


def diagnose(toolchain: Toolchain, report: Report) -> Diagnosis:
    """The state, after every library was imported in a process of its own."""
    seen = glance(toolchain)
    installed = Store(toolchain.name).installed()
    if seen.status != "ok" or installed is None:
        return seen
    try:
        versions = _versions(toolchain, installed, report)
        python = interpreter_of(installed.python).version
        is_current = installed.is_own or installed.key == current_key(
            toolchain, installed.torch, python
        )
    except UserError as error:
        step = error.next_step if installed.is_own else repair(toolchain, installed.torch)
        return _diagnosis(toolchain, installed, "damaged", error.message, step)
    if not is_current:
        message = "this Tunesmith is tested with other releases"
        return _diagnosis(toolchain, installed, "outdated", message, _install(toolchain), versions)
    return _diagnosis(toolchain, installed, "ok", versions=versions)


def _versions(toolchain: Toolchain, installed: Installed, report: Report) -> Mapping[str, str]:
    if installed.is_own:
        return working_versions(toolchain, installed.python, report)
    with Store(toolchain.name).using(installed.key) as descriptor:
        return working_versions(toolchain, installed.python, report, [descriptor])


def _install(toolchain: Toolchain) -> str:
    return f"`tunesmith toolchain install {toolchain.name}`"


def _diagnosis(
    toolchain: Toolchain,
    installed: Installed,
    status: Status,
    message: str = "",
    next_step: str = "",
    versions: Mapping[str, str] | None = None,
) -> Diagnosis:
    return Diagnosis(
        toolchain.name,
        status,
        message,
        next_step,
        installed.python,
        installed.is_own,
        installed.versions if versions is None else versions,
        installed.size,
    )
