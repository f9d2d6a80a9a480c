"""`tunesmith check`: from paths to findings, fixes and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from tunesmith import files
from tunesmith.errors import internal_error
from tunesmith.files import BinaryFileError, UnreadableFileError, UnwritableFileError
from tunesmith.folder_facts import Note
from tunesmith.lint import engine
from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.rule import SAFE, UNSAFE, Rule, Severity
from tunesmith.named_tuple import NamedTuple
from tunesmith.output.result import Result, shown_path
from tunesmith.platform import active_interpreter
from tunesmith.project import Settings
from tunesmith.sources.document import MAX_CHARACTERS, Document
from tunesmith.sources.understand import Understanding
from tunesmith.walk import find_root, walk
from tunesmith.workspace import Workspace

_STDIN = "-"
_STDIN_NAME = "stdin.py"


class CheckOptions(NamedTuple):
    """What the user asked for; the fields are the options of `tunesmith check`."""

    paths: Sequence[str]
    stdin_filename: str | None = None
    output_format: str = "text"
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    hub_version: str | None = None
    fail_on: str = "warning"
    ignore: Sequence[str] = ()

    def mistake(self) -> str | None:
        """What is wrong with them, if something is."""
        if self.hub_version is not None or self.ignore:
            from tunesmith.folder_settings import is_version, unknown_rule  # few runs set anything

            if self.hub_version is not None and not is_version(self.hub_version):
                return f"--hf-version {self.hub_version!r} is no version; write one such as 1.3.0"
            unknown = next(filter(None, map(unknown_rule, self.ignore)), None)
            if unknown:
                return f"--ignore: {unknown}"
        if _STDIN in self.paths and len(self.paths) > 1:
            return "- stands for stdin and cannot be combined with other paths"
        if self.stdin_filename and _STDIN not in self.paths:
            return "--stdin-filename needs - as the path"
        return None


def run_check(options: CheckOptions) -> int:
    """Check, print, and return the exit status."""
    mistake = options.mistake()
    if mistake:
        _complain(f"tunesmith: {mistake}")
        return 2
    run = _Run(options)
    run.check()
    run.show()
    return run.status


class _Target(NamedTuple):
    """A file to check: its name for the user, and whether the user named it."""

    path: Path
    name: str
    is_named: bool


class _Run:
    def __init__(self, options: CheckOptions) -> None:
        self.options = options
        self.results: list[Result] = []
        self.diffs: list[str] = []
        self.fixed = 0
        self.has_errors = False
        self.workspaces: dict[Path, Workspace] = {}
        self.told: set[Note] = set()

    def check(self) -> None:
        """Check every target once."""
        if self.options.paths == [_STDIN]:
            self._guarded(self.options.stdin_filename or _STDIN_NAME, self._check_stdin)
            return
        done: set[Path] = set()
        for target in self._targets():
            if target.path not in done:
                done.add(target.path)
                self._guarded(target.name, partial(self._check_file, target))

    def show(self) -> None:
        """Print what was found; where a diff or a fixed text is the output, to standard error."""
        from tunesmith.output.text_format import TextFormat, summary

        is_output_taken = bool(self.options.diff or self._is_stdin_fix)
        out = sys.stderr if is_output_taken else sys.stdout
        if self.diffs:
            print("\n".join(self.diffs))
        if self.options.output_format == "json":
            from tunesmith.output.json_format import render_json

            print(render_json(self.results), file=out)
            return
        if not self.options.diff:
            text = TextFormat(_wants_colour(out), self.options.unsafe_fixes)
            for result in self.results:
                for line in text.render(result):
                    print(line, file=out)
        if self.results or not self.has_errors:
            print(summary(self.results, 0 if self.options.diff else self.fixed), file=out)

    @property
    def status(self) -> int:
        if self.has_errors:
            return 2
        fail_on = Severity[self.options.fail_on.upper()]
        return int(any(f.severity >= fail_on for result in self.results for f in result.findings))

    @property
    def _is_stdin_fix(self) -> bool:
        return self.options.fix and not self.options.diff and _STDIN in self.options.paths

    def _targets(self) -> Iterator[_Target]:
        for name in self.options.paths:
            path = Path(os.path.abspath(name))  # noqa: PTH100 - keeps symlinks
            if os.path.isdir(path):  # noqa: PTH112 - pathlib raises for overlong names
                yield from self._files_below(path)
            elif os.path.lexists(path):
                yield _Target(path, shown_path(path), is_named=True)
            else:
                self._fail(name, "there is no such file or folder")

    def _files_below(self, folder: Path) -> Iterator[_Target]:
        if not os.access(folder, os.R_OK | os.X_OK):
            self._fail(shown_path(folder), "this folder cannot be read: permission denied")
            return
        workspace = self._workspace(folder)
        found = [path for path in workspace.files if path.is_relative_to(folder)]
        if not found and folder != workspace.root:  # a folder that the workspace leaves out
            found = [f.path / name for f in walk(folder, (), self._tell) for name in f.names]
        for path in found:
            yield _Target(path, shown_path(path), is_named=False)

    def _workspace(self, path: Path) -> Workspace:
        root = find_root(path)
        if root not in self.workspaces:
            settings = Settings(ignore=frozenset(self.options.ignore))
            workspace = Workspace(
                root,
                settings,
                hub_version=self.options.hub_version,
                keep=True,
                interpreter=active_interpreter(),
            )
            self.workspaces[root] = workspace
            workspace.scan()
        workspace = self.workspaces[root]
        for note in workspace.notes:
            concerns = note.path.is_relative_to(path) or path.is_relative_to(note.path.parent)
            if concerns and note not in self.told:
                self.told.add(note)
                self._tell(note)
        return workspace

    def _guarded(self, name: str, check: Callable[[], None]) -> None:
        """Check a file; a bug of ours in one file must not hide what is found in the others."""
        try:
            check()
        except Exception as error:
            self._fail(name, internal_error(error))

    def _check_file(self, target: _Target) -> None:
        workspace = self._workspace(target.path)
        try:
            known = self._understand(workspace, target)
        except BinaryFileError as error:
            if target.is_named:
                self._fail(target.name, str(error))
            return
        except UnreadableFileError as error:
            self._cannot_read(target, str(error))
            return
        if known.unreadable and not _is_judged(known, workspace):
            self._cannot_read(target, known.unreadable)
        document = known.document
        if self.options.fix or self.options.diff:
            after = self._fixed(workspace, target, known)
            if after is not document:
                document = self._take(workspace, target, document, after)
        self._add(workspace, target, document)

    def _understand(self, workspace: Workspace, target: _Target) -> Understanding:
        if target.is_named and target.path not in workspace.files:
            workspace.update(target.path, files.read_document(target.path))
        return workspace.understanding(target.path)

    def _add(self, workspace: Workspace, target: _Target, document: Document) -> None:
        known = workspace.understand(document)
        self.results.append(Result(target.name, document, self._findings(workspace, target, known)))

    def _findings(
        self, workspace: Workspace, target: _Target, known: Understanding
    ) -> Sequence[Diagnostic]:
        def on_failure(rule: Rule, error: Exception) -> None:
            self._fail(target.name, f"rule {rule.name}: {internal_error(error)}")

        return engine.check(known, workspace.project, on_failure=on_failure)

    def _fixed(self, workspace: Workspace, target: _Target, known: Understanding) -> Document:
        """The document after all fixes; the same one where nothing changes."""
        from tunesmith.lint.fixes import fix_all

        allowed = (SAFE, UNSAFE) if self.options.unsafe_fixes else (SAFE,)

        def check(document: Document) -> Sequence[Diagnostic]:
            return self._findings(workspace, target, workspace.understand(document))

        after, count = fix_all(known.document, check, allowed)
        if not count:
            return known.document
        if not known.unreadable and workspace.understand(after).unreadable:
            self._fail(target.name, _why_not_fixed(after))
            return known.document
        self.fixed += count
        return after

    def _take(
        self, workspace: Workspace, target: _Target, before: Document, after: Document
    ) -> Document:
        """Show or write a changed document; returns the one that holds now."""
        if self.options.diff:
            from tunesmith.output.diff_format import render_diff

            self.diffs += render_diff(target.name, before, after)
            return before
        try:
            files.write_document(target.path, before, after)
        except UnwritableFileError as error:
            self._fail(target.name, f"not fixed: {error}")
            return before
        workspace.update(target.path, after)
        return after

    def _check_stdin(self) -> None:
        name = self.options.stdin_filename or _STDIN_NAME
        path = Path(os.path.abspath(name))  # noqa: PTH100 - keeps symlinks
        data = sys.stdin.buffer.read(files.MAX_NOTEBOOK_BYTES)
        target = _Target(path, name, is_named=True)
        workspace = self._workspace(path)
        try:
            document = files.document_of(path, data)
        except UnreadableFileError as error:
            self._fail(name, str(error))
            return
        workspace.update(path, document)
        known = workspace.understand(document)
        if known.unreadable:
            self._fail(name, known.unreadable)
        after = document
        if self.options.fix or self.options.diff:
            after = self._fixed(workspace, target, known)
        if self._is_stdin_fix:
            sys.stdout.buffer.write(files.changed_bytes(data, document, after))
            document = after
        elif after is not document:
            document = self._take(workspace, target, document, after)
        self._add(workspace, target, document)

    def _cannot_read(self, target: _Target, reason: str) -> None:
        """A file that was named must be readable; one that was come across is left out."""
        if target.is_named:
            self._fail(target.name, reason)
        else:
            self._tell(Note(target.path, f"not checked: {reason}"))

    def _fail(self, name: str, message: str) -> None:
        self.has_errors = True
        _complain(f"{name}: error: {message}")

    def _tell(self, note: Note) -> None:
        _complain(f"{shown_path(note.path)}: warning: {note.message}")


def _why_not_fixed(after: Document) -> str:
    if after.code_length > MAX_CHARACTERS:
        return (
            f"not fixed: it would have {after.code_length:,} characters, and files over "
            f"{MAX_CHARACTERS:,} are not checked; split it first"
        )
    return "a fix would break this file, so none is made; please report it"


def _is_judged(known: Understanding, workspace: Workspace) -> bool:
    """Whether a rule speaks of code that does not parse."""
    from tunesmith.lint.dependencies import is_run_by_uv  # loads much that few files need

    return known.broken is not None and is_run_by_uv(known.broken, workspace.project)


def _complain(line: str) -> None:
    from tunesmith.output.text_format import printable

    print(printable(line), file=sys.stderr)


def _wants_colour(out: object) -> bool:
    is_terminal = bool(getattr(out, "isatty", lambda: False)())
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
