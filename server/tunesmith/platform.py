"""What differs between operating systems: the only module that asks which one this is."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path, PurePosixPath


def project_path(path: Path) -> PurePosixPath:
    """A path as the project index knows it: absolute, with `.` and `..` resolved by name."""
    return PurePosixPath(Path(os.path.abspath(path)).as_posix())  # noqa: PTH100 - keeps symlinks


def copy_ownership(status: os.stat_result, path: Path) -> None:
    """Give a file the mode of another, and its owner where we may."""
    path.chmod(status.st_mode & 0o7777)
    if os.name == "posix":
        with suppress(PermissionError):
            os.chown(path, status.st_uid, status.st_gid)
