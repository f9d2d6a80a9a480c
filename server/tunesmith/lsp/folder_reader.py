"""Reads the open folders from disk, on a thread of its own, and keeps the projects up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path, PurePosixPath

from tunesmith.folder_facts import says_something
from tunesmith.lsp.pool import WorkerPool
from tunesmith.lsp.projects import LOOSE, Projects
from tunesmith.lsp.protocol import StatusParams
from tunesmith.project import Project
from tunesmith.workspace import Workspace

SCAN_LIMIT = 300.0
"""Seconds after which the reading of a folder is given up."""


class FolderReader:
    """Scans folders, and reads files again when they change on disk.

    Args:
        pool: one thread, which alone touches the workspaces.
        projects: told what was read.
        recheck: checks the open documents again.
        tell_status: tells the user whether a scan is under way.
    """

    def __init__(
        self,
        pool: WorkerPool,
        projects: Projects,
        recheck: Callable[[], None],
        tell_status: Callable[[StatusParams], None],
    ) -> None:
        self._pool = pool
        self._projects = projects
        self._recheck = recheck
        self._tell_status = tell_status
        self._workspaces: dict[PurePosixPath, Workspace] = {}
        self._pending = 0

    def scan(self, roots: Iterable[PurePosixPath]) -> None:
        """Read folders as a whole."""
        for root in roots:
            self._submit(root, partial(self._scan, root))
        if self._pending == 0:
            self._tell_status(StatusParams("ready"))

    def reread(self, paths: Iterable[PurePosixPath]) -> None:
        """Read files again that changed, or that no editor holds any longer."""
        by_root: dict[PurePosixPath, list[PurePosixPath]] = {}
        for path in paths:
            by_root.setdefault(self._projects.root_of(path), []).append(path)
        for root, changed in by_root.items():
            if root != LOOSE:
                self._submit(root, partial(self._reread, root, changed))

    def _submit(self, root: PurePosixPath, read: Callable[[], Project]) -> None:
        if self._pending == 0:
            self._tell_status(StatusParams("scanning"))
        self._pending += 1
        self._pool.submit(
            lambda: partial(self._finish, root, read()),
            failed=partial(self._finish, root, None),
            overdue=partial(self._finish, root, None, f"{root} took too long to read."),
        )

    def _scan(self, root: PurePosixPath) -> Project:
        workspace = self._workspaces[root] = Workspace(Path(root))
        return workspace.scan()

    def _reread(self, root: PurePosixPath, paths: Iterable[PurePosixPath]) -> Project:
        workspace = self._workspaces[root]
        if any(says_something(path.name) for path in paths):
            return workspace.scan()
        for path in paths:
            workspace.update(Path(path), None)
        return workspace.project

    def _finish(
        self, root: PurePosixPath, project: Project | None, note: str | None = None
    ) -> None:
        self._pending -= 1
        if project is not None:
            self._projects.replace(root, project)
            self._recheck()
        if self._pending == 0:
            self._tell_status(StatusParams("ready", note))
