"""What differs between operating systems: the only module that asks which one this is."""

from __future__ import annotations

import os
import sys
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


def is_running(process_id: int) -> bool:
    """Whether a process of that id exists."""
    if os.name == "nt":
        return _is_running_on_windows(process_id)
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_running_on_windows(process_id: int) -> bool:
    """Python's `os.kill` ends the process there, whatever the signal."""
    import ctypes

    synchronize, timed_out = 0x0010_0000, 0x102
    kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009 - unknown to type checkers elsewhere
    handle = kernel32.OpenProcess(synchronize, False, process_id)
    if not handle:
        return False
    try:
        return kernel32.WaitForSingleObject(handle, 0) == timed_out
    finally:
        kernel32.CloseHandle(handle)


def user_data_folder() -> Path:
    """Where programs keep the data of this user; it may not exist yet."""
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(base) / "tunesmith"


def active_interpreter() -> Path | None:
    """The interpreter of the environment that the user activated in this terminal, if any."""
    root = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    if not root:
        return None
    return Path(root) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages_of(environment: Path) -> Path | None:
    """Where the libraries of an environment lie: of a virtual one, of conda's or of a system's."""
    if os.name == "nt":
        found = [environment / "Lib" / "site-packages"]
    else:
        found = sorted(environment.glob("lib/python3*/site-packages"), reverse=True)
    return next((folder for folder in found if folder.is_dir()), None)


def environment_of_interpreter(interpreter: Path) -> Path | None:
    """The folder of the environment that an interpreter belongs to, by its path alone.

    Links are not followed: that of a virtual environment leads to the interpreter that made it.
    """
    folder = interpreter.parent
    root = folder.parent if folder.name.lower() in ("bin", "scripts") else folder
    return root if site_packages_of(root) else None
