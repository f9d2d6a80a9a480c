"""No document ends the process, shows an exception, or is changed where nothing was to fix."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from lsp.client import Client, edit
from robustness.languages import language_of
from robustness.nasty import FAMILIES
from robustness.nasty.document import COMMAND, Nasty
from tunesmith.cli import main

Json = dict[str, Any]


SMALL = 45_000
"""Bytes; larger documents are for `npm run test:heavy`."""


@pytest.fixture(
    params=[
        *(pytest.param((name, False), id=name) for name in FAMILIES),
        *(
            pytest.param((name, True), id=f"{name}, large", marks=pytest.mark.heavy)
            for name in FAMILIES
        ),
    ]
)
def documents(request: pytest.FixtureRequest) -> Iterator[Nasty]:
    family, is_large = request.param
    return (each for each in FAMILIES[family]() if (len(each.data) > SMALL) is is_large)


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs `tunesmith check` in this process; returns what it prints."""

    def run(path: Path, *options: str) -> str:
        status = main(["check", *options, str(path)])
        output, errors = capsys.readouterr()
        assert status in (0, 1, 2), f"the exit status was {status}"
        assert "Traceback" not in errors, errors
        assert "please report" not in errors, errors
        return output

    return run


@pytest.fixture
def each(documents: Iterator[Nasty], tmp_path: Path) -> Callable[[Callable[..., None]], None]:
    """Calls a check with each document and its path, and fails with those that failed."""

    def call(examine: Callable[[Nasty, Path], None]) -> None:
        failures: dict[str, str] = {}
        for number, document in enumerate(documents):
            slug = re.sub(r"\W+", "-", document.title)  # the last folder's is the one that hangs
            folder = tmp_path / f"{number}-{slug}"
            folder.mkdir()
            (folder / "pyproject.toml").touch()
            path = folder / document.name
            path.write_bytes(document.data)
            try:
                examine(document, path)
            except Exception as error:
                failures[document.title] = repr(error)
            path.unlink()
        assert not failures

    return call


@pytest.mark.timeout(600)
def test_json_tells_what_is_found(each: Callable[..., None], check: Callable[..., str]):
    def examine(document: Nasty, path: Path) -> None:
        findings = json.loads(check(path, "--output-format", "json"))
        assert (document.findings or set()) <= {finding["name"] for finding in findings}
        for finding in findings:
            assert place(finding["location"]) <= place(finding["end_location"])
        assert path.read_bytes() == document.data

    each(examine)


@pytest.mark.timeout(600)
def test_text_and_diffs_change_nothing(each: Callable[..., None], check: Callable[..., str]):
    def examine(document: Nasty, path: Path) -> None:
        text = check(path)
        assert not {"\x1b", "\x07", "\0"}.intersection(text), "a terminal would obey the text"
        check(path, "--diff", "--unsafe-fixes")
        assert path.read_bytes() == document.data

    each(examine)


@pytest.mark.timeout(600)
def test_fixes_are_made_once(each: Callable[..., None], check: Callable[..., str]):
    def examine(document: Nasty, path: Path) -> None:
        check(path, "--fix", "--unsafe-fixes")
        fixed = path.read_bytes()
        left = json.loads(check(path, "--fix", "--unsafe-fixes", "--output-format", "json"))
        assert path.read_bytes() == fixed
        assert not [finding for finding in left if finding["fix"]]

    each(examine)


def place(location: Json) -> tuple[int, int]:
    assert location["row"] >= 1
    assert location["column"] >= 1
    return location["row"], location["column"]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("step", [12, pytest.param(1, marks=pytest.mark.heavy)])
def test_one_server_takes_them_all(tmp_path: Path, step: int):
    documents = [
        document
        for family in FAMILIES.values()
        for document in family()
        if document.is_text and document.name != "train.ipynb"
    ]
    client = Client()
    try:
        client.initialize(tmp_path)
        client.wait_until_ready()
        process = client.process_id
        versions = count(1)  # no two documents share one: the server may tell of one more than once
        for document in documents[::step]:
            print(document.title)  # the last one printed is the one that fails
            visit(client, document, tmp_path, versions)
        assert find_flags(client, tmp_path)
        assert client.process_id == process
        assert client.shut_down() == 0
        assert client.log == ""
    finally:
        client.close()


def visit(client: Client, document: Nasty, folder: Path, versions: Iterator[int]) -> None:
    """Open a document, change it, ask about it and close it."""
    uri = (folder / document.name).as_uri()
    opened = next(versions)
    client.open(uri, document.text, language_of(document.name), opened)
    names = {diagnostic["code"] for diagnostic in client.diagnostics(uri, opened)}
    if len(document.text) < 500 * 1024:
        assert (document.findings or set()) <= names, document.title
    client.change(uri, next(versions), edit((0, 0), (0, 0), "\n"))
    client.change(uri, next(versions), edit((1, 1), (9_999_999, 3), "('"))
    client.change(uri, next(versions), {"text": document.text + "\n"})
    range_ = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
    asked = {"textDocument": {"uri": uri}, "range": range_, "context": {"diagnostics": []}}
    client.request("textDocument/codeAction", asked)
    where = {"line": 3, "character": 10}
    client.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": where})
    client.close_document(uri)


def find_flags(client: Client, folder: Path) -> bool:
    uri = (folder / "last.sh").as_uri()
    client.open(uri, f"{COMMAND}\n", "shellscript")
    return "flags-after-script" in client.codes(uri, 1)
