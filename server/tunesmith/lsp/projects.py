"""The projects behind the open folders, with the text of open editors over that of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath

from tunesmith.project import Environment, Project, Settings
from tunesmith.sources.facts import FileFacts

LOOSE = PurePosixPath("/")
"""The root of the project that holds documents outside every open folder."""


@dataclass(frozen=True, slots=True)
class EditorSettings:
    """What a user has set in the editor for a folder."""

    is_enabled: bool = True
    shows_lenses: bool = True
    settings: Settings = field(default_factory=Settings)


_DEFAULT = EditorSettings()


class Projects:
    """One project for each open folder, and one for all other documents.

    Documents outside every folder see only each other: a lone file's folder may be the user's
    home, which nobody asked to have read.
    """

    def __init__(self) -> None:
        self._environment: Environment | None = None
        self._projects = {LOOSE: Project(LOOSE, today=date.today())}
        self._editor: Mapping[PurePosixPath, EditorSettings] = {}
        self._open: dict[PurePosixPath, FileFacts] = {}

    @property
    def roots(self) -> frozenset[PurePosixPath]:
        """The open folders."""
        return frozenset(self._projects) - {LOOSE}

    def set_roots(self, roots: Iterable[PurePosixPath]) -> frozenset[PurePosixPath]:
        """Make these the open folders; returns those that are new, about which nothing is known."""
        wanted = frozenset(roots)
        new = wanted - self.roots
        for root in self.roots - wanted:
            del self._projects[root]
        for root in new:
            self._projects[root] = Project(
                root,
                settings=self._settings(root).settings,
                environment=self._environment,
                today=date.today(),
            )
        self._place_open_files()
        return new

    def set_editor_settings(self, editor: Mapping[PurePosixPath, EditorSettings]) -> None:
        """Apply the editor's settings, by root; those of `/` are for documents in no folder."""
        self._editor = editor
        for root, project in self._projects.items():
            self._projects[root] = project._replace(settings=self._settings(root).settings)

    def set_environment(self, environment: Environment | None) -> None:
        """Apply what is installed for the interpreter that the user selected."""
        self._environment = environment
        for root, project in self._projects.items():
            self._projects[root] = project._replace(environment=environment, today=date.today())

    def replace(self, root: PurePosixPath, project: Project) -> None:
        """Put what was read from disk in the place of what was known of a folder, if it is open."""
        if root in self._projects:
            self._projects[root] = project._replace(settings=self._settings(root).settings)
            self._place_open_files()

    def project_for(self, path: PurePosixPath) -> Project | None:
        """The project of a document; None where checking is switched off."""
        root = self.root_of(path)
        return self._projects[root] if self._settings(root).is_enabled else None

    def shows_lenses(self, path: PurePosixPath) -> bool:
        """Whether estimates are to be shown above the trainers of a document."""
        return self._settings(self.root_of(path)).shows_lenses

    def root_of(self, path: PurePosixPath) -> PurePosixPath:
        """The innermost open folder that holds a path; `/` if there is none."""
        return next((parent for parent in path.parents if parent in self._projects), LOOSE)

    def opened(self, path: PurePosixPath, facts: FileFacts) -> frozenset[PurePosixPath]:
        """Take the text of an editor for a file's; returns the files that this may affect."""
        self._open[path] = facts
        return self._change(path, facts)

    def closed(self, path: PurePosixPath) -> frozenset[PurePosixPath]:
        """Forget the text of an editor; returns the files that this may affect.

        In an open folder it counts on until the file is read again.
        """
        self._open.pop(path, None)
        return self._change(path, None) if self.root_of(path) == LOOSE else frozenset()

    def _change(self, path: PurePosixPath, facts: FileFacts | None) -> frozenset[PurePosixPath]:
        root = self.root_of(path)
        before = self._projects[root]
        if before.files.get(path) == facts:
            return frozenset()
        after = self._projects[root] = before.with_file(path, facts)
        return before.affected_by(path) | after.affected_by(path)

    def _settings(self, root: PurePosixPath) -> EditorSettings:
        return self._editor.get(root, _DEFAULT)

    def _place_open_files(self) -> None:
        by_root = {path: self.root_of(path) for path in self._open}
        loose = {path: self._open[path] for path, root in by_root.items() if root == LOOSE}
        self._projects[LOOSE] = self._projects[LOOSE]._replace(files=loose)
        for path, root in by_root.items():
            if root != LOOSE:
                self._projects[root] = self._projects[root].with_file(path, self._open[path])
