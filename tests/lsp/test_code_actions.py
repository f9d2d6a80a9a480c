"""Fixes of one finding, of all, and comments that silence one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lsp.client import Client, Start, edit
from lsp.editor import apply_text_edits, apply_workspace_edit

Json = dict[str, Any]

SHELL = "hf jobs uv run greet.py --flavor a10g-large --secret HF_TOKEN\n"
FIXED = "hf jobs uv run --flavor a10g-large --secrets HF_TOKEN greet.py\n"


def _actions(client: Client, uri: str, finding: Json | None = None, *only: str) -> list[Json]:
    start: Json = {"line": 0, "character": 0}
    params: Json = {
        "textDocument": {"uri": uri},
        "range": finding["range"] if finding else {"start": start, "end": start},
        "context": {"diagnostics": [finding] if finding else []},
    }
    if only:
        params["context"]["only"] = only
    return client.request("textDocument/codeAction", params)


def _open(client: Client, folder: Path, name: str, text: str, language: str) -> str:
    uri = (folder / name).as_uri()
    client.open(uri, text, language)
    return uri


def _applied(action: Json, uri: str, text: str, version: int = 1) -> str:
    texts = {uri: text}
    apply_workspace_edit(texts, {uri: version}, action["edit"])
    return texts[uri]


def test_a_quick_fix_removes_its_finding(client: Client, folder: Path):
    text = "hf jobs uv run greet.py --flavor '😀'\n"
    uri = _open(client, folder, "run.sh", text, "shellscript")
    (finding,) = client.diagnostics(uri, 1)
    fix, ignore = _actions(client, uri, finding)
    assert fix["kind"] == ignore["kind"] == "quickfix"
    assert fix["isPreferred"] is True
    assert ignore["isPreferred"] is False
    assert fix["diagnostics"] == [finding]
    fixed = _applied(fix, uri, text)
    assert fixed == "hf jobs uv run --flavor '😀' greet.py\n"
    client.change(uri, 2, {"text": fixed})
    assert client.diagnostics(uri, 2) == []


def test_actions_belong_to_the_findings_in_the_range(client: Client, folder: Path):
    uri = _open(client, folder, "run.sh", "echo\n" + SHELL, "shellscript")
    assert len(client.diagnostics(uri, 1)) == 2
    assert _actions(client, uri) == []


def test_fix_all_makes_every_safe_fix(client: Client, folder: Path):
    text = "hf jobs uv run --secret A a.py\nhf jobs uv run --secret B b.py\n"
    uri = _open(client, folder, "run.sh", text, "shellscript")
    assert client.codes(uri, 1) == ["secret-singular"] * 2
    for only in ("source.fixAll.tunesmith", "source.fixAll", "source"):
        (action,) = _actions(client, uri, None, only)
        assert action["kind"] == "source.fixAll.tunesmith"
        assert _applied(action, uri, text) == text.replace("--secret ", "--secrets ")


def test_fixes_that_touch_each_other_are_made_one_after_the_other(client: Client, folder: Path):
    uri = _open(client, folder, "run.sh", SHELL, "shellscript")
    text, version = SHELL, 1
    client.diagnostics(uri, 1)
    while actions := _actions(client, uri, None, "source.fixAll.tunesmith"):
        text = _applied(actions[0], uri, text, version)
        version += 1
        assert version < 5
        client.change(uri, version, {"text": text})
    assert text == FIXED
    assert client.diagnostics(uri, version) == []


def test_fix_all_is_offered_only_when_asked_for(client: Client, folder: Path):
    uri = _open(client, folder, "run.sh", SHELL, "shellscript")
    finding = client.diagnostics(uri, 1)[0]
    assert {action["kind"] for action in _actions(client, uri, finding)} == {"quickfix"}
    assert _actions(client, uri, finding, "refactor") == []
    assert _actions(client, uri, finding, "source.organizeImports") == []


def test_actions_wait_for_the_findings_of_the_text_as_it_is(start: Start, folder: Path):
    client = start()
    client.initialize(folder, debounce=600)
    uri = _open(client, folder, "run.sh", "echo\n", "shellscript")
    client.diagnostics(uri, 1)
    client.change(uri, 2, edit((0, 0), (1, 0), "hf jobs uv run --secret A a.py\n"))
    (action,) = _actions(client, uri, None, "source.fixAll")
    assert _applied(action, uri, "hf jobs uv run --secret A a.py\n", 2) == (
        "hf jobs uv run --secrets A a.py\n"
    )


@pytest.mark.parametrize(
    ("name", "language", "text", "expected"),
    [
        (
            "run.sh",
            "shellscript",
            "hf jobs uv run --secret A a.py",
            "hf jobs uv run --secret A a.py  # tunesmith: ignore[secret-singular]",
        ),
        (
            "run.sh",
            "shellscript",
            "hf jobs uv run \\\r\n  --secret A a.py\r\n",
            "hf jobs uv run \\\r\n  --secret A a.py  # tunesmith: ignore[secret-singular]\r\n",
        ),
        (
            "README.md",
            "markdown",
            "# Run\n\n```bash\nhf jobs uv run --secret A a.py\n```\n",
            (
                "# Run\n\n<!-- tunesmith: ignore[secret-singular] -->\n"
                "```bash\nhf jobs uv run --secret A a.py\n```\n"
            ),
        ),
        (
            "ci.yml",
            "yaml",
            "steps:\n  - run: hf jobs uv run --secret A a.py\n",
            (
                "steps:\n  - run: hf jobs uv run --secret A a.py"
                "  # tunesmith: ignore[secret-singular]\n"
            ),
        ),
        (
            "submit.py",
            "python",
            'import os\nos.system("hf jobs uv run --secret A a.py")\n',
            (
                'import os\nos.system("hf jobs uv run --secret A a.py")'
                "  # tunesmith: ignore[secret-singular]\n"
            ),
        ),
    ],
)
def test_a_finding_can_be_ignored(
    client: Client, folder: Path, name: str, language: str, text: str, expected: str
):
    uri = _open(client, folder, name, text, language)
    (finding,) = client.diagnostics(uri, 1)
    ignore = _actions(client, uri, finding)[-1]
    assert ignore["title"] == "Ignore this secret-singular finding"
    assert _applied(ignore, uri, text) == expected
    client.change(uri, 2, {"text": expected})
    assert client.diagnostics(uri, 2) == []


def test_a_second_rule_joins_the_comment_that_is_there(client: Client, folder: Path):
    text = SHELL[:-1] + "  # tunesmith: ignore[secret-singular]\n"
    uri = _open(client, folder, "run.sh", text, "shellscript")
    (finding,) = client.diagnostics(uri, 1)
    ignore = _actions(client, uri, finding)[-1]
    assert "ignore[secret-singular, flags-after-script]" in _applied(ignore, uri, text)


def test_no_comment_is_offered_where_none_can_stand(client: Client, folder: Path):
    text = 'import os\nos.system("""\nhf jobs uv run \\\n --secret A a.py""" \\\n+ "")\n'
    uri = _open(client, folder, "submit.py", text, "python")
    findings = client.diagnostics(uri, 1)
    for finding in findings:
        for action in _actions(client, uri, finding):
            changed = _applied(action, uri, text)
            compile(changed, "submit.py", "exec")


TRAIN = "from trl import SFTTrainer\n\nSFTTrainer('Qwen/Qwen3-8B', train_dataset=data).train()\n"


def test_every_alternative_is_an_action_and_the_preferred_fix_is_the_first(
    client: Client, folder: Path
):
    client.diagnostics(_open(client, folder, "train.py", TRAIN, "python"), 1)
    text = "hf jobs uv run --timeout 2h --flavor cpu-basic train.py\n"
    uri = _open(client, folder, "run.sh", text, "shellscript")
    found = client.diagnostics(uri, 1)
    (finding,) = (each for each in found if each["code"] == "cpu-flavor-for-training")

    actions = _actions(client, uri, finding)
    titles = [action["title"].partition(" (")[0] for action in actions]
    assert titles[:3] == ["Run on a10g-large", "Run on l4x1", "Run on a100-large"]
    for action, flavor in zip(actions, ("a10g-large", "l4x1", "a100-large"), strict=False):
        assert action["diagnostics"] == [finding]
        assert action["isPreferred"] is False
        assert _applied(action, uri, text) == text.replace("cpu-basic", flavor)
    assert _actions(client, uri, finding, "source.fixAll") == []


LARGE = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==4.57.1"]
# ///
from trl import SFTConfig, SFTTrainer

config = SFTConfig("out", packing=True, max_length=2048, gradient_checkpointing=False)
SFTTrainer("Qwen/Qwen3-0.6B", config, train_dataset=data).train()
"""


@pytest.mark.parametrize("is_open", [True, False])
def test_an_alternative_may_change_another_file(start: Start, folder: Path, is_open: bool):
    command = "hf jobs uv run --flavor t4-small --timeout 2h train.py\n"
    (folder / "run.sh").write_text(command)
    client = start()
    client.initialize(folder)
    client.wait_until_ready()
    other = (folder / "run.sh").as_uri()
    if is_open:
        client.diagnostics(_open(client, folder, "run.sh", command, "shellscript"), 1)
    uri = _open(client, folder, "train.py", LARGE, "python")
    found = client.diagnostics(uri, 1)
    (finding,) = (each for each in found if each["code"] == "out-of-memory")

    actions = [each for each in _actions(client, uri, finding) if each["diagnostics"] == [finding]]
    machine, *values = actions[:-1]  # the last one ignores it
    assert machine["title"].startswith("Run on ")
    (change,) = machine["edit"]["documentChanges"]
    assert change["textDocument"]["uri"] == other
    assert change["textDocument"].get("version") == (1 if is_open else None)
    after = apply_text_edits(command, change["edits"])
    assert after.replace(machine["title"].split()[2], "t4-small") == command != after
    for each in values:
        compile(_applied(each, uri, LARGE), "train.py", "exec")
