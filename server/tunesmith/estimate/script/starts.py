"""How a script is started: by jobs, else by commands in its text and in the files beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from tunesmith.project import Project
from tunesmith.sources.document import Document, Kind, kind_of
from tunesmith.sources.launches import Launch
from tunesmith.sources.plain_launches import find_plain_launches
from tunesmith.sources.python_script import PythonScript

MOST_LAUNCHES = 5
_MOST_FILES = 40
_KINDS = (Kind.SHELL, Kind.MARKDOWN, Kind.MAKEFILE, Kind.JUSTFILE)


def starts_of(script: PythonScript, project: Project) -> Sequence[Launch]:
    """The starts of a script that are known, each once.

    Commands that are no jobs count only where nothing says that it runs as one: what they pass
    holds on another machine.
    """
    jobs = project.launches_of(script.path)[:MOST_LAUNCHES]
    if jobs or project.runs_as_job(script.path):
        return jobs
    return list(islice(_plain(script, project), MOST_LAUNCHES))


def _plain(script: PythonScript, project: Project) -> Iterator[Launch]:
    seen: set[tuple[str | None, ...]] = set()
    for document, own in _documents(script, project):
        for found in find_plain_launches(document, own):
            launch = found.launch
            if found.method or not _starts(launch, script, project, found.hint):
                continue
            words = (*launch.launcher, *(launch.arguments or ()))
            told = tuple(word.text for word in words)
            if told not in seen:
                seen.add(told)
                yield launch


def _documents(
    script: PythonScript, project: Project
) -> Iterator[tuple[Document, PythonScript | None]]:
    yield script.document, script
    for path in islice(project.files_beside(script.path), _MOST_FILES):
        kind = kind_of(path)
        text = project.stored_text(path) if kind in _KINDS else None
        if kind and text and script.path.name in text:
            yield Document(path, kind, text), None


def _starts(launch: Launch, script: PythonScript, project: Project, hint: str | None) -> bool:
    if launch.path == script.path:
        return launch.script.rpartition("/")[2] == script.path.name
    return project.names(launch.script, launch.path, hint) == script.path
