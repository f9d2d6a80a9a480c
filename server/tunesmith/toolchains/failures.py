"""Why pip or uv failed, and what the user can do about it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.installer_output import has_no_network, last_lines
from tunesmith.text import regex

AGAIN = "run the same command again: it goes on where it stopped"
_FULL = regex(
    r"No space left on device|File too large|Disk quota exceeded|not enough space"
    r"|\[Errno (28|27|122)\]|os error (28|27|122|112)"
)
_READ_ONLY = regex(r"(Permission denied|Read-only file system|Access is denied)[^\n]*")
_MISSING = regex(r"No matching distribution found for (\S+)")
_NO_ENSUREPIP = regex(r"ensurepip|No module named venv")
_HASHES = regex(r"DO NOT MATCH THE HASHES")
_WRONG = regex(r"^\s+(\S+==\S+|\S+\.whl)\b[^\n]*:\s*$", re.MULTILINE)


def failure(name: str, status: int, output: str, folder: Path) -> UserError:
    """What to say about a run that failed.

    Args:
        name: the program.
        status: its exit status, negative for a signal.
        output: the end of what it printed.
        folder: where it was to install.
    """
    said = f"\n{name} said:\n  {last_lines(output)}"
    if status < 0:
        return UserError(f"{name} was ended by signal {-status}", f"{AGAIN}.{said}")
    if _FULL.search(output):
        return disk_full(folder, said)
    if _NO_ENSUREPIP.search(output):
        return UserError(
            "this Python cannot make environments: its modules venv and ensurepip are not whole",
            "install them (Debian, Ubuntu: `apt-get install python3-venv`), or pip beside "
            f"Tunesmith.{said}",
        )
    if _HASHES.search(output):
        wrong = _WRONG.search(output)
        return UserError(
            f"the package index gave a file of {wrong[1] if wrong else 'a package'} that is not "
            "the one that was locked",
            f"check which index and proxy pip uses (`pip config list`), then try again.{said}",
        )
    if has_no_network(output):
        return UserError(
            "the package index cannot be reached", f"check the network, then {AGAIN}.{said}"
        )
    if missing := _MISSING.search(output):
        return UserError(
            f"the package index cannot be reached, or has no {missing[1]} for this Python and "
            "machine",
            "check the network and which index pip uses (`pip config list`; a mirror may lag "
            f"behind), then {AGAIN}.{said}",
        )
    if _READ_ONLY.search(output):
        return UserError(f"{folder} cannot be written to", f"make it writable, then {AGAIN}.{said}")
    return UserError(f"{name} failed with status {status}", f"{AGAIN}.{said}")


def disk_full(folder: Path, said: str = "") -> UserError:
    """What to say when files could not be written for want of room."""
    free = shutil.disk_usage(folder).free
    return UserError(
        f"the disk of {folder} is full, or a limit on files is reached: {in_words(free)} are free",
        f"make room, then {AGAIN}.{said}",
    )


def in_words(size: float) -> str:
    """Bytes in decimal units, as disks are sold: 1 GB = 10**9 bytes."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
