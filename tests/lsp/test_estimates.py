"""Estimates in the editor: lenses, hovers, the panel's questions, and what is written back."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from lsp.client import PATIENCE, Client, ResponseError, Start, edit
from lsp.editor import apply_workspace_edit

INVALID_PARAMS, REQUEST_FAILED = -32602, -32803

HEADER = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "peft==0.21.2"]
{machine}# ///
"""
CODE = """\
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

MAX_LENGTH = 2048
config = SFTConfig(
    per_device_train_batch_size=1,
    max_length=MAX_LENGTH,
    model_init_kwargs={"dtype": "bfloat16"},
)
trainer = SFTTrainer(model="Qwen/Qwen3-8B", args=config, peft_config=LoraConfig(r=16))
"""
ON_A10G = HEADER.format(machine='# [tool.hf-jobs]\n# flavor = "a10g-large"\n') + CODE
NOWHERE = HEADER.format(machine="") + CODE


WITH_DATA = ON_A10G.replace("args=config", "args=config, train_dataset=data").replace(
    "MAX_LENGTH = 2048",
    "from datasets import load_dataset\n\nMAX_LENGTH = 2048\n"
    'data = load_dataset("json", data_files="rows.jsonl", split="train")',
)


def write_rows(folder: Path, count: int) -> None:
    (folder / "rows.jsonl").write_text((json.dumps({"text": "a" * 1996}) + "\n") * count)


def open_script(client: Client, folder: Path, text: str, name: str = "train.py") -> str:
    uri = (folder / name).as_uri()
    language = "python" if name.endswith(".py") else "shellscript"
    client.open(uri, text, language)
    client.diagnostics(uri, 1)
    return uri


def lenses(client: Client, uri: str) -> list[dict[str, Any]]:
    return client.request("textDocument/codeLens", {"textDocument": {"uri": uri}}) or []


def titles(client: Client, uri: str) -> list[str]:
    return [lens["command"]["title"] for lens in lenses(client, uri)]


def wait_for_request(client: Client, method: str) -> None:
    end = time.monotonic() + PATIENCE
    while not any(message.get("method") == method for message in client.received):
        assert time.monotonic() < end, f"no {method}; log:\n{client.log}"
        time.sleep(0.01)


def hover_at(client: Client, uri: str, text: str, word: str) -> str:
    line = next(i for i, each in enumerate(text.splitlines()) if word in each)
    position = {"line": line, "character": text.splitlines()[line].index(word) + 1}
    params = {"textDocument": {"uri": uri}, "position": position}
    found = client.request("textDocument/hover", params)
    return found["contents"]["value"] if found else ""


def estimate(client: Client, uri: str, **params: Any) -> dict[str, Any]:
    return client.request("tunesmith/estimate", {"uri": uri, **params})


# Lenses


def test_a_lens_stands_above_the_trainer(client: Client, folder: Path):
    uri = open_script(client, folder, ON_A10G)
    found = lenses(client, uri)
    assert [each["command"]["title"] for each in found] == [
        "≈ 18 of 24 GB on a10g-large",
        "Choose GPU",
        "Submit Job",
    ]
    row = ON_A10G.splitlines().index(CODE.splitlines()[-1])
    assert {each["range"]["start"]["line"] for each in found} == {row}
    assert found[0]["command"]["arguments"] == [{"uri": uri, "trainer": 0, "machine": "a10g-large"}]


def test_a_lens_tells_hours_and_dollars_where_steps_decide(client: Client, folder: Path):
    text = ON_A10G.replace("max_length", "max_steps=500,\n    max_length")
    title = titles(client, open_script(client, folder, text))[0]
    assert title.startswith("≈ 18 of 24 GB on a10g-large · ≈ ")
    assert " · ≈ $" in title


def test_hours_and_dollars_follow_the_rows_of_the_data_set(client: Client, folder: Path):
    write_rows(folder, 1000)
    uri = open_script(client, folder, WITH_DATA)
    title = titles(client, uri)[0]
    assert re.fullmatch(r"≈ 18 of 24 GB on a10g-large · ≈ \d+ min · ≈ \$0.\d+", title)
    text = hover_at(client, uri, WITH_DATA, "max_length=")
    assert "The data set: 1,000 examples of about 500 (385 to 909) tokens, rows.jsonl" in text
    assert re.search(r"About \d+ min and \$0.\d+", text)
    write_rows(folder, 8000)
    assert re.search(r" · ≈ 4.* h · ≈ \$6", titles(client, uri)[0])
    (folder / "rows.jsonl").unlink()
    assert titles(client, uri)[0] == "≈ 18 of 24 GB on a10g-large"
    text = hover_at(client, uri, WITH_DATA, "max_length=")
    assert "The data set: unknown: there is no file rows.jsonl in the project\n" in text


