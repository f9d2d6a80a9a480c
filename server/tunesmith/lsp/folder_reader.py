"""Reads the open folders from disk, on a thread of its own, and keeps the projects up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tunesmith.environments import environment_of
from tunesmith.lsp.pool import WorkerPool
from tunesmith.lsp.projects import LOOSE, Projects
from tunesmith.lsp.protocol import StatusParams
from tunesmith.project import Environment, Project
from tunesmith.workspace import Workspace

SCAN_LIMIT = 300.0
"""Seconds after which the reading of a folder is given up."""


class _Read(NamedTuple):
    """What reading gave, and what the user should know of it."""

    project: Project
    notes: Sequence[str]


class FolderReader:
    """Scans folders, and reads files again when they change on disk.

    Args:
        pool: one thread, which alone touches the workspaces.
        projects: told what was read.
        recheck: checks the open documents again.
        tell_status: tells the user whether a scan is under way.
        note: tells the user of files that cannot be used.
    """

    def __init__(
        self,
        pool: WorkerPool,
        projects: Projects,
        recheck: Callable[[], None],
        tell_status: Callable[[StatusParams], None],
        note: Callable[[str], None],
    ) -> None:
        self._pool = pool
        self._projects = projects
        self._recheck = recheck
        self._tell_status = tell_status
        self._note = note
        self._workspaces: dict[PurePosixPath, Workspace] = {}
        self._interpreter: Path | None = None
        self._scanning = 0

    def use_interpreter(self, path: str | None) -> None:
        """Take what is installed for an interpreter as what the user's scripts find."""
        self._interpreter = interpreter = Path(path) if path else None
        self._pool.submit(
            lambda: partial(self._take_environment, self._environment_of(interpreter)),
            failed=_do_nothing,
            overdue=_do_nothing,
        )

    def _environment_of(self, interpreter: Path | None) -> Environment | None:
        for workspace in self._workspaces.values():
            workspace.use_interpreter(interpreter)
        return environment_of(interpreter) if interpreter else None

    def _take_environment(self, environment: Environment | None) -> None:
        self._projects.set_environment(environment)
        self._recheck()

    def scan(self, roots: Iterable[PurePosixPath]) -> None:
        """Read folders as a whole; the user sees that it goes on."""
        roots = list(roots)
        self._scanning += len(roots)
        keep = self._projects.roots
        self._tell_status(StatusParams("scanning" if self._scanning else "ready"))
        for root in roots:
            self._pool.submit(
                lambda root=root: partial(self._finish_scan, root, self._scan(root, keep)),
                failed=partial(self._finish_scan, root, None),
                overdue=partial(self._finish_scan, root, None, f"{root} took too long to read."),
            )

    def reread(self, paths: Iterable[PurePosixPath]) -> None:
        """Read files again that changed, or that no editor holds any longer."""
        by_root: dict[PurePosixPath, list[PurePosixPath]] = {}
        for path in paths:
            by_root.setdefault(self._projects.root_of(path), []).append(path)
        by_root.pop(LOOSE, None)
        for root, changed in by_root.items():
            self._pool.submit(
                lambda root=root, changed=changed: partial(
                    self._replace, root, self._reread(root, changed)
                ),
                failed=_do_nothing,
                overdue=_do_nothing,
            )

    def _scan(self, root: PurePosixPath, keep: frozenset[PurePosixPath]) -> _Read:
        for gone in self._workspaces.keys() - keep:
            del self._workspaces[gone]
        workspace = self._workspaces[root] = Workspace(Path(root), interpreter=self._interpreter)
        workspace.scan()
        return _read(workspace)

    def _reread(self, root: PurePosixPath, paths: Iterable[PurePosixPath]) -> _Read:
        workspace = self._workspaces[root]
        workspace.notes.clear()
        for path in map(Path, paths):
            if workspace.covers(path):
                workspace.refresh(path)
        return _read(workspace)

    def _finish_scan(
        self, root: PurePosixPath, read: _Read | None, note: str | None = None
    ) -> None:
        self._scanning -= 1
        if read is not None:
            self._replace(root, read)
        if self._scanning == 0:
            self._tell_status(StatusParams("ready", note))

    def _replace(self, root: PurePosixPath, read: _Read) -> None:
        for note in read.notes:
            self._note(note)
        self._projects.replace(root, read.project)
        self._recheck()


def _read(workspace: Workspace) -> _Read:
    notes = [f"{note.path}: {note.message}" for note in workspace.notes]
    return _Read(workspace.project, notes)


def _do_nothing() -> None:
    """The files are known as they were; the pool has logged why."""
