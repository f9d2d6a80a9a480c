"""What differs between operating systems: the only module that asks which one this is."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from tunesmith.errors import UserError


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


def group_options(inherited: Sequence[int]) -> dict[str, Any]:
    """The arguments of `subprocess.Popen` for a process group of its own.

    Args:
        inherited: descriptors that the program keeps open; on Windows it gets none.
    """
    if os.name == "nt":
        return {"creationflags": 0x0000_0200}  # CREATE_NEW_PROCESS_GROUP
    return {"start_new_session": True, "pass_fds": tuple(inherited)}


def detached_options(inherited: Sequence[int] = ()) -> dict[str, Any]:
    """The arguments of `subprocess.Popen` for a program that outlives us and our terminal."""
    if os.name == "nt":
        return {"creationflags": 0x0000_0208}  # DETACHED_PROCESS, CREATE_NEW_PROCESS_GROUP
    return group_options(inherited)


def ask_group_to_end(leader: int) -> None:
    """Ask the processes of a group to end."""
    if os.name == "nt":
        with suppress(OSError):
            os.kill(leader, getattr(signal, "CTRL_BREAK_EVENT"))  # noqa: B009 - Windows only
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGTERM)


def kill_group(leader: int) -> Sequence[str]:
    """End what is left of a group; where the system needs a program for that, its command."""
    if os.name == "nt":
        return ("taskkill", "/F", "/T", "/PID", str(leader))
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    return ()


def exit_code_of(status: int) -> int:
    """The exit code as shells say it, of a `returncode`, which is negative for a signal."""
    return 128 - status if status < 0 else status


def end_own_group() -> None:
    """End this process at once, and its group if it leads one."""
    if os.name != "nt" and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Lock an open file until each copy of its descriptor is closed, in other processes too.

    Args:
        descriptor: of a file opened for writing.
        shared: along with others that share it; Windows locks nothing then, as it lets nobody
            delete files in use.

    Returns:
        False where someone else holds it.
    """
    if os.name == "nt":
        return shared or _try_lock_on_windows(descriptor)
    import fcntl

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether someone holds the lock of a file; asking keeps nobody else from asking."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not try_lock(descriptor, shared=os.name != "nt")
    finally:
        os.close(descriptor)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parents end, where the system can do that."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def _try_lock_on_windows(descriptor: int) -> bool:
    import msvcrt

    locking, no_waiting = getattr(msvcrt, "locking"), getattr(msvcrt, "LK_NBLCK")  # noqa: B009
    try:
        locking(descriptor, no_waiting, 1)
    except OSError:
        return False
    return True


def find_program(name: str, path: str | None = None) -> str | None:
    """The path of a program by its name or path; a desktop's editors lack some of PATH.

    Args:
        name: of the program.
        path: where to look; None: PATH of this process.
    """
    import shutil

    own = Path.home()
    given = path or os.environ.get("PATH", os.defpath)
    folders = [given, str(own / ".local/bin"), str(own / ".cargo/bin")]
    return shutil.which(name, path=os.pathsep.join(folders))


def user_data_folder() -> Path:
    """Where programs keep the data of this user; it may not exist yet."""
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(base) / "tunesmith"


def user_state_folder() -> Path:
    """Where programs keep what they remember of this user's work; it may not exist yet.

    `TUNESMITH_STATE` names another one.
    """
    if own := os.environ.get("TUNESMITH_STATE"):
        return Path(own)
    if os.name == "nt" or sys.platform == "darwin":
        return user_data_folder() / "state"
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(base) / "tunesmith"


def make_private(folder: Path) -> None:
    """Make a folder that nobody else can look into, or make an existing one such.

    Raises:
        UserError: it belongs to someone else, or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
        is_ours = os.name == "nt" or status.st_uid == os.getuid()
        if is_ours and os.name != "nt" and status.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise UserError(
            f"cannot keep state in {folder}: {error.strerror or error}",
            "set TUNESMITH_STATE to a folder that you can write to",
        ) from None
    if not is_ours:
        raise UserError(
            f"cannot keep state in {folder}: it belongs to another user",
            "set TUNESMITH_STATE to a folder of your own",
        )


_LONGEST_SOCKET_PATH = 100
"""Bytes: Linux takes 107, macOS 103."""


def local_address(folder: Path, name: str) -> tuple[str, str]:
    """Where a process can listen for others of this user only.

    Args:
        folder: a private one.
        name: of what listens.

    Returns:
        The family and the address, as `multiprocessing.connection` takes them.
    """
    if os.name == "nt":
        return "AF_PIPE", rf"\\.\pipe\tunesmith-{name}-{os.urandom(16).hex()}"
    path = folder / f"{name}.sock"
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        import hashlib

        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        short = Path("/tmp") / f"tunesmith-{os.getuid()}-{digest}"  # noqa: S108 - checked to be ours
        if short.is_symlink():
            raise UserError(f"{short} is a link, which another user may have made", "remove it")
        make_private(short)
        path = short / f"{name}.sock"
    return "AF_UNIX", str(path)


def user_cache_folder() -> Path:
    """Where programs keep what they can fetch again; it may not exist yet."""
    if os.name == "nt":
        return user_data_folder() / "cache"
    if sys.platform == "darwin":
        base = Path.home() / "Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tunesmith"


def apple_silicon() -> tuple[str, int] | None:
    """Apple's chip in this Mac and its memory in GB, as ("Apple M3 Max", 64); None elsewhere."""
    if sys.platform != "darwin":
        return None
    import ctypes

    libc = ctypes.CDLL(None)

    def ask(name: bytes, buffer: Any) -> bool:
        size = ctypes.c_size_t(ctypes.sizeof(buffer))
        return libc.sysctlbyname(name, ctypes.byref(buffer), ctypes.byref(size), None, 0) == 0

    chip, memory = ctypes.create_string_buffer(128), ctypes.c_uint64()
    if not (ask(b"machdep.cpu.brand_string", chip) and ask(b"hw.memsize", memory)):
        return None
    name = chip.value.decode("utf-8", "replace")
    return (name, memory.value // 2**30) if name.startswith("Apple ") else None


def active_interpreter() -> Path | None:
    """The interpreter of the environment that the user activated in this terminal, if any."""
    root = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    return interpreter_in(Path(root)) if root else None


def interpreter_in(environment: Path) -> Path:
    """The interpreter of a virtual environment or of conda's."""
    if os.name != "nt":
        return environment / "bin" / "python"
    of_venv = environment / "Scripts" / "python.exe"
    return of_venv if of_venv.exists() else environment / "python.exe"


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
