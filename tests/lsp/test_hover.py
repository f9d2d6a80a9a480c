"""What a reader is told about a finding, and about a rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lsp.client import Client, ResponseError

INVALID_PARAMS = -32602


def _hover(client: Client, uri: str, line: int, column: int) -> dict[str, Any] | None:
    position = {"line": line, "character": column}
    return client.request(
        "textDocument/hover", {"textDocument": {"uri": uri}, "position": position}
    )


def test_a_finding_explains_its_rule(client: Client, folder: Path):
    uri = (folder / "run.sh").as_uri()
    client.open(uri, "hf jobs uv run a.py --flavor x\n", "shellscript")
    (finding,) = client.diagnostics(uri, 1)
    hover = _hover(client, uri, 0, 22)
    assert hover
    assert hover["range"] == finding["range"]
    text = hover["contents"]["value"]
    assert hover["contents"]["kind"] == "markdown"
    assert text.startswith("Up to huggingface_hub 0.36, everything")
    assert "[About flags-after-script]" in text
    assert "## " not in text
    assert f"]({finding['codeDescription']['href']})" in text
    assert finding["message"] not in text  # the editor shows it by itself


HEADER = """\
# /// script
# dependencies = ["trl>=0.20,<0.21", "colorama", "peft==0.17.0"]
# ///
from trl import SFTTrainer
"""


@pytest.mark.parametrize(
    ("line", "column", "shown"),
    [
        (
            1,
            20,
            ["**trl 0.20.0**, the newest that `trl>=0.20,<0.21` in the header", "By the tables"],
        ),
        (1, 60, ["**peft 0.17.0**, pinned by `peft==0.17.0` in the header."]),
        (0, 3, ["- **trl 0.20.0**", "- **peft 0.17.0**", "- **python** in an unknown version"]),
        (1, 4, ["- **trl 0.20.0**", "- **peft 0.17.0**"]),
    ],
)
def test_a_header_tells_its_versions(
    client: Client, folder: Path, line: int, column: int, shown: list[str]
):
    uri = (folder / "train.py").as_uri()
    client.open(uri, HEADER, "python")
    client.diagnostics(uri, 1)
    hover = _hover(client, uri, line, column)
    assert hover
    assert hover["contents"]["kind"] == "markdown"
    for text in shown:
        assert text in hover["contents"]["value"]


def test_a_header_that_cannot_be_installed_says_what_clashes(client: Client, folder: Path):
    uri = (folder / "train.py").as_uri()
    text = '# /// script\n# dependencies = ["trl==1.0.0", "transformers==4.40.0"]\n# ///\n'
    client.open(uri, text, "python")
    client.diagnostics(uri, 1)
    hover = _hover(client, uri, 1, 22)
    assert hover
    assert "Cannot be installed together:\n\n- " in hover["contents"]["value"]


def test_a_header_tells_nothing_of_other_places(client: Client, folder: Path):
    uri = (folder / "train.py").as_uri()
    client.open(uri, HEADER, "python")
    client.diagnostics(uri, 1)
    assert _hover(client, uri, 1, 40) is None, "the tables have no colorama"
    assert _hover(client, uri, 2, 3) is None
    assert _hover(client, uri, 3, 6) is None


def test_there_is_nothing_to_say_elsewhere(client: Client, folder: Path):
    uri = (folder / "run.sh").as_uri()
    client.open(uri, "hf jobs uv run a.py --flavor x\n", "shellscript")
    client.diagnostics(uri, 1)
    assert _hover(client, uri, 0, 3) is None
    assert _hover(client, uri, 99, 99) is None
    assert _hover(client, "file:///nowhere.py", 0, 0) is None


@pytest.mark.parametrize("name", ["flags-after-script", "LCH001"])
def test_a_rule_is_explained_on_request(client: Client, name: str):
    rule = client.request("tunesmith/rule", {"name": name})
    assert rule["name"] == "flags-after-script"
    assert rule["code"] == "LCH001"
    assert rule["severity"] in ("error", "warning", "information")
    assert "## Why it costs you" in rule["markdown"]
    assert rule["url"].endswith("flags-after-script.md")


@pytest.mark.parametrize(
    "params", [None, [], "x", {}, {"name": None}, {"name": 3}, {"name": ""}, {"name": "no-such"}]
)
def test_a_wrong_request_gets_an_error(client: Client, params: object):
    with pytest.raises(ResponseError) as caught:
        client.request("tunesmith/rule", params)
    assert caught.value.code == INVALID_PARAMS


def test_an_unknown_rule_is_named_in_the_error(client: Client):
    with pytest.raises(ResponseError, match="no-such"):
        client.request("tunesmith/rule", {"name": "no-such"})


def test_a_request_without_parameters_gets_an_error(client: Client):
    client.send({"jsonrpc": "2.0", "id": "a", "method": "tunesmith/rule"})
    with pytest.raises(ResponseError):
        client.response("a")
