"""Interpreters to make environments with."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tunesmith.errors import UserError
from tunesmith.platform import interpreter_in
from tunesmith.processes import Program

_LIMIT_S = 30.0
_MINORS = (13, 12, 14, 11, 10)
_PROBE = """
import importlib.metadata, importlib.util, json, os, platform, sys
spec = importlib.util.find_spec("torch")
print(json.dumps({
    "version": platform.python_version(),
    "implementation": sys.implementation.name,
    "free_threaded": "t" in getattr(sys, "abiflags", ""),
    "torch": importlib.metadata.version("torch") if spec and spec.origin else None,
    "torch_folder": os.path.dirname(os.path.dirname(spec.origin)) if spec and spec.origin else None,
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python on this machine.

    Attributes:
        torch: the release of torch that it imports, None without one.
        torch_folder: where that lies: a folder of its `sys.path`.
    """

    path: Path
    version: Version
    implementation: str = "cpython"
    is_free_threaded: bool = False
    torch: str | None = None
    torch_folder: Path | None = None


def interpreter_of(place: Path) -> Interpreter:
    """The interpreter that a path names: itself, or the folder of its environment.

    Raises:
        UserError: there is none that runs.
    """
    path = interpreter_in(place) if place.is_dir() else place
    # Links are kept: that of a virtual environment leads to the Python that made it.
    return _ask(Path(os.path.abspath(path)))  # noqa: PTH100


def find_interpreter(wanted: SpecifierSet) -> Interpreter:
    """The Python that runs this, or else the first suitable one on PATH.

    Raises:
        UserError: there is no suitable one.
    """
    seen: list[str] = []
    for path in _candidates():
        try:
            found = _ask(path)
        except UserError:
            continue
        if is_suitable(found, wanted):
            return found
        seen.append(f"{found.path} ({_described(found)})")
    raise UserError(
        f"there is no suitable Python: expected CPython {wanted}, found {', '.join(seen)}",
        "install one, or activate an environment of it and run Tunesmith from there",
    )


def is_suitable(interpreter: Interpreter, wanted: SpecifierSet) -> bool:
    """Whether the lock has wheels for it."""
    return (
        interpreter.implementation == "cpython"
        and not interpreter.is_free_threaded
        and wanted.contains(interpreter.version, prereleases=True)
    )


def require_suitable(interpreter: Interpreter, wanted: SpecifierSet) -> None:
    """Refuse what the lock has no wheels for.

    Raises:
        UserError: it has none.
    """
    if not is_suitable(interpreter, wanted):
        raise UserError(
            f"{interpreter.path} is {_described(interpreter)}, expected CPython {wanted}",
            "name an environment of such a Python",
        )


def _described(interpreter: Interpreter) -> str:
    name = {"cpython": "Python"}.get(interpreter.implementation, interpreter.implementation)
    return f"{name} {interpreter.version}" + (
        " without GIL" if interpreter.is_free_threaded else ""
    )


def _candidates() -> Iterator[Path]:
    yield Path(sys.executable)
    for minor in _MINORS:
        if found := shutil.which(f"python3.{minor}"):
            yield Path(found)
    if found := shutil.which("python3") or shutil.which("python"):
        yield Path(found)


def _ask(path: Path) -> Interpreter:
    next_step = "give the path of a Python interpreter or of its environment"
    # In a folder without modules of the user's.
    command = [str(path), "-X", "utf8", "-c", _PROBE]
    try:
        with Program(command, cwd=Path(__file__).parent / "locks") as program:
            answer = ""
            while (line := program.line(_LIMIT_S)) is not None:
                answer = line  # the last one: a start-up file may print
            status = program.end(_LIMIT_S)
            said = program.errors.strip().rpartition("\n")[2]
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(f"{path} cannot be started: {reason}", next_step) from None
    try:
        fields = json.loads(answer)
        folder = fields["torch_folder"]
        return Interpreter(
            path,
            Version(fields["version"]),
            fields["implementation"],
            fields["free_threaded"],
            fields["torch"],
            Path(folder) if folder else None,
        )
    except (ValueError, KeyError, TypeError):
        problem = f"{path} does not run as a Python interpreter (status {status}: {said})"
        raise UserError(problem, next_step) from None
