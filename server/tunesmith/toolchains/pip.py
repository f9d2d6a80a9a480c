"""Runs pip, and uv for builds of torch that only it knows."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from packaging.version import InvalidVersion, Version

from tunesmith.platform import interpreter_in
from tunesmith.processes import Program
from tunesmith.text import regex
from tunesmith.toolchains.failures import failure
from tunesmith.toolchains.lock import Pinned
from tunesmith.toolchains.plan import Step

# What would send files elsewhere, or leave some out.
_STRIPPED = regex(
    r"PYTHON.*|__PYVENV_LAUNCHER__|PIP_(TARGET|PREFIX|ROOT|USER|REQUIREMENT|CONSTRAINT|REPORT|DRY_RUN|"
    r"QUIET|VERBOSE|NO_BINARY|ONLY_BINARY|PYTHON|PLATFORM|ABI|IMPLEMENTATION|NO_DEPS|"
    r"REQUIRE_VIRTUALENV|REQUIRE_HASHES|PRE|UPGRADE|LOG|PROGRESS_BAR)"
)
_FIRST_TO_SERVE_OTHERS = Version("22.3")
"""The release of pip that learned --python."""
_COLLECTING = regex(r"Collecting ([\w.-]+)")
_PROGRESS = regex(r"Progress (\d+) of \d+")
_KEPT_LINES = 60

Bytes = Callable[[str, int], None]
"""Hears of the package at hand and how many bytes of it are there."""


class Installer:
    """Fills an environment.

    Args:
        environment: its folder.
        scratch: for what is unpacked on the way, on the same disk.
        inherited: descriptors of locks that hold while a program runs.
    """

    def __init__(self, environment: Path, scratch: Path, inherited: Sequence[int]) -> None:
        self._environment = environment
        self._scratch = scratch
        self._inherited = inherited
        self.python = interpreter_in(environment)
        self._lends_pip = _own_pip() >= _FIRST_TO_SERVE_OTHERS

    def make_environment(self, interpreter: Path) -> None:
        """Make the environment anew, with some pip unless ours can serve it.

        Raises:
            UserError: there is no way to get pip into it.
        """
        if self._environment.exists():
            shutil.rmtree(self._environment)
        options = ("--without-pip",) if self._lends_pip else ()
        target = str(self._environment)
        status, output = self._run((str(interpreter), "-I", "-m", "venv", *options, target))
        if status:
            shutil.rmtree(self._environment, ignore_errors=True)
            raise failure("venv", status, output, self._environment.parent)

    def install(self, step: Step, on_bytes: Bytes) -> None:
        """Do a step, over whatever an earlier try has left.

        Raises:
            UserError: it failed; the same step can be tried again.
        """
        with self._requirements(step) as arguments:
            name = "uv" if step.uv_backend else "pip"
            watch = _Watch(step.packages, on_bytes)
            status, output = self._run([*self._command(step), *arguments], watch)
            if status:
                raise failure(name, status, output, self._environment.parent)

    def _command(self, step: Step) -> Sequence[str]:
        if step.uv_backend:
            uv = self.python.with_name("uv.exe" if os.name == "nt" else "uv")
            target = ("--python", str(self.python), "--torch-backend", step.uv_backend)
            return (str(uv), "pip", "install", "--reinstall", "--no-build", *target)
        # What a killed run has left is written over; what lies elsewhere does not count.
        own = () if step.name == "pip" else ("--ignore-installed", "--progress-bar=raw")
        is_lent = step.name == "pip" and self._lends_pip
        where = (sys.executable, "--python", str(self.python)) if is_lent else (str(self.python),)
        return (
            *(where[0], "-I", "-X", "utf8", "-m", "pip", *where[1:], "install", *own),
            *("--only-binary=:all:", "--no-compile", "--no-input"),
            *("--disable-pip-version-check", "--no-warn-script-location"),
        )

    @contextmanager
    def _requirements(self, step: Step) -> Generator[Sequence[str], None, None]:
        """The arguments that name what a step installs."""
        file = self._scratch / "requirements.txt"
        torch = next((each for each in step.packages if each.name == "torch"), None)
        if torch:
            # Its index may have builds for several accelerators, each with its own companions:
            # the version is locked, the file is not.
            file.write_text("".join(f"{each}\n" for each in step.constraints), "utf-8")
            yield (torch.requirement, "--constraint", str(file))
        else:
            lines = (f"{_with_hashes(package)}\n" for package in step.packages)
            file.write_text("".join(lines), "utf-8")
            yield ("--no-deps", "--require-hashes", "--requirement", str(file))

    def _run(
        self, command: Sequence[str], watch: Callable[[str], None] | None = None
    ) -> tuple[int, str]:
        return _run(command, self._scratch, self._inherited, watch)


def complaints(python: Path, folder: Path) -> Sequence[str]:
    """What pip says about installed packages that do not fit together: a line each.

    Args:
        python: the interpreter that has them.
        folder: one without modules.
    """
    _, output = _run([str(python), "-I", "-X", "utf8", "-m", "pip", "check"], folder)
    return output.splitlines()


def _run(
    command: Sequence[str],
    folder: Path,
    inherited: Sequence[int] = (),
    watch: Callable[[str], None] | None = None,
) -> tuple[int, str]:
    variables = {k: v for k, v in os.environ.items() if not _STRIPPED.fullmatch(k)}
    # /tmp may be small, and in memory.
    variables.update(TMPDIR=str(folder), TEMP=str(folder), NO_COLOR="1")
    kept: list[str] = []
    with Program(command, cwd=folder, environment=variables, inherited=inherited) as program:
        for line in program.lines():
            kept = [*kept[-_KEPT_LINES:], line]
            if watch:
                watch(line)
        status = program.end(patience_s=30)
    return status, "\n".join([*kept, program.errors])


def _own_pip() -> Version:
    """The release of the pip that is installed beside this program; 0 without one."""
    try:
        return Version(importlib.metadata.version("pip"))
    except (importlib.metadata.PackageNotFoundError, InvalidVersion):
        return Version("0")


class _Watch:
    """Turns what pip prints into bytes."""

    def __init__(self, packages: Sequence[Pinned], on_bytes: Bytes) -> None:
        self._sizes = {package.name: package.size for package in packages}
        self._on_bytes = on_bytes
        self._before = 0
        self._name = ""

    def __call__(self, line: str) -> None:
        if found := _COLLECTING.match(line.strip()):
            self._before += self._sizes.get(self._name, 0)
            self._name = found[1].lower().replace("_", "-").replace(".", "-")
            self._on_bytes(self._name, self._before)
        elif found := _PROGRESS.match(line.strip()):
            size = self._sizes.get(self._name, 0)
            self._on_bytes(self._name, self._before + min(int(found[1]), size))


def _with_hashes(package: Pinned) -> str:
    hashes = "".join(f" --hash=sha256:{digest}" for digest in package.hashes)
    return f"{package.requirement}{hashes}"
