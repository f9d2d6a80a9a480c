"""Where toolchains lie, and which are complete.

<user data>/toolchains/train/
installed.json          written last, in one go: without it nothing is installed
environment-<key>/      a virtual environment; its journal tells which steps are done
environment-<key>.use   locked by workers, so that nobody deletes under them
changing                locked by whoever installs or removes
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.platform import is_running, try_lock, user_data_folder

FORMAT = 1
_PREFIX = "environment-"
_JOURNAL = "tunesmith-steps.txt"
_ORPHAN_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Installed:
    """A toolchain that is there.

    Attributes:
        python: its interpreter.
        is_own: the user's own environment, which Tunesmith neither changes nor removes.
        key: of the plan that it was made by; empty for an own one.
        torch: the choice of torch, as the plan has it.
        versions: of the libraries that it is for.
        size: bytes on disk, 0 for an own one.
        date: when it was installed, ISO.
    """

    python: Path
    is_own: bool
    key: str
    torch: str
    versions: Mapping[str, str]
    size: int
    date: str


class Store:
    """The place of one toolchain."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = user_data_folder() / "toolchains" / name

    @property
    def _marker(self) -> Path:
        return self.folder / "installed.json"

    def installed(self) -> Installed | None:
        """What is installed; None: nothing, or nothing complete."""
        try:
            fields = json.loads(self._marker.read_text("utf-8"))
            if fields.pop("format") != FORMAT:
                return None
            return Installed(python=Path(fields.pop("python")), **fields)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self, installed: Installed) -> None:
        """Make an environment the installed one."""
        fields = {"format": FORMAT, **asdict(installed), "python": str(installed.python)}
        partial = self._marker.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as stream:
            json.dump(fields, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(self._marker)

    def forget(self) -> None:
        """Make nothing the installed one."""
        self._marker.unlink(missing_ok=True)

    def environment(self, key: str) -> Path:
        """The folder of an environment, which may not exist."""
        return self.folder / f"{_PREFIX}{key}"

    def environments(self) -> list[Path]:
        """All environments, complete or not."""
        try:
            return sorted(path for path in self.folder.glob(f"{_PREFIX}*") if path.is_dir())
        except OSError:
            return []

    def steps_done(self, key: str) -> frozenset[str]:
        """The steps of an installation that are done in an environment."""
        try:
            lines = (self.environment(key) / _JOURNAL).read_text("utf-8").splitlines()
        except OSError:
            return frozenset()
        return frozenset(lines)

    def note_step(self, key: str, step: str) -> None:
        """Note that a step is done."""
        with (self.environment(key) / _JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write(f"{step}\n")
            journal.flush()
            os.fsync(journal.fileno())

    def distrust(self, key: str) -> None:
        """Let the next installation do every step again."""
        (self.environment(key) / _JOURNAL).unlink(missing_ok=True)

    def create(self) -> None:
        """Make the folder.

        Raises:
            UserError: it cannot be made, or not be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._not_writable(error) from None
        os.close(self._open("changing"))

    def _open(self, name: str) -> int:
        """A file for a lock."""
        try:
            return os.open(self.folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._not_writable(error) from None

    def _not_writable(self, error: OSError) -> UserError:
        return UserError(
            f"cannot write to {self.folder}: {error.strerror or error}",
            "make it writable, or set XDG_DATA_HOME (Windows: LOCALAPPDATA) to a folder that is, "
            "with room for some gigabytes",
        )

    @contextmanager
    def changing(self) -> Generator[int, None, None]:
        """Install or remove, alone. Gives a descriptor that programs which help shall inherit.

        Raises:
            UserError: somebody else is at it.
        """
        descriptor = self._open("changing")
        try:
            self._lock(descriptor)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, b"%d" % os.getpid())
            yield descriptor
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        deadline = time.monotonic() + _ORPHAN_LIMIT_S
        while not try_lock(descriptor):
            holder = self._holder()
            if holder is None or is_running(holder) or time.monotonic() > deadline:
                by = f" (process {holder})" if holder else ""
                raise UserError(
                    f"the toolchain {self.name} is being installed or removed{by}",
                    "wait until that has ended, or end it",
                )
            # Whoever held it was killed, and the program that helped it is about to end.
            time.sleep(0.2)

    def _holder(self) -> int | None:
        try:
            return int((self.folder / "changing").read_text("utf-8"))
        except (OSError, ValueError):
            return None

    @contextmanager
    def using(self, key: str) -> Generator[int, None, None]:
        """Keep an environment from being deleted. Gives a descriptor that workers shall inherit.

        Raises:
            UserError: it is just being deleted.
        """
        with self._use(key) as descriptor:
            if not try_lock(descriptor, shared=True):
                raise UserError(
                    f"the toolchain {self.name} is being removed",
                    f"install it again with `tunesmith toolchain install {self.name}`",
                )
            yield descriptor

    @contextmanager
    def _use(self, key: str) -> Generator[int, None, None]:
        descriptor = self._open(f"{_PREFIX}{key}.use")
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def is_used(self, environment: Path) -> bool:
        """Whether a worker runs in an environment."""
        with self._use(environment.name.removeprefix(_PREFIX)) as descriptor:
            return not try_lock(descriptor)

    def delete(self, environment: Path) -> list[str]:
        """Delete an environment that nobody uses.

        Returns:
            What was left, each with the reason.
        """
        with self._use(environment.name.removeprefix(_PREFIX)) as descriptor:
            if not try_lock(descriptor):
                return [f"{environment}: a worker uses it"]
            left = delete_tree(environment)
        if not left:
            (self.folder / f"{environment.name}.use").unlink(missing_ok=True)
        return left


def delete_tree(folder: Path) -> list[str]:
    """Delete a folder with all that is in it; returns what was left, each with the reason."""
    left: list[str] = []
    for place, folders, files in os.walk(folder, topdown=False):
        for path in (Path(place, name) for name in [*files, *folders]):
            try:
                path.unlink() if path.is_symlink() or not path.is_dir() else path.rmdir()
            except OSError as error:
                left.append(f"{path}: {error.strerror or error}")
    try:
        folder.rmdir()
    except OSError as error:
        left.append(f"{folder}: {error.strerror or error}")
    return left


def size_of(folder: Path) -> int:
    """Bytes that the files below a folder take on disk."""
    return sum(
        os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - a hundred thousand files
        for place, _, names in os.walk(folder)
        for name in names
    )


def free_bytes(folder: Path) -> int:
    """What is free on the disk that a folder is on, or will be."""
    existing = next(each for each in [folder, *folder.parents] if each.exists())
    return shutil.disk_usage(existing).free