def test_the_panel_and_the_list_know_the_data_set(client: Client, folder: Path):
    write_rows(folder, 1000)
    uri = open_script(client, folder, WITH_DATA)
    found = estimate(client, uri)
    assert (found["examples"], found["tokens"]) == (1000, 500)
    twice = estimate(client, uri, examples=2000)
    assert twice["examples"] == 1000, "that is what the script has"
    assert 1.5 < twice["hours"]["likely"] / found["hours"]["likely"] < 2
    listed = client.request("tunesmith/machines", {"uri": uri})
    assert listed.get("noHours") is None
    assert all(row["hours"] for row in listed["rows"] if row["verdict"] == "fits")
    (folder / "rows.jsonl").write_text("no JSON\n")
    listed = client.request("tunesmith/machines", {"uri": uri})
    assert "rows.jsonl, line 1: 'no JSON' is no JSON object" in listed["noHours"]
    assert estimate(client, uri)["noHours"] == listed["noHours"]


@pytest.mark.parametrize(
    ("before", "after", "title"),
    [
        ("a10g-large", "t4-small", "≈ 18 of 16 GB on t4-small: does not fit"),
        ("a10g-large", "cpu-basic", "≈ 18 GB, but cpu-basic has no GPU"),
        ('"Qwen/Qwen3-8B"', "load()", "Memory unknown: the script does not tell which model it is"),
        ("Qwen3-8B", "Mine", "Memory unknown: the shape of Qwen/Mine is not known"),
    ],
)
def test_a_lens_says_what_is_wrong(
    client: Client, folder: Path, before: str, after: str, title: str
):
    uri = open_script(client, folder, ON_A10G.replace(before, after))
    assert titles(client, uri)[0] == title


def test_nothing_advises_an_option_of_the_command_line(client: Client, folder: Path):
    uri = open_script(client, folder, ON_A10G.replace("Qwen3-8B", "Mine"))
    found = estimate(client, uri)
    assert found["reason"] == "It cannot be told: the shape of Qwen/Mine is not known."
    assert not re.search(r"--\w", json.dumps(found))


def test_without_a_gpu_the_lens_asks_for_one(client: Client, folder: Path):
    uri = open_script(client, folder, NOWHERE)
    assert titles(client, uri) == ["≈ 18 GB · no GPU chosen", "Choose GPU", "Submit Job"]


def test_where_nothing_is_trained_there_is_no_lens(client: Client, folder: Path):
    assert titles(client, open_script(client, folder, "from trl import SFTConfig\n")) == []


def test_lenses_can_be_turned_off(start: Start, folder: Path):
    client = start(settings={folder.as_uri(): {"estimate": {"codeLens": False}}})
    client.initialize(folder)
    client.wait_until_ready()
    assert titles(client, open_script(client, folder, ON_A10G)) == []


def test_lenses_stay_at_their_line_while_the_code_is_broken(client: Client, folder: Path):
    uri = open_script(client, folder, ON_A10G)
    before = lenses(client, uri)
    client.change(uri, 2, edit((6, 0), (6, 0), "epochs = (\n"))
    after = lenses(client, uri)
    assert [each["command"] for each in after] == [each["command"] for each in before]
    assert {each["range"]["start"]["line"] for each in after} == {
        before[0]["range"]["start"]["line"] + 1
    }


def test_a_command_elsewhere_refreshes_the_lenses(client: Client, folder: Path):
    uri = open_script(client, folder, NOWHERE)
    assert titles(client, uri)[0].endswith("no GPU chosen")
    client.received.clear()
    open_script(client, folder, "hf jobs uv run --flavor l4x1 train.py\n", "run.sh")
    wait_for_request(client, "workspace/codeLens/refresh")
    assert titles(client, uri)[0].endswith("on l4x1")


def test_the_lens_of_a_notebook_stands_in_its_cell(client: Client, folder: Path):
    uri = (folder / "train.ipynb").as_uri()
    cells = [(f"vscode-notebook-cell:{uri}#{i}", text) for i, text in enumerate(("x = 1", CODE))]
    document = {
        "uri": uri,
        "notebookType": "jupyter-notebook",
        "version": 1,
        "cells": [{"kind": 2, "document": cell} for cell, _ in cells],
    }
    items = [
        {"uri": cell, "languageId": "python", "version": 1, "text": text} for cell, text in cells
    ]
    params = {"notebookDocument": document, "cellTextDocuments": items}
    client.notify("notebookDocument/didOpen", params)
    client.diagnostics(cells[1][0])
    assert titles(client, cells[0][0]) == []
    assert len(titles(client, cells[1][0])) == 2
    assert estimate(client, cells[1][0])["model"] == "Qwen/Qwen3-8B"
    client.notify("notebookDocument/didClose", {**params, "cellTextDocuments": []})


