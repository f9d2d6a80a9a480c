"""From a keystroke to diagnostics, through a real server process."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp.client import Client, Start, edit

COMMAND = "hf jobs uv run greet.py --flavor a10g-large\n"
FLAG = {"start": {"line": 0, "character": 24}, "end": {"line": 0, "character": 43}}
KWARGS = "trainer = SFTTrainer(model='m', model_init_kwargs={'dtype': 'auto'})\n"
TRAIN = "from trl import SFTTrainer\n" + KWARGS


def test_a_finding_has_a_place_a_rule_and_a_link(client: Client, folder: Path):
    uri = (folder / "run.sh").as_uri()
    client.open(uri, COMMAND, "shellscript")
    (finding,) = client.diagnostics(uri, 1)
    assert finding["code"] == "flags-after-script"
    assert finding["range"] == FLAG
    assert finding["source"] == "tunesmith"
    assert finding["severity"] in (1, 2)
    assert finding["codeDescription"]["href"].startswith("https://")
    assert "flags-after-script" in finding["codeDescription"]["href"]
    assert "--flavor" in finding["message"]


def test_a_python_script_is_checked(client: Client, folder: Path):
    uri = (folder / "train.py").as_uri()
    client.open(uri, TRAIN)
    (finding,) = client.diagnostics(uri, 1)
    assert finding["code"] == "misplaced-model-init-kwargs"
    assert finding["range"]["start"]["line"] == 1


def test_every_version_gets_its_own_diagnostics(client: Client, folder: Path):
    uri = (folder / "run.sh").as_uri()
    client.open(uri, COMMAND, "shellscript")
    assert client.codes(uri, 1) == ["flags-after-script"]
    client.change(uri, 2, edit((0, 23), (0, 43), ""))
    assert client.codes(uri, 2) == []
    client.change(uri, 3, edit((0, 23), (0, 23), " --flavor t4-small"))
    assert client.codes(uri, 3) == ["flags-after-script"]


def test_only_the_last_of_many_quick_edits_is_checked(start: Start, folder: Path):
    client = start()
    client.initialize(folder, debounce=0.5)
    uri = (folder / "run.sh").as_uri()
    client.open(uri, "echo\n", "shellscript")
    client.diagnostics(uri, 1)
    for version, character in enumerate("hf jobs uv run a.py --flavor x", start=2):
        column = version - 2
        client.change(uri, version, edit((0, column), (0, column), character))
    assert client.codes(uri, version) == ["flags-after-script"]
    published = [m for m in client.received if m.get("method", "").endswith("publishDiagnostics")]
    versions = [m["params"]["version"] for m in published if m["params"]["uri"] == uri]
    assert [v for v in versions if v > 1] == [version]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_positions_count_utf16_units_and_all_line_breaks(
    client: Client, folder: Path, line_break: str
):
    uri = (folder / "notes.md").as_uri()
    text = "# 🚀🚀 \f \u2028 title\n\n```bash\n: '😀'; hf jobs uv run a.py --flavor x\n```\n"
    client.open(uri, text.replace("\n", line_break), "markdown")
    (finding,) = client.diagnostics(uri, 1)
    assert finding["range"]["start"] == {"line": 3, "character": 28}
    client.change(uri, 2, edit((3, 3), (3, 5), "😀😀"), edit((0, 2), (0, 4), ""))
    (finding,) = client.diagnostics(uri, 2)
    assert finding["range"]["start"] == {"line": 3, "character": 30}


def test_code_that_does_not_parse_keeps_its_findings_and_they_move(client: Client, folder: Path):
    uri = (folder / "train.py").as_uri()
    client.open(uri, TRAIN)
    (before,) = client.diagnostics(uri, 1)
    client.change(uri, 2, edit((0, 0), (0, 0), "def broken(:\n    pass\n"))
    (after,) = client.diagnostics(uri, 2)
    assert after["code"] == before["code"]
    assert after["range"]["start"] == {
        "line": 3,
        "character": before["range"]["start"]["character"],
    }
    client.change(uri, 3, edit((0, 0), (2, 0), ""), edit((1, 0), (1, 0), "# fine again\n"))
    (healed,) = client.diagnostics(uri, 3)
    assert healed["range"]["start"]["line"] == 2


def test_enter_at_the_end_of_a_function_changes_nothing(client: Client, folder: Path):
    uri = (folder / "train.py").as_uri()
    client.open(uri, "from trl import SFTTrainer\ndef f():\n    " + KWARGS)
    assert client.codes(uri, 1) == ["misplaced-model-init-kwargs"]
    for version in (2, 3):
        client.change(uri, version, edit((99, 0), (99, 0), "    \n    "))
        assert client.codes(uri, version) == ["misplaced-model-init-kwargs"]


def test_a_header_is_checked_while_the_code_below_is_broken(client: Client, folder: Path):
    uri = (folder / "train.py").as_uri()
    header = '# /// script\n# dependencies = ["flash-attn", "trl"]\n# [tool.hf-jobs]\n# ///\n'
    client.open(uri, header + "import trl\n")
    assert "flash-attn-under-uv" in client.codes(uri, 1)
    client.change(uri, 2, edit((4, 0), (5, 0), "import trl (\n"))
    assert "flash-attn-under-uv" in client.codes(uri, 2)
    client.change(uri, 3, edit((1, 18), (1, 30), '"trl"'))
    assert client.codes(uri, 3) == []


def test_an_edited_script_changes_the_diagnostics_of_the_command_that_launches_it(
    client: Client, folder: Path
):
    script, command = (folder / "train.py").as_uri(), (folder / "run.sh").as_uri()
    client.open(script, "import trl\n")
    client.diagnostics(script, 1)
    client.open(command, "hf jobs uv run train.py --timeout 2h\n", "shellscript")
    (before,) = client.diagnostics(command, 1)
    option = "import argparse\nargparse.ArgumentParser().add_argument('--timeout')\n"
    client.change(script, 2, edit((0, 0), (0, 0), option))
    client.diagnostics(script, 2)
    after = client.diagnostics(command, 1)
    assert after != [before]


def test_a_command_changes_the_diagnostics_of_the_script_that_it_launches(
    client: Client, folder: Path
):
    script, command = (folder / "train.py").as_uri(), (folder / "run.sh").as_uri()
    client.open(script, "from huggingface_hub import login\nlogin()\n")
    assert client.codes(script, 1) == []
    client.open(command, "hf jobs uv run --flavor t4-small train.py\n", "shellscript")
    assert client.codes(script, 1) == ["missing-header", "login-call"]
    client.close_document(command)
    assert client.codes(script, 1) == []


def test_files_that_are_not_open_count(start: Start, folder: Path):
    (folder / "run.sh").write_text("hf jobs uv run --flavor t4-small train.py\n")
    client = start()
    client.initialize(folder)
    client.wait_until_ready()
    script = (folder / "train.py").as_uri()
    client.open(script, "from huggingface_hub import login\nlogin()\n")
    assert client.codes(script) == ["missing-header", "login-call"]
    (folder / "run.sh").write_text("echo\n")
    event = {"uri": (folder / "run.sh").as_uri(), "type": 2}
    client.notify("workspace/didChangeWatchedFiles", {"changes": [event]})
    assert client.codes(script) == []


def test_a_closed_document_has_no_diagnostics(client: Client, folder: Path):
    uri = (folder / "run.sh").as_uri()
    client.open(uri, COMMAND, "shellscript")
    assert client.codes(uri, 1)
    client.close_document(uri)
    assert client.codes(uri) == []
    client.open(uri, COMMAND, "shellscript")
    assert client.codes(uri, 1)


def test_documents_without_a_file_are_checked(client: Client):
    client.open("untitled:Untitled-1", COMMAND, "shellscript")
    assert client.codes("untitled:Untitled-1", 1) == ["flags-after-script"]


def test_a_lone_document_is_checked_without_a_folder(start: Start, tmp_path: Path):
    client = start()
    client.initialize()
    uri = (tmp_path / "run.sh").as_uri()
    client.open(uri, COMMAND, "shellscript")
    assert client.codes(uri, 1) == ["flags-after-script"]


def test_folders_come_and_go(start: Start, tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    (second / "run.sh").write_text("hf jobs uv run train.py\n")
    client = start()
    client.initialize(first)
    uri = (second / "train.py").as_uri()
    client.open(uri, "from huggingface_hub import login\nlogin()\n")
    assert client.codes(uri) == []
    client.change_folders(added=[second])
    assert client.codes(uri) == ["missing-header", "login-call"]
    client.change_folders(removed=[second])
    assert client.codes(uri) == []


def test_a_very_large_document_is_left_alone(client: Client, folder: Path):
    uri = (folder / "run.sh").as_uri()
    client.open(uri, COMMAND + "#" * 600_000, "shellscript")
    assert client.codes(uri, 1) == []
    note = client.wait_for(lambda message: message.get("method") == "window/logMessage")
    assert "run.sh" in note["params"]["message"]
