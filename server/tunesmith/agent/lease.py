"""One agent a user: who it is, where it listens, and the key to it.

<state>/agent.lock   locked by the agent as long as it lives; nobody guesses from process ids
<state>/agent.key    what those who ask have to know; only the user can read it
<state>/agent.json   the notice, written once the agent listens
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.platform import make_private, try_lock

_LOCK, _KEY, _NOTICE = "agent.lock", "agent.key", "agent.json"
_PATIENCE_S = 2.0
"""Others hold the lock for a moment when they look whether it is held."""
_PAUSE_S = 0.02


@dataclass(frozen=True)
class Notice:
    """What an agent says of itself: where it listens, and since when (seconds since 1970)."""

    pid: int
    family: str
    address: str
    started: float
    version: str
    protocol: int


class Lease:
    """The right to be the agent, for the life of this process or until it is given back."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        self.folder = folder
        self._descriptor = descriptor

    @classmethod
    def take(cls, folder: Path) -> Lease | None:
        """The lease of a user's state folder; None: another agent has it.

        Raises:
            UserError: the folder cannot be used.
        """
        make_private(folder)
        deadline = time.monotonic() + _PATIENCE_S
        while (descriptor := lock(folder / _LOCK)) is None:
            if time.monotonic() > deadline:
                return None
            time.sleep(_PAUSE_S)
        lease = cls(folder, descriptor)
        lease._withdraw()  # of one that was killed
        return lease

    def new_key(self) -> bytes:
        """Make the key that is valid from now on."""
        key = os.urandom(32).hex()
        write_private(self.folder / _KEY, key)
        return key.encode()

    def announce(self, notice: Notice) -> None:
        """Tell others where to ask."""
        write_private(self.folder / _NOTICE, json.dumps(asdict(notice)))

    def _withdraw(self) -> None:
        with suppress(OSError):
            (self.folder / _NOTICE).unlink(missing_ok=True)

    @property
    def is_valid(self) -> bool:
        """Whether it is worth anything: nobody has deleted the folder, or put another there."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), (self.folder / _LOCK).stat())
        except OSError:
            return False

    def release(self) -> None:
        """Give it back: another agent may start."""
        if self.is_valid:
            self._withdraw()
        os.close(self._descriptor)


def is_held(folder: Path) -> bool:
    """Whether an agent lives."""
    if not (folder / _LOCK).exists():
        return False
    descriptor = lock(folder / _LOCK)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def read_notice(folder: Path) -> Notice | None:
    """What the agent says of itself; None: it does not listen yet, or any more."""
    try:
        fields = json.loads((folder / _NOTICE).read_text("utf-8"))
        return Notice(**fields)
    except (OSError, ValueError, TypeError):
        return None


def read_key(folder: Path) -> bytes:
    """The key to the agent; empty: there is none yet."""
    try:
        return (folder / _KEY).read_bytes()
    except OSError:
        return b""


def lock(path: Path) -> int | None:
    """A descriptor that holds the lock of a file until it is closed; None: somebody else does.

    Raises:
        UserError: there can be no such file.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _not_writable(path, error) from None
    if try_lock(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read, wholly or not at all.

    Raises:
        UserError: it cannot be written.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise _not_writable(path, error) from None


def _not_writable(path: Path, error: OSError) -> UserError:
    return UserError(
        f"cannot write {path}: {error.strerror or error}",
        "free space on its disk and make it writable, or set TUNESMITH_STATE to another folder",
    )