# Hovers


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("max_length", ["**max_length**: 1,024 tokens more cost about", "**2,048**", "4,096"]),
        ("MAX_LENGTH = ", ["**max_length**"]),
        ("per_device", ["One sequence more costs about", "| **1** |"]),
        ("r=16", ["**r**: 8 more of rank cost about"]),
        ("Qwen3-8B", ["**Qwen/Qwen3-8B**: 8.2 billion weights", "4 bits"]),
        ("flavor = ", ["**a10g-large**", "$1.50 an hour", "fits cheaper ones: l4x1"]),
    ],
)
def test_a_hover_tells_what_a_value_costs(
    client: Client, folder: Path, word: str, shown: list[str]
):
    uri = open_script(client, folder, ON_A10G)
    text = hover_at(client, uri, ON_A10G, word)
    for part in [*shown, "█", "of 23.6 GB", "An estimate", "trl 1.16.0"]:
        assert part in text


def test_a_hover_over_a_commands_flavor_reads_the_script(start: Start, folder: Path):
    (folder / "train.py").write_text(NOWHERE)
    command = "hf jobs uv run --flavor t4-small train.py\n"
    client = start()
    client.initialize(folder)
    client.wait_until_ready()
    uri = open_script(client, folder, command, "run.sh")
    assert "Does not fit: **t4-small**" in hover_at(client, uri, command, "t4-small")


def test_a_finding_and_an_estimate_share_a_hover(client: Client, folder: Path):
    text = ON_A10G.replace("max_length=", "max_seq_length=")
    uri = open_script(client, folder, text)
    assert "About removed-argument" in hover_at(client, uri, text, "max_seq_length")


def test_elsewhere_a_hover_is_silent(client: Client, folder: Path):
    uri = open_script(client, folder, ON_A10G)
    assert hover_at(client, uri, ON_A10G, "from trl") == ""


# The panel's questions


def test_an_estimate_has_all_that_the_panel_shows(client: Client, folder: Path):
    uri = open_script(client, folder, ON_A10G)
    found = estimate(client, uri, examples=1000)
    assert found["verdict"] == "fits"
    assert found["machine"] == found["present"] == "a10g-large"
    assert found["written"] == {"length": 2048, "batch": 1, "quantization": "none", "rank": 16}
    assert found["shown"] == found["written"]
    assert sum(term["gb"] for term in found["terms"]) == pytest.approx(found["memory"]["likely"])
    assert found["hours"]["low"] < found["hours"]["likely"] < found["hours"]["high"]
    assert found["dollars"]["likely"] == pytest.approx(1.5 * found["hours"]["likely"])
    assert found["basis"][0] == "Releases: trl 1.16.0, transformers 5.23.0"


@pytest.mark.parametrize(
    ("change", "grows"),
    [
        ({"length": 8192}, True),
        ({"batch": 4}, True),
        ({"rank": 128}, True),
        ({"quantization": "nf4"}, False),
        ({"quantization": "int8"}, False),
    ],
)
def test_other_values_change_the_memory(
    client: Client, folder: Path, change: dict[str, Any], grows: bool
):
    uri = open_script(client, folder, ON_A10G)
    before, after = estimate(client, uri), estimate(client, uri, **change)
    assert (after["memory"]["likely"] > before["memory"]["likely"]) is grows
    assert after["shown"] == {**before["written"], **change}
    assert after["written"] == before["written"]


def test_an_estimate_as_tried_is_that_of_the_script_with_these_values(client: Client, folder: Path):
    uri = open_script(client, folder, ON_A10G)
    tried = estimate(client, uri, length=8192, batch=4, rank=64)
    text = ON_A10G.replace("2048", "8192").replace("size=1", "size=4").replace("r=16", "r=64")
    written = estimate(client, open_script(client, folder, text, "other.py"))
    assert tried["memory"] == written["memory"]


