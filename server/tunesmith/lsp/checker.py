"""From a change of a document to its diagnostics.

Everything here runs on the event loop, except `_check`, which runs on a worker thread and is
handed immutable values. A document has at most one check under way; what a newer revision made
stale is dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath

from tunesmith.lint import engine
from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.rule import Rule
from tunesmith.lsp.documents import OpenDocument
from tunesmith.lsp.last_good import with_last_good
from tunesmith.lsp.moves import moved
from tunesmith.lsp.pool import WorkerPool
from tunesmith.lsp.projects import Projects
from tunesmith.project import Project
from tunesmith.sources.document import Document
from tunesmith.sources.understand import Understanding, understand
from tunesmith.text import Edit

_log = logging.getLogger(__name__)

TIME_LIMIT = 10.0
"""Seconds after which a check is abandoned."""

Publish = Callable[[OpenDocument, Sequence[Diagnostic]], None]


@dataclass(frozen=True)
class _Result:
    """What a check found, and what of it serves the next check of the same text."""

    understanding: Understanding
    findings: Sequence[Diagnostic]


@dataclass(eq=False)
class _State:
    """What is known of an open document. `findings` always fit the text of `opened`."""

    opened: OpenDocument
    findings: Sequence[Diagnostic] = ()
    understanding: Understanding | None = None
    is_new: bool = True
    timer: asyncio.TimerHandle | None = None
    is_running: bool = False
    must_run_again: bool = False
    waiters: list[asyncio.Future[None]] = field(default_factory=list[asyncio.Future[None]])

    @property
    def is_settled(self) -> bool:
        return self.timer is None and not self.is_running


class Checker:
    """Checks open documents and publishes what it finds.

    Args:
        loop: the event loop, where every method must be called.
        pool: where checks run; it gives up those that take longer than TIME_LIMIT.
        projects: the projects that the documents belong to.
        publish: sends findings to the editor.
        note: tells the user something, once.
        rechecked: told after a check of a text that was checked before.
        debounce: seconds of quiet before a changed document is checked.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        pool: WorkerPool,
        projects: Projects,
        publish: Publish,
        note: Callable[[str], None],
        rechecked: Callable[[], None],
        *,
        debounce: float,
    ) -> None:
        self._loop = loop
        self._pool = pool
        self._projects = projects
        self._publish = publish
        self._note = note
        self._rechecked = rechecked
        self._debounce = debounce
        self._states: dict[str, _State] = {}
        self._is_held = True

    def release(self) -> None:
        """Begin to check: the settings are known now."""
        if self._is_held:
            self._is_held = False
            self.recheck_all()

    def opened(self, opened: OpenDocument) -> None:
        """Check a document at once."""
        state = self._states[opened.uri] = _State(opened)
        self._schedule(state, 0)

    def changed(self, opened: OpenDocument, edits: Iterable[Edit]) -> None:
        """Check a document after a moment of quiet; its findings move with the edits."""
        state = self._states[opened.uri]
        state.findings = moved(state.findings, edits)
        state.opened = opened
        state.understanding = None
        self._schedule(state, self._debounce)

    def closed(self, opened: OpenDocument) -> None:
        """Forget a document."""
        state = self._states.pop(opened.uri)
        if state.timer:
            state.timer.cancel()
        _release(state)
        self.recheck(self._projects.closed(opened.path))

    def findings(self, opened: OpenDocument) -> Sequence[Diagnostic]:
        """The findings of a document as it stands now."""
        return self._states[opened.uri].findings

    def understanding(self, opened: OpenDocument) -> Understanding | None:
        """What a document means; None while it is not checked as it stands now."""
        return self._states[opened.uri].understanding

    def recheck(self, paths: Iterable[PurePosixPath]) -> None:
        """Check documents whose text is the same, but not what they are checked against."""
        wanted = frozenset(paths)
        for state in list(self._states.values()):
            if state.opened.path in wanted:
                self._schedule(state, 0)

    def recheck_all(self) -> None:
        """Check every open document."""
        self.recheck([state.opened.path for state in self._states.values()])

    async def settled(self, uri: str, timeout: float) -> None:
        """Wait until a document's findings are those of its present text; seconds at most."""
        state = self._states.get(uri)
        if state is None or state.is_settled:
            return
        if state.timer:
            self._schedule(state, 0)
        waiter: asyncio.Future[None] = self._loop.create_future()
        state.waiters.append(waiter)
        await asyncio.wait([waiter], timeout=timeout)

    def _schedule(self, state: _State, delay: float) -> None:
        if state.timer:
            state.timer.cancel()
        state.timer = self._loop.call_later(delay, self._start, state)

    def _start(self, state: _State) -> None:
        state.timer = None
        if self._is_held:
            return
        if state.is_running:
            state.must_run_again = True
            return
        opened, path = state.opened, state.opened.path
        project = self._projects.project_for(path)
        if project is None:
            self._land_nothing(state)
            return
        state.is_running = True
        known = state.understanding
        self._pool.submit(
            lambda: partial(self._finish, state, opened, _check(opened.document, known, project)),
            failed=partial(self._finish, state, opened, None),
            overdue=partial(self._abandon, state, opened),
        )

    def _land_nothing(self, state: _State) -> None:
        state.findings = ()
        self._publish(state.opened, ())
        self._rechecked()
        _release(state)

    def _abandon(self, state: _State, opened: OpenDocument) -> None:
        self._note(
            f"Checking {opened.path.name} took more than {TIME_LIMIT:g} seconds and was given up. "
            "The document is checked again when it changes."
        )
        self._finish(state, opened, None)

    def _finish(self, state: _State, opened: OpenDocument, result: _Result | None) -> None:
        state.is_running = False
        if self._states.get(opened.uri) is not state:
            return
        if result and state.opened is opened:
            self._land(state, result)
        if state.must_run_again:
            state.must_run_again = False
            self._schedule(state, 0)
        if state.is_settled:
            _release(state)

    def _land(self, state: _State, result: _Result) -> None:
        if state.understanding:
            self._rechecked()
        understanding = state.understanding = result.understanding
        if understanding.unreadable is not None and state.is_new:
            self._note(f"{state.opened.path}: {understanding.unreadable}")
        state.is_new = False
        state.findings = with_last_good(state.findings, understanding, result.findings)
        self._publish(state.opened, state.findings)
        if understanding.unreadable is None:
            self.recheck(self._projects.opened(state.opened.path, understanding.facts))


def _check(document: Document, known: Understanding | None, project: Project) -> _Result:
    """Runs on a worker thread."""
    is_launched = bool(project.launches_of(document.path))
    if known is None or (is_launched and not any(True for _ in known.sources)):
        known = understand(document, relevant=True if is_launched else None)
    if known.unreadable is None and project.files.get(document.path) != known.facts:
        project = project.with_file(document.path, known.facts)
    settled = known._replace(broken=None)  # code is broken most of the time that it is typed
    return _Result(known, engine.check(settled, project, on_failure=_log_failure))


def _log_failure(rule: Rule, error: Exception) -> None:
    _log.error("rule %s failed", rule.name, exc_info=error)


def _release(state: _State) -> None:
    waiters, state.waiters = state.waiters, []
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
