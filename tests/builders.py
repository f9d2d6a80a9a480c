"""Projects and documents for tests, made of texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from tunesmith.project import FolderFacts, Project, Settings
from tunesmith.sources.document import Document, kind_of
from tunesmith.sources.understand import Understanding, understand

ROOT = PurePosixPath("/work")


def document(name: str, text: str) -> Document:
    path = ROOT / name
    kind = kind_of(path)
    assert kind is not None, f"{name} is no file that Tunesmith reads"
    return Document(path, kind, text)


def understood(name: str, text: str) -> Understanding:
    return understand(document(name, text), relevant=True)


def project(
    files: Mapping[str, str],
    settings: Settings | None = None,
    folders: Mapping[str, FolderFacts] | None = None,
) -> Project:
    texts = {ROOT / name: text for name, text in files.items()}
    made = Project(
        ROOT,
        stored_text=texts.get,
        stored_names=lambda folder: [path for path in texts if path.parent == folder],
        folders={ROOT / name: facts for name, facts in (folders or {}).items()},
        settings=settings or Settings(),
    )
    for path, text in texts.items():
        if kind_of(path):
            name = path.relative_to(ROOT).as_posix()
            made = made.with_file(path, understood(name, text).facts)
    return made