def test_machines_are_offered_the_cheapest_that_fits_first(client: Client, folder: Path):
    uri = open_script(client, folder, ON_A10G)
    found = client.request("tunesmith/machines", {"uri": uri, "examples": 1000})
    rows = {row["name"]: row for row in found["rows"]}
    assert found["present"] == "a10g-large"
    assert rows["t4-small"]["verdict"] == "no"
    assert rows[found["recommended"]]["verdict"] == "fits"
    fitting = [row["dollars"] for row in found["rows"] if row["verdict"] == "fits"]
    assert fitting == sorted(fitting)


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (None, INVALID_PARAMS, "uri: None was given"),
        ({}, INVALID_PARAMS, "uri: None was given"),
        ({"uri": 3}, INVALID_PARAMS, "uri: 3 was given"),
        ({"uri": "file:///nowhere.py"}, INVALID_PARAMS, "is not open"),
        ({"length": "long"}, INVALID_PARAMS, "length: 'long' was given"),
        ({"length": 0}, INVALID_PARAMS, "expected a whole number from 1"),
        ({"batch": True}, INVALID_PARAMS, "batch: True was given"),
        ({"quantization": "q4"}, INVALID_PARAMS, "expected one of none, int8, nf4"),
        ({"machine": "tpu"}, INVALID_PARAMS, "machine: 'tpu' was given"),
        ({"trainer": 1}, REQUEST_FAILED, "the file has 1 trainers, not 2"),
    ],
)
def test_a_wrong_question_gets_an_error(
    client: Client, folder: Path, params: Any, code: int, message: str
):
    uri = open_script(client, folder, ON_A10G)
    asked = {"uri": uri, **params} if params else params
    with pytest.raises(ResponseError, match=message.replace("(", r"\(")) as caught:
        client.request("tunesmith/estimate", asked)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "method",
    [
        "tunesmith/machines",
        "tunesmith/writeMachine",
        "tunesmith/writeValues",
        "tunesmith/writeJob",
    ],
)
def test_every_request_refuses_nonsense(client: Client, method: str):
    for params in (None, [], {"uri": "file:///nowhere.py", "machine": "l4x1"}):
        with pytest.raises(ResponseError) as caught:
            client.request(method, params)
        assert caught.value.code == INVALID_PARAMS


@pytest.mark.parametrize("text", ["epochs = (\nfrom trl import SFTTrainer\n", "import trl\n"])
def test_where_nothing_can_be_estimated_the_reason_is_told(client: Client, folder: Path, text: str):
    uri = open_script(client, folder, text)
    with pytest.raises(ResponseError, match=r"no valid Python|no trainer of TRL") as caught:
        estimate(client, uri)
    assert caught.value.code == REQUEST_FAILED


# Writing


def written(client: Client, uri: str, text: str, version: int = 1) -> str:
    texts = {uri: text}
    (made,) = client.applied
    apply_workspace_edit(texts, {uri: version}, made)
    return texts[uri]


def test_values_are_written_where_they_stand(client: Client, folder: Path):
    uri = open_script(client, folder, ON_A10G)
    wanted = {"uri": uri, "length": 4096, "batch": 2, "rank": 32}
    answer = client.request("tunesmith/writeValues", wanted)
    assert answer == {
        "written": ["max_length=4096", "per_device_train_batch_size=2", "r=32"],
        "left": [],
    }
    text = written(client, uri, ON_A10G)
    assert "MAX_LENGTH = 4096\n" in text
    assert "per_device_train_batch_size=2,\n    max_length=MAX_LENGTH," in text
    assert "LoraConfig(r=32)" in text


def test_values_that_are_not_there_are_added(client: Client, folder: Path):
    text = ON_A10G.replace("    per_device_train_batch_size=1,\n    max_length=MAX_LENGTH,\n", "")
    uri = open_script(client, folder, text)
    client.request("tunesmith/writeValues", {"uri": uri, "length": 4096, "batch": 2})
    assert "max_length=4096, per_device_train_batch_size=2,\n)" in written(client, uri, text)


def test_quantization_is_written_with_its_import(client: Client, folder: Path):
    uri = open_script(client, folder, ON_A10G)
    wanted = estimate(client, uri, quantization="nf4")["memory"]
    client.request("tunesmith/writeValues", {"uri": uri, "quantization": "nf4"})
    text = written(client, uri, ON_A10G)
    assert '"dtype": "bfloat16", "quantization_config": BitsAndBytesConfig(load_in_4bit' in text
    assert "from transformers import BitsAndBytesConfig\n" in text
    again = estimate(client, open_script(client, folder, text, "other.py"))
    assert again["written"]["quantization"] == "nf4"
    assert again["memory"] == wanted


