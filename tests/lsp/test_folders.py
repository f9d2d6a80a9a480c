"""Files on disk, and the projects of open folders."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from lsp.client import Client, Start
from tunesmith.lsp.projects import LOOSE, EditorSettings, Projects
from tunesmith.project import Project, Settings
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.facts import FileFacts
from tunesmith.sources.understand import understand

LOGIN = "from huggingface_hub import login\nlogin()\n"
RUN = "hf jobs uv run train.py\n"


def _facts(path: str, text: str = RUN) -> FileFacts:
    return understand(Document(PurePosixPath(path), Kind.SHELL, text)).facts


def _project(projects: Projects, path: str) -> Project:
    project = projects.project_for(PurePosixPath(path))
    assert project
    return project


def test_a_document_belongs_to_the_innermost_folder():
    projects = Projects()
    projects.set_roots([PurePosixPath("/w"), PurePosixPath("/w/inner")])
    assert _project(projects, "/w/a.py").root == PurePosixPath("/w")
    assert _project(projects, "/w/inner/b/a.py").root == PurePosixPath("/w/inner")
    assert _project(projects, "/elsewhere/a.py").root == LOOSE


def test_only_new_folders_need_to_be_read():
    projects = Projects()
    first, second = PurePosixPath("/a"), PurePosixPath("/b")
    assert projects.set_roots([first]) == {first}
    assert projects.set_roots([first, second]) == {second}
    assert projects.set_roots([second]) == frozenset()
    assert projects.roots == {second}


def test_an_editors_text_goes_before_what_was_read():
    projects = Projects()
    root, path = PurePosixPath("/w"), PurePosixPath("/w/run.sh")
    projects.set_roots([root])
    facts = _facts("/w/run.sh")
    projects.opened(path, facts)
    projects.replace(root, Project(root, files={path: FileFacts()}))
    assert _project(projects, "/w/run.sh").files[path] is facts
    projects.closed(path)
    projects.replace(root, Project(root, files={path: FileFacts()}))
    assert _project(projects, "/w/run.sh").files[path] == FileFacts()


def test_only_a_change_of_what_others_see_affects_others():
    projects = Projects()
    root, run, train = (PurePosixPath(path) for path in ("/w", "/w/run.sh", "/w/train.py"))
    projects.set_roots([root])
    projects.replace(root, Project(root, files={train: FileFacts()}))
    assert projects.opened(run, _facts("/w/run.sh")) == {train}
    assert projects.opened(run, _facts("/w/run.sh")) == frozenset()
    assert projects.opened(run, _facts("/w/run.sh", "echo\n")) == {train}


def test_open_documents_follow_their_folder():
    projects = Projects()
    root, path = PurePosixPath("/w"), PurePosixPath("/w/run.sh")
    facts = _facts("/w/run.sh")
    projects.opened(path, facts)
    assert _project(projects, "/w/run.sh").files == {path: facts}
    projects.set_roots([root])
    assert _project(projects, "/w/run.sh").files == {path: facts}
    assert _project(projects, "/other.sh").files == {}
    projects.set_roots([])
    assert _project(projects, "/w/run.sh").files == {path: facts}


def test_the_editors_settings_belong_to_folders():
    projects = Projects()
    root = PurePosixPath("/w")
    projects.set_roots([root])
    ignoring = EditorSettings(settings=Settings(ignore=frozenset({"a-rule"})))
    projects.set_editor_settings({root: ignoring, LOOSE: EditorSettings(is_enabled=False)})
    projects.replace(root, Project(root))
    assert _project(projects, "/w/a.py").settings.ignore == {"a-rule"}
    assert projects.project_for(PurePosixPath("/a.py")) is None


@pytest.fixture
def script(client: Client, folder: Path) -> str:
    uri = (folder / "train.py").as_uri()
    client.open(uri, LOGIN)
    assert client.codes(uri) == []
    return uri


def _tell(client: Client, path: Path, kind: int) -> None:
    event = {"uri": path.as_uri(), "type": kind}
    client.notify("workspace/didChangeWatchedFiles", {"changes": [event]})


def test_files_that_appear_and_go_count(client: Client, folder: Path, script: str):
    command = folder / "jobs" / "run.sh"
    command.parent.mkdir()
    command.write_text("cd .. && " + RUN)
    _tell(client, command, 1)
    assert client.codes(script) == ["missing-header", "login-call"]
    command.unlink()
    _tell(client, command, 3)
    assert client.codes(script) == []


def test_files_in_environments_do_not_count(client: Client, folder: Path, script: str):
    for name in (".venv/run.sh", "node_modules/run.sh"):
        ignored = folder / name
        ignored.parent.mkdir()
        ignored.write_text(RUN)
        _tell(client, ignored, 1)
    client.change(script, 2, {"text": LOGIN + "#"})
    assert client.codes(script, 2) == []
    command = folder / "run.sh"
    command.write_text(RUN)
    _tell(client, command, 1)
    assert client.codes(script) == ["missing-header", "login-call"]


def test_a_closed_document_counts_as_it_is_on_disk(client: Client, folder: Path, script: str):
    command = folder / "run.sh"
    command.write_text("echo\n")
    client.open(command.as_uri(), RUN, "shellscript")
    assert client.codes(script) == ["missing-header", "login-call"]
    client.close_document(command.as_uri())
    assert client.codes(script) == []


def test_the_user_is_told_of_settings_that_cannot_be_used(client: Client, folder: Path):
    project = folder / "pyproject.toml"
    project.write_text("[tool.tunesmith]\nignored = []\n")
    _tell(client, project, 1)
    note = client.wait_for(lambda message: message.get("method") == "window/logMessage")
    assert "pyproject.toml" in note["params"]["message"]
    assert "ignored" in note["params"]["message"]


MISPLACED = "from trl import SFTTrainer\nSFTTrainer('m', model_init_kwargs={})\n"


def _environment(root: Path, release: str) -> Path:
    inside = "Lib/site-packages" if os.name == "nt" else "lib/python3.11/site-packages"
    (root / inside / f"trl-{release}.dist-info").mkdir(parents=True)
    return root / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def test_the_selected_interpreter_tells_what_is_installed(
    start: Start, folder: Path, tmp_path: Path
):
    old, new = _environment(tmp_path / "old", "0.12.2"), _environment(tmp_path / "new", "1.0.0")
    inside, loose = folder / "train.py", tmp_path / "loose.py"
    inside.write_text(MISPLACED)
    client = start()
    client.initialize(folder, interpreter=str(old))
    client.wait_until_ready()
    for path in (inside, loose):
        client.open(path.as_uri(), MISPLACED, "python")
        assert client.codes(path.as_uri(), 1) == []
    client.notify("tunesmith/interpreter", {"path": str(new)})
    for path in (inside, loose):
        (finding,) = client.diagnostics(path.as_uri())
        assert "TRL 1.0.0" in finding["message"]
