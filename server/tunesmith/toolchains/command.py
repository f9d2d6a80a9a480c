"""`tunesmith toolchain`: list, install, remove, doctor; in words, or as lines of JSON."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tunesmith.errors import UserError
from tunesmith.platform import active_interpreter
from tunesmith.toolchains.catalogue import TOOLCHAINS, Toolchain
from tunesmith.toolchains.doctor import Diagnosis, diagnose, glance
from tunesmith.toolchains.failures import in_words
from tunesmith.toolchains.install import adopt, install, remaining, remove
from tunesmith.toolchains.plan import DEFAULT_TORCH, EXISTING_TORCH, Plan, make_plan
from tunesmith.toolchains.progress import Progressing
from tunesmith.toolchains.store import Store, free_bytes
from tunesmith.workers.events import Failure, Result, to_line


def run_toolchain(options: argparse.Namespace) -> int:
    """Run a command; returns the exit status.

    0: done, or in order; 1: `doctor` found something; 2: it could not be done.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return {"list": _list, "install": _install, "remove": _remove, "doctor": _doctor}[
            options.action
        ](options)
    except UserError as error:
        if options.json:
            print(to_line(Failure(error.message, error.next_step)), flush=True)
        else:
            print(f"tunesmith: {error}", file=sys.stderr)
        return 2


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _chosen(name: str) -> Toolchain:
    if name not in TOOLCHAINS:
        raise UserError(
            f"there is no toolchain {name!r}: expected {', '.join(TOOLCHAINS)}", "choose one"
        )
    return TOOLCHAINS[name]


def _list(options: argparse.Namespace) -> int:
    found = [glance(each) for each in TOOLCHAINS.values()]
    if options.json:
        _say({"toolchains": [_fields(each) for each in found]})
        return 0
    for each in found:
        print(f"{_headline(each)}\n    for {TOOLCHAINS[each.name].purpose}")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    chosen = [_chosen(name) for name in options.names or TOOLCHAINS]
    progressing = Progressing(as_json=options.json)
    found = [diagnose(each, progressing) for each in chosen]
    progressing.end()
    if options.json:
        _say({"toolchains": [_fields(each) for each in found]})
    else:
        for each in found:
            print(_headline(each))
            for name, version in each.versions.items():
                print(f"    {name} {version}")
    return 0 if all(each.status == "ok" for each in found) else 1


def _remove(options: argparse.Namespace) -> int:
    toolchain = _chosen(options.name)
    installed = Store(toolchain.name).installed()
    left = remove(toolchain.name)
    if left:
        raise UserError(
            f"{toolchain.name} is removed, but {len(left)} files are left: {left[0]}",
            f"delete {Store(toolchain.name).folder} by hand",
        )
    if options.json:
        _say({"removed": toolchain.name})
    elif installed and installed.is_own:
        print(f"{toolchain.name} is forgotten; {installed.python} is as it was.")
    else:
        print(f"{toolchain.name} is removed.")
    return 0


def _install(options: argparse.Namespace) -> int:
    toolchain = _chosen(options.name)
    progressing = Progressing(as_json=options.json)
    if options.python:
        adopt(toolchain, Path(options.python), progressing)
        return _installed(toolchain, progressing, options)
    plan = make_plan(toolchain, _torch(toolchain, options.torch))
    if not options.dry_run and _is_in_order(plan, progressing):
        return _installed(toolchain, progressing, options)
    _show(plan, options)
    if options.dry_run:
        return 0
    if not (options.yes or options.json) and _is_interactive() and not _agrees():
        print("Nothing is installed.")
        return 0
    install(plan, progressing)
    return _installed(toolchain, progressing, options)


def _torch(toolchain: Toolchain, choice: str | None) -> str:
    """The choice of torch with the environment that `existing` means; the last one by default."""
    if choice is None:
        installed = Store(toolchain.name).installed()
        return installed.torch if installed and installed.torch else DEFAULT_TORCH
    if choice != EXISTING_TORCH:
        return choice
    return f"{EXISTING_TORCH}:{active_interpreter() or sys.executable}"


def _is_in_order(plan: Plan, progressing: Progressing) -> bool:
    """Whether just this is installed, and works."""
    installed = Store(plan.toolchain.name).installed()
    if installed is None or installed.is_own or installed.key != plan.key:
        return False
    found = diagnose(plan.toolchain, progressing)
    if found.status == "ok":
        return True
    progressing.end()
    Store(plan.toolchain.name).distrust(plan.key)
    return False


def _show(plan: Plan, options: argparse.Namespace) -> None:
    size = sum(step.size for step in remaining(plan))
    folder = Store(plan.toolchain.name).folder
    free = free_bytes(folder)
    if options.json:
        fields = {
            "name": plan.toolchain.name,
            "download_bytes": size,
            "disk_bytes": plan.disk_bytes,
            "free_bytes": free,
            "folder": str(folder),
            "python": str(plan.interpreter.version),
            "torch": plan.torch,
            "packages": {each.name: each.version for each in plan.packages},
        }
        print(json.dumps({"plan": fields}), flush=True)
        return
    print(
        f"{plan.toolchain.name}: {len(plan.packages)} packages for Python "
        f"{plan.interpreter.version}, up to {in_words(size)} to download, "
        f"about {in_words(plan.disk_bytes)} on disk ({in_words(free)} are free), in {folder}",
        flush=True,
    )


def _is_interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _agrees() -> bool:
    try:
        return input("Install? [Y/n] ").strip().lower() in ("", "y", "yes")
    except EOFError:
        return False


def _installed(toolchain: Toolchain, progressing: Progressing, options: argparse.Namespace) -> int:
    progressing.end()
    found = glance(toolchain)
    if options.json:
        _say(_fields(found))
    else:
        print(_headline(found))
    return 0


def _headline(found: Diagnosis) -> str:
    if found.status != "ok":
        return f"{found.name}: {found.status}: {found.message}; {found.next_step}"
    size = f", {in_words(found.size)}" if found.size else ", your own"
    return f"{found.name}: ok: {found.python}{size}"


def _fields(found: Diagnosis) -> dict[str, Any]:
    return {**asdict(found), "python": str(found.python) if found.python else None}


def _say(value: dict[str, Any]) -> None:
    print(to_line(Result(value)), flush=True)