def test_what_cannot_be_written_is_said(client: Client, folder: Path):
    text = ON_A10G.replace("max_length=MAX_LENGTH", "max_length=longest()")
    uri = open_script(client, folder, text)
    answer = client.request("tunesmith/writeValues", {"uri": uri, "length": 4096})
    assert answer["left"] == ["max_length is computed: change it where it comes from."]
    assert client.applied == []


def test_a_flavor_is_written_into_the_header(client: Client, folder: Path):
    uri = open_script(client, folder, NOWHERE)
    answer = client.request("tunesmith/writeMachine", {"uri": uri, "machine": "l4x1"})
    assert answer == {"written": "the header of the script"}
    text = written(client, uri, NOWHERE)
    assert '"peft==0.21.2"]\n# [tool.hf-jobs]\n# flavor = "l4x1"\n# ///\n' in text


def test_a_flavor_is_changed_where_it_stands(client: Client, folder: Path):
    uri = open_script(client, folder, ON_A10G)
    client.request("tunesmith/writeMachine", {"uri": uri, "machine": "l4x1"})
    assert written(client, uri, ON_A10G) == ON_A10G.replace("a10g-large", "l4x1")


def test_the_command_beats_the_header(client: Client, folder: Path):
    command = "hf jobs uv run --flavor=a10g-small train.py\n"
    run = open_script(client, folder, command, "run.sh")
    uri = open_script(client, folder, ON_A10G)
    answer = client.request("tunesmith/writeMachine", {"uri": uri, "machine": "l4x1"})
    assert answer == {"written": "the command in run.sh, line 1"}
    assert written(client, run, command) == command.replace("a10g-small", "l4x1")


def test_several_commands_are_asked_about(client: Client, folder: Path):
    commands = "hf jobs uv run train.py\nhf jobs uv run --timeout 2h train.py\n"
    run = open_script(client, folder, commands, "run.sh")
    uri = open_script(client, folder, NOWHERE)
    params = {"uri": uri, "machine": "l4x1"}
    places = client.request("tunesmith/writeMachine", params)["places"]
    assert len(places) == 3
    assert client.applied == []
    chosen = {**params, "place": "the command in run.sh, line 2"}
    client.request("tunesmith/writeMachine", chosen)
    assert "run --flavor l4x1 --timeout 2h" in written(client, run, commands)


def test_a_flavor_without_a_place_is_refused(client: Client, folder: Path):
    uri = open_script(client, folder, CODE)
    with pytest.raises(ResponseError, match="write --flavor l4x1 where it is started"):
        client.request("tunesmith/writeMachine", {"uri": uri, "machine": "l4x1"})


def test_how_a_job_is_started_is_written_into_the_header(client: Client, folder: Path):
    uri = open_script(client, folder, ON_A10G)
    params = {"uri": uri, "flavor": "l4x1", "timeout": "4h", "namespace": "team"}
    answer = client.request("tunesmith/writeJob", params)
    assert answer == {
        "written": ['flavor = "l4x1"', 'timeout = "4h"', 'namespace = "team"'],
        "left": [],
    }
    expected = ON_A10G.replace(
        '# flavor = "a10g-large"', '# timeout = "4h"\n# namespace = "team"\n# flavor = "l4x1"'
    )
    assert written(client, uri, ON_A10G) == expected


def test_a_table_is_made_where_there_is_none(client: Client, folder: Path):
    uri = open_script(client, folder, NOWHERE)
    client.request("tunesmith/writeJob", {"uri": uri, "flavor": "l4x1", "timeout": "90m"})
    lines = '# [tool.hf-jobs]\n# flavor = "l4x1"\n# timeout = "90m"\n# ///\n'
    assert lines in written(client, uri, NOWHERE)


def test_a_command_that_counts_more_is_said(client: Client, folder: Path):
    open_script(client, folder, "hf jobs uv run --flavor a10g-small train.py\n", "run.sh")
    uri = open_script(client, folder, ON_A10G)
    answer = client.request("tunesmith/writeJob", {"uri": uri, "flavor": "l4x1"})
    assert answer["left"] == [
        "The command in run.sh, line 1 still says --flavor a10g-small, which counts more."
    ]


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        (CODE, {"flavor": "l4x1"}, "no header"),
        (ON_A10G, {"timeout": '4h"\n'}, "expected letters and digits"),
        (ON_A10G, {}, "no header|nothing"),
    ],
)
def test_what_cannot_be_written_of_a_job_is_refused(
    client: Client, folder: Path, text: str, given: dict[str, str], message: str
):
    uri = open_script(client, folder, text)
    with pytest.raises(ResponseError, match=message):
        client.request("tunesmith/writeJob", {"uri": uri, **given})
    assert client.applied == []
