"""What an installation would do: its steps, and what they cost in bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from tunesmith.errors import UserError
from tunesmith.text import regex
from tunesmith.toolchains.catalogue import Toolchain
from tunesmith.toolchains.interpreter import (
    Interpreter,
    find_interpreter,
    interpreter_of,
    require_suitable,
)
from tunesmith.toolchains.lock import Pinned, pinned_for, supported_pythons

DEFAULT_TORCH = "default"
EXISTING_TORCH = "existing"
_BACKEND = regex(r"auto|cpu|xpu|cu\d+|rocm[\d.]+")
# Each build of torch pins its own.
_OF_AN_ACCELERATOR = regex(r"torch|triton|(cuda|nvidia)-.*")
_CHUNK_BYTES = 64 * 1024 * 1024
_CHUNK_PACKAGES = 16
# Measured: wheels of libraries unpack to 3.7 times their size; those of CUDA grow less.
_UNPACKED = 3.7
_UNPACKED_CUDA = 2.0


@dataclass(frozen=True, slots=True)
class Step:
    """A run of pip or uv, after which a killed installation goes on.

    Attributes:
        name: what the journal calls it.
        packages: what it brings, as far as the lock tells.
        uv_backend: which build of torch uv chooses; None: pip takes what its index has.
        constraints: what else is locked, for steps that bring packages by themselves.
    """

    name: str
    packages: Sequence[Pinned]
    uv_backend: str | None = None
    constraints: Sequence[str] = ()

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(package.size for package in self.packages)

    @property
    def disk_bytes(self) -> int:
        """About what it takes when it is unpacked."""
        return int(self.size * (_UNPACKED_CUDA if self.name == "torch" else _UNPACKED))


@dataclass(frozen=True, slots=True)
class Plan:
    """How a toolchain would be installed.

    Attributes:
        torch: `default`, what uv calls a backend, or `existing:` and an interpreter.
        interpreter: the one that makes the environment.
        existing: where torch lies that is used in place of one of our own.
        key: tells environments of different content apart.
    """

    toolchain: Toolchain
    torch: str
    interpreter: Interpreter
    existing: Path | None
    steps: Sequence[Step]
    key: str

    @property
    def packages(self) -> Sequence[Pinned]:
        return [package for step in self.steps for package in step.packages]

    @property
    def download_bytes(self) -> int:
        """What is downloaded at most; pip's cache and another index's builds may spare some."""
        return sum(step.size for step in self.steps)

    @property
    def disk_bytes(self) -> int:
        """About what the environment takes."""
        return sum(step.disk_bytes for step in self.steps)


def make_plan(toolchain: Toolchain, torch: str = DEFAULT_TORCH) -> Plan:
    """Plan an installation.

    Args:
        toolchain: what to install.
        torch: `default`, a backend of uv's (`cpu`, `cu128`, `auto` …), or `existing:` and the path
            of an environment, or of an interpreter, that has torch.

    Raises:
        UserError: no Python on this machine can have it.
    """
    pythons = supported_pythons(toolchain.lock)
    kind, _, place = torch.partition(":")
    if kind == EXISTING_TORCH:
        interpreter = interpreter_of(Path(place))
        require_suitable(interpreter, pythons)
        if interpreter.torch_folder is None:
            raise UserError(
                f"{interpreter.path} has no torch", "install it there, or leave --torch out"
            )
    elif torch == DEFAULT_TORCH or _BACKEND.fullmatch(torch):
        interpreter = find_interpreter(pythons)
    else:
        raise UserError(
            f"there is no build of torch called {torch!r}: expected {DEFAULT_TORCH}, "
            f"{EXISTING_TORCH}, auto, cpu, cu128, rocm6.4 and the like",
            "choose one of these",
        )
    steps = list(_steps(pinned_for(toolchain.lock, interpreter.version), torch))
    existing = interpreter.torch_folder if kind == EXISTING_TORCH else None
    key = key_of(steps, torch, interpreter.version)
    return Plan(toolchain, torch, interpreter, existing, steps, key)


def _steps(pinned: Sequence[Pinned], torch: str) -> Iterator[Step]:
    groups = {name: [each for each in pinned if each.group == name] for name in _groups(pinned)}
    yield Step("pip", groups["pip"])
    backend = torch if _BACKEND.fullmatch(torch) else None
    if "torch" in groups and not torch.startswith(EXISTING_TORCH):
        if backend:
            yield Step("uv", groups["uv"])
        # First, as the libraries take any build of it.
        constraints = [
            each.requirement for each in pinned if not _OF_AN_ACCELERATOR.fullmatch(each.name)
        ]
        yield Step("torch", groups["torch"], backend, constraints)
    for number, chunk in enumerate(_chunks(groups.get("libraries", [])), 1):
        yield Step(f"libraries {number}", chunk)


def _groups(pinned: Sequence[Pinned]) -> set[str]:
    return {each.group for each in pinned}


def _chunks(packages: Sequence[Pinned]) -> Iterator[Sequence[Pinned]]:
    chunk: list[Pinned] = []
    for package in packages:
        chunk.append(package)
        if len(chunk) == _CHUNK_PACKAGES or sum(each.size for each in chunk) > _CHUNK_BYTES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def key_of(steps: Sequence[Step], torch: str, python: Version) -> str:
    """What an environment of these steps is known by."""
    content = [package.requirement for step in steps for package in step.packages]
    identity = [content, torch, python.major, python.minor]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:12]


def current_key(toolchain: Toolchain, torch: str, python: Version) -> str:
    """The key that an environment has when it is up to date.

    Raises:
        UserError: the lock has nothing for that Python.
    """
    return key_of(list(_steps(pinned_for(toolchain.lock, python), torch)), torch, python)
