"""Random damage to realistic documents: no exception, sound places, fixes that hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import pytest

from lsp.client import Client, Json
from robustness.languages import language_of
from robustness.mutations import DATA, SEEDS, Mutant, mutant
from tunesmith.files import UnreadableFileError, document_of
from tunesmith.lint import engine
from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.fixes import fix_all
from tunesmith.lint.rule import SAFE, UNSAFE
from tunesmith.project import Project, Settings
from tunesmith.sources.document import Document, Kind, notebook
from tunesmith.sources.document_edits import with_edits
from tunesmith.sources.understand import Understanding, understand
from tunesmith.text import LineIndex, Position
from tunesmith.workspace import Workspace

HUBS = (None, "0.36.0", "1.3.0")


def parts(total: int, *, heavy: int) -> Sequence[object]:
    """Numbers of mutations in parts of 50, the later ones for `npm run test:heavy`."""
    marks = {True: [pytest.mark.heavy, pytest.mark.timeout(600)], False: []}
    return [
        pytest.param(range(start, start + 50), id=f"{start}-", marks=marks[start >= total])
        for start in range(0, heavy, 50)
    ]


@cache
def project(hub: str | None) -> Project:
    return Workspace(DATA, Settings(hub_version=hub)).scan()


@pytest.mark.parametrize("numbers", parts(300, heavy=2_000))
def test_checks_and_fixes_survive(numbers: Iterable[int]):
    for number in numbers:
        examined = mutant(number)
        try:
            examine(examined)
        except Exception as error:
            raise AssertionError(f"{examined}: {error!r}") from error


def examine(mutated: Mutant) -> None:
    data = mutated.text.encode("utf-8", "surrogatepass")
    try:
        document = document_of(DATA / mutated.name, data)
    except UnreadableFileError:
        return
    hub = HUBS[mutated.number % len(HUBS)]
    before, findings = check(document, hub)
    for finding in findings:
        assert 0 <= finding.span.start <= finding.span.end <= len(document.text), finding
        if finding.fix:
            after, rest = check(with_edits(document, finding.fix.edits), hub)
            # Of code that was broken before, Python may name another place.
            is_broken = bool(after.unreadable)
            assert is_broken == bool(before.unreadable), f"{finding} breaks the document"
            assert alike(finding, rest) < alike(finding, findings), (
                f"{finding} is still there after its fix"
            )
    for allowed in ((SAFE,), (SAFE, UNSAFE)):
        fixed, _ = fix_all(document, lambda each: check(each, hub)[1], allowed)
        assert fix_all(fixed, lambda each: check(each, hub)[1], allowed).made == 0


def check(document: Document, hub: str | None) -> tuple[Understanding, Sequence[Diagnostic]]:
    known = project(hub)
    is_launched = bool(known.commands_launching(document.path))
    understood = understand(document, relevant=True if is_launched else None)
    return understood, engine.check(understood, known.with_file(document.path, understood.facts))


def alike(finding: Diagnostic, findings: Iterable[Diagnostic]) -> int:
    """How many findings say the same; of a header that can be read at last a rule may say more."""
    return sum((each.code, each.message) == (finding.code, finding.message) for each in findings)


@pytest.mark.parametrize("name", SEEDS)
def test_line_ends_make_no_difference(name: str):
    document = document_of(DATA / name, SEEDS[name].encode())
    other = with_line_ends(document, "\r\n")
    assert other.text.count("\r\n") > 10
    found, found_other = check(document, None)[1], check(other, None)[1]
    assert found
    assert shown(document, found) == shown(other, found_other)
    for finding, finding_other in zip(found, found_other, strict=True):
        if finding.fix and finding_other.fix:
            fixed = with_line_ends(with_edits(document, finding.fix.edits), "\r\n")
            assert with_edits(other, finding_other.fix.edits) == fixed


def with_line_ends(document: Document, line_end: str) -> Document:
    if document.kind is Kind.NOTEBOOK:
        texts = [document.text[slice(*cell.span)] for cell in document.cells]
        kinds = [cell.kind for cell in document.cells]
        return notebook(
            document.path,
            [(kind, text.replace("\n", line_end)) for kind, text in zip(kinds, texts, strict=True)],
        )
    return Document(document.path, document.kind, document.text.replace("\n", line_end))


def shown(document: Document, findings: Iterable[Diagnostic]) -> list[object]:
    """What a user sees of findings."""
    place = document.lines.position
    return [
        (each.code, each.message, each.severity, *map(place, each.span), each.fix is None)
        for each in findings
    ]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("total", [pytest.param(150), pytest.param(2_000, marks=pytest.mark.heavy)])
def test_one_server_survives(total: int, tmp_path: Path):
    client = Client()
    try:
        client.initialize(tmp_path, debounce=0)
        client.wait_until_ready()
        process = client.process_id
        for name in SEEDS:
            client.open(uri_of(tmp_path, name), SEEDS[name], language_of(name))
        mutants = [mutant(number) for number in range(total)]
        for version, mutated in enumerate(mutants, 2):
            uri = uri_of(tmp_path, mutated.name)
            client.change(uri, version, {"text": mutated.text})
            examine_published(mutated, client.diagnostics(uri, version))
            if version % 10 == 0:
                ask(client, uri)
        uri = uri_of(tmp_path, "run.sh")
        client.change(uri, total + 2, {"text": SEEDS["run.sh"]})
        assert len(client.diagnostics(uri, total + 2)) > 3
        assert client.process_id == process
        assert client.shut_down() == 0
        assert client.log == ""
    finally:
        client.close()


def uri_of(folder: Path, name: str) -> str:
    """The URI of a text file; a notebook's JSON is no text to an editor, so that is Python too."""
    return (folder / name.replace(".ipynb", ".py")).as_uri()


def examine_published(mutated: Mutant, diagnostics: Iterable[Json]) -> None:
    lines = LineIndex(mutated.text)
    for diagnostic in diagnostics:
        start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
        for place in (start, end):
            position = Position(place["line"], place["character"])
            offset = lines.utf16_offset(position)
            assert lines.utf16_position(offset) == position, f"{mutated}: {position} is no place"
        assert (start["line"], start["character"]) <= (end["line"], end["character"]), mutated


def ask(client: Client, uri: str) -> None:
    """Ask for the fixes of everything, and for a hover."""
    range_ = {"start": {"line": 0, "character": 0}, "end": {"line": 9_999, "character": 0}}
    asked = {"textDocument": {"uri": uri}, "range": range_, "context": {"diagnostics": []}}
    client.request("textDocument/codeAction", asked)
    position = {"line": 20, "character": 12}
    client.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})
