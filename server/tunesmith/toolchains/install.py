"""Installs a toolchain, goes on with an installation that was broken off, and removes one."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.platform import site_packages_of
from tunesmith.toolchains.catalogue import Toolchain
from tunesmith.toolchains.failures import AGAIN, disk_full, in_words
from tunesmith.toolchains.health import repair, working_versions
from tunesmith.toolchains.interpreter import interpreter_of
from tunesmith.toolchains.pip import Installer
from tunesmith.toolchains.plan import Plan, Step
from tunesmith.toolchains.store import Installed, Store, size_of
from tunesmith.workers.events import Progress, Report

_LINK = "tunesmith_existing_torch.pth"
_NO_ROOM = (28, 27, 122)
"""ENOSPC, EFBIG, EDQUOT."""


def install(plan: Plan, report: Report) -> Installed:
    """Install a toolchain; what was installed stays until the new one works.

    Args:
        plan: what `make_plan` gave.
        report: hears of bytes: stage `install`, done and total.

    Raises:
        UserError: it failed; the same call goes on where it stopped.
    """
    store = Store(plan.toolchain.name)
    store.create()
    try:
        with store.changing() as descriptor, _scratch(store) as scratch:
            environment = store.environment(plan.key)
            installer = Installer(environment, scratch, [descriptor])
            _fill(plan, store, installer, report)
            installed = _finish(plan, store, installer, report)
            store.write(installed)
            for other in store.environments():
                if other != environment:
                    store.delete(other)
            return installed
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise disk_full(store.folder) from None
        place = error.filename or store.folder
        raise UserError(
            f"cannot write to {place}: {error.strerror or error}", f"make it writable, then {AGAIN}"
        ) from None


def remaining(plan: Plan) -> Sequence[Step]:
    """The steps that an installation has still to do."""
    done = Store(plan.toolchain.name).steps_done(plan.key)
    return [step for step in plan.steps if step.name not in done]


def adopt(toolchain: Toolchain, place: Path, report: Report) -> Installed:
    """Use an environment of the user's as the toolchain; nothing is installed into it.

    Raises:
        UserError: it lacks a library.
    """
    interpreter = interpreter_of(place)
    store = Store(toolchain.name)
    store.create()
    with store.changing():
        versions = working_versions(toolchain, interpreter.path, report)
        today = datetime.date.today().isoformat()
        installed = Installed(interpreter.path, True, "", "", versions, 0, today)
        store.write(installed)
    return installed


def remove(name: str) -> list[str]:
    """Remove a toolchain, and what is left of broken off installations of it.

    Returns:
        What could not be deleted, each with the reason.

    Raises:
        UserError: a worker uses it, or it is being installed.
    """
    store = Store(name)
    if not store.folder.exists():
        return []
    store.create()
    with store.changing():
        _require_unused(store)
        store.forget()
        left = [line for each in store.environments() for line in store.delete(each)]
    if not left:
        shutil.rmtree(store.folder, ignore_errors=True)
    return left


def _require_unused(store: Store) -> None:
    for environment in store.environments():
        if store.is_used(environment):
            raise UserError(
                f"the toolchain {store.name} is used by a worker",
                "wait until that has ended, or cancel it, and try again",
            )


def _fill(plan: Plan, store: Store, installer: Installer, report: Report) -> None:
    if not installer.python.exists():  # or the Python that it was made with is gone
        store.distrust(plan.key)
    todo = remaining(plan)
    if todo:
        _take_back(store, plan.key)
    _require_room(todo, store.folder)
    total, before = plan.download_bytes, plan.download_bytes - sum(step.size for step in todo)
    for step in todo:

        def on_bytes(name: str, count: int, before: int = before) -> None:
            report(Progress("install", before + count, total, name))

        if step.name == "pip":
            report(Progress("install", before, total, "environment"))
            installer.make_environment(plan.interpreter.path)
        installer.install(step, on_bytes)
        store.note_step(plan.key, step.name)
        before += step.size
        report(Progress("install", before, total, step.packages[-1].name))


def _take_back(store: Store, key: str) -> None:
    """Nobody uses an environment while it is repaired."""
    installed = store.installed()
    if installed and installed.key == key:
        _require_unused(store)
        store.forget()


def _finish(plan: Plan, store: Store, installer: Installer, report: Report) -> Installed:
    environment = store.environment(plan.key)
    if plan.existing:
        _link(environment, plan.existing)
    try:
        versions = working_versions(plan.toolchain, installer.python, report)
    except UserError as error:
        # Whatever is wrong, the next try does not build on it.
        store.distrust(plan.key)
        raise UserError(
            f"the installed toolchain does not work: {error.message}",
            repair(plan.toolchain, plan.torch),
        ) from None
    today = datetime.date.today().isoformat()
    size = size_of(environment)
    return Installed(installer.python, False, plan.key, plan.torch, versions, size, today)


def _require_room(steps: Sequence[Step], folder: Path) -> None:
    # How large torch is, its index decides.
    needed = sum(step.disk_bytes for step in steps if step.name != "torch")
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"{folder} has {in_words(free)} free, and about {in_words(needed)} are needed",
            "make room there, or set XDG_DATA_HOME (Windows: LOCALAPPDATA) to a larger disk",
        )


def _link(environment: Path, torch_folder: Path) -> None:
    """Make the environment see what lies beside another one's torch, after all of its own."""
    site_packages = site_packages_of(environment)
    assert site_packages
    (site_packages / _LINK).write_text(f"{torch_folder}\n", "utf-8")


@contextmanager
def _scratch(store: Store) -> Generator[Path, None, None]:
    """A folder for what exists during an installation; a killed one's is emptied first."""
    folder = store.folder / "scratch"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
