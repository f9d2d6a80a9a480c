"""Download the wheels that a platform's extension package carries.

Usage: python scripts/wheelhouse.py TARGET FOLDER LOCK...

Every wheel must match a hash of a LOCK. pip evaluates markers for the Python that runs it, so the
markers are evaluated here, for the Python and the platform that the wheels are for.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

MINORS = (10, 11, 12, 13, 14)


@dataclass(frozen=True)
class Platform:
    """What pip calls a platform, and what its markers see there."""

    tags: tuple[str, ...]
    sys_platform: str
    system: str
    machine: str
    os_name: str = "posix"


def glibc(machine: str) -> Platform:
    """VS Code itself needs glibc 2.28."""
    newest_first = (f"manylinux_2_{minor}_{machine}" for minor in range(28, 16, -1))
    tags = (*newest_first, f"manylinux2014_{machine}")
    return Platform(tags, "linux", "Linux", machine)


def musl(machine: str) -> Platform:
    return Platform(
        (f"musllinux_1_2_{machine}", f"musllinux_1_1_{machine}"), "linux", "Linux", machine
    )


def macos(machine: str) -> Platform:
    """VS Code itself needs macOS 12."""
    return Platform((f"macosx_12_0_{machine}",), "darwin", "Darwin", machine)


PLATFORMS = {
    "linux-x64": glibc("x86_64"),
    "linux-arm64": glibc("aarch64"),
    "alpine-x64": musl("x86_64"),
    "alpine-arm64": musl("aarch64"),
    "darwin-x64": macos("x86_64"),
    "darwin-arm64": macos("arm64"),
    "win32-x64": Platform(("win_amd64",), "win32", "Windows", "AMD64", "nt"),
}


def main(target: str, folder: str, *locks: str) -> int:
    platform = PLATFORMS[target]
    gaps: list[str] = []
    for minor in MINORS:
        wanted = list(applicable(platform, minor, locks))
        if download(platform, minor, folder, wanted):
            continue
        missing = [line for line in wanted if not download(platform, minor, folder, [line])]
        gaps += [
            f"{line.split()[0]} has no wheel for {target}, Python 3.{minor}" for line in missing
        ]
    print(*gaps, sep="\n", file=sys.stderr)
    return 1 if gaps else 0


def applicable(platform: Platform, minor: int, locks: tuple[str, ...]) -> Iterator[str]:
    """Requirement lines that apply there, with their hashes and without their markers."""
    environment = {
        "implementation_name": "cpython",
        "os_name": platform.os_name,
        "platform_machine": platform.machine,
        "platform_python_implementation": "CPython",
        "platform_system": platform.system,
        "python_full_version": f"3.{minor}.0",
        "python_version": f"3.{minor}",
        "sys_platform": platform.sys_platform,
    }
    for lock in locks:
        for line in logical_lines(Path(lock)):
            text, *hashes = line.split(" --hash=")
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate(environment):
                name = f"{requirement.name}{requirement.specifier}"
                yield " ".join([name, *(f"--hash={digest.strip()}" for digest in hashes)])


def logical_lines(lock: Path) -> Iterator[str]:
    for line in lock.read_text("utf-8").replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            yield " ".join(line.split())


def download(platform: Platform, minor: int, folder: str, lines: list[str]) -> bool:
    """Whether pip found a wheel for every line."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "requirements.txt")
        file.write_text("\n".join(lines), "utf-8")
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--require-hashes", "--only-binary=:all:"),
            *(f"--python-version=3.{minor}", "--implementation=cp"),
            *(f"--platform={tag}" for tag in platform.tags),
            *(f"--requirement={file}", f"--dest={folder}"),
        ]
        result = subprocess.run(command, check=False, capture_output=True, text=True)
        errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
        print(*errors, sep="\n", end="\n" if errors else "", file=sys.stderr)
        return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
