"""What a local job runs: its command, where, and with which variables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tunesmith.jobs.spec import EngineError, JobSpec
from tunesmith.knowledge.credentials import names_secret
from tunesmith.platform import find_program

_WHERE_UV = (
    "install it as https://docs.astral.sh/uv says, or name a Python interpreter, as by --python"
)


def command_of(spec: JobSpec) -> Sequence[str]:
    """What to run, its program found and its files there."""
    if spec.volumes:
        raise EngineError(
            f"the volume {spec.volumes[0]} cannot be mounted on this machine",
            "leave volumes out, or run the job on Hugging Face Jobs",
        )
    if spec.command:
        program, *arguments = spec.command
        return [_program(program, "give a program of this machine", spec), *arguments]
    if not spec.script:
        raise EngineError("there is neither a script nor a command to run", "name one of them")
    is_url = "://" in spec.script
    if not is_url and not Path(spec.script).is_file():
        raise EngineError(f"there is no script {spec.script}", "give the path of a Python file")
    if spec.python and is_interpreter(spec.python):
        return _with_interpreter(spec, spec.python, is_url)
    command = [_program("uv", _WHERE_UV, spec), "run"]
    if spec.python:
        command += ["--python", spec.python]
    for each in spec.dependencies:
        command += ["--with", each]
    return [*command, spec.script, *spec.arguments]


def _with_interpreter(spec: JobSpec, python: str, is_url: bool) -> Sequence[str]:
    if spec.dependencies or is_url:
        what = spec.script if is_url else spec.dependencies[0]
        raise EngineError(
            f"the interpreter {python} cannot fetch {what}",
            "leave the interpreter out, so that uv runs the script"
            if is_url
            else f"install it there with `uv pip install --python {python} {what}`",
        )
    expected = "give the path of a Python interpreter, or a version such as 3.12"
    program = _program(python, expected, spec)
    return [program, spec.script, *spec.arguments]


def is_interpreter(python: str) -> bool:
    """Whether it is the path of an interpreter, and not a version that uv fetches."""
    return os.sep in python or "/" in python


def _program(name: str, next_step: str, spec: JobSpec) -> str:
    found = find_program(name, spec.environment.get("PATH"))
    if found is None:
        raise EngineError(f"the program {name} was not found on this machine", next_step)
    return found


def working_folder(spec: JobSpec) -> Path:
    """Where it runs: where it was asked to, or beside its script."""
    own = Path(spec.script).parent if "://" not in spec.script and spec.script else Path.home()
    folder = Path(spec.folder) if spec.folder else own
    if not folder.is_dir():
        raise EngineError(f"there is no folder {folder}", "give a working folder that exists")
    return folder


def environment_of(spec: JobSpec, secrets: Mapping[str, str]) -> Mapping[str, str]:
    """All variables of the script.

    Ours are those of whoever started us first, perhaps another window with another account: so a
    secret that the job has not asked for by name is left out.
    """
    if missing := [name for name in spec.secrets if not secrets.get(name)]:
        raise EngineError(
            f"the secret {missing[0]} has no value",
            f"set the variable {missing[0]}, or leave it out",
        )
    ours = {name: value for name, value in os.environ.items() if not names_secret(name)}
    asked = {name: secrets[name] for name in spec.secrets}
    return {**ours, "PYTHONUNBUFFERED": "1", **spec.environment, **asked}
