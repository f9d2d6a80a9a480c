"""The user's settings, and what the workspace's own files say."""

from __future__ import annotations

from pathlib import Path

from lsp.client import Client, Start

COMMAND = "hf jobs uv run greet.py --flavor a10g-large\n"


def _open(client: Client, folder: Path) -> str:
    uri = (folder / "run.sh").as_uri()
    client.open(uri, COMMAND, "shellscript")
    return uri


def test_an_ignored_rule_is_silent_from_the_first_check_on(start: Start, folder: Path):
    client = start(settings={folder.as_uri(): {"ignore": ["flags-after-script"]}})
    client.initialize(folder)
    uri = _open(client, folder)
    client.wait_until_ready()
    assert client.codes(uri, 1) == []


def test_settings_take_effect_at_once(client: Client, folder: Path):
    uri = _open(client, folder)
    assert client.codes(uri) == ["flags-after-script"]
    for setting in ({"enable": False}, {"ignore": ["LCH001"]}):
        client.settings[folder.as_uri()] = setting
        client.notify("workspace/didChangeConfiguration", {"settings": None})
        assert client.codes(uri) == []
        client.settings.clear()
        client.notify("workspace/didChangeConfiguration", {"settings": None})
        assert client.codes(uri) == ["flags-after-script"]


def test_the_version_of_hf_decides_the_severity(start: Start, folder: Path):
    client = start(settings={folder.as_uri(): {"hfVersion": "0.36.0"}})
    client.initialize(folder)
    uri = _open(client, folder)
    assert [finding["severity"] for finding in client.diagnostics(uri)] == [1]
    client.settings[folder.as_uri()] = {"hfVersion": "2.4.0"}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    assert [finding["severity"] for finding in client.diagnostics(uri)] == [3]


def test_each_folder_has_its_own_settings(start: Start, tmp_path: Path):
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
    client = start(settings={second.as_uri(): {"ignore": ["flags-after-script"]}})
    client.initialize(first, second)
    client.wait_until_ready()
    assert client.codes(_open(client, first)) == ["flags-after-script"]
    assert client.codes(_open(client, second)) == []


def test_values_that_make_no_sense_are_left_out(start: Start, folder: Path):
    nonsense = {"ignore": "flags-after-script", "enable": "no", "hfVersion": 3}
    client = start(settings={folder.as_uri(): nonsense})
    client.initialize(folder)
    assert client.codes(_open(client, folder)) == ["flags-after-script"]


def test_a_projects_own_settings_count(start: Start, folder: Path):
    project = folder / "pyproject.toml"
    project.write_text('[tool.tunesmith]\nignore = ["flags-after-script"]\n')
    client = start()
    client.initialize(folder)
    client.wait_until_ready()
    uri = _open(client, folder)
    assert client.codes(uri) == []
    project.write_text("")
    event = {"uri": project.as_uri(), "type": 2}
    client.notify("workspace/didChangeWatchedFiles", {"changes": [event]})
    assert client.codes(uri) == ["flags-after-script"]
