"""Notebooks, as an editor sends them: cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lsp.client import Client, edit
from lsp.editor import apply_workspace_edit, underlined

Json = dict[str, Any]

IMPORT = "from trl import SFTTrainer"
TRAIN = "t = SFTTrainer('😀', model_init_kwargs={})"
LAUNCH = "!hf jobs uv run --secret HF_TOKEN train.py"


class Notebook:
    """A notebook in an editor."""

    def __init__(self, client: Client, path: Path, *cells: str) -> None:
        self.client = client
        self.uri = path.as_uri()
        self.version = 1
        self.texts = {self.cell_uri(index): text for index, text in enumerate(cells)}
        self.versions = dict.fromkeys(self.texts, 1)
        client.notify(
            "notebookDocument/didOpen",
            {
                "notebookDocument": {
                    "uri": self.uri,
                    "notebookType": "jupyter-notebook",
                    "version": 1,
                    "cells": [self.cell(uri) for uri in self.texts],
                },
                "cellTextDocuments": [self._item(uri) for uri in reversed(self.texts)],
            },
        )

    def cell_uri(self, index: int) -> str:
        return self.uri.replace("file:", "vscode-notebook-cell:") + f"#cell{index}"

    def _is_markdown(self, uri: str) -> bool:
        return self.texts[uri].startswith("#")

    def cell(self, uri: str) -> Json:
        return {"kind": 1 if self._is_markdown(uri) else 2, "document": uri}

    def _item(self, uri: str) -> Json:
        language = "markdown" if self._is_markdown(uri) else "python"
        return {"uri": uri, "languageId": language, "version": 1, "text": self.texts[uri]}

    def change(self, cells: Json) -> None:
        self.version += 1
        self.client.notify(
            "notebookDocument/didChange",
            {
                "notebookDocument": {"uri": self.uri, "version": self.version},
                "change": {"cells": cells},
            },
        )

    def close(self) -> None:
        cells = [{"uri": uri} for uri in self.texts]
        self.client.notify(
            "notebookDocument/didClose",
            {"notebookDocument": {"uri": self.uri}, "cellTextDocuments": cells},
        )

    def insert(self, at: int, index: int, text: str) -> str:
        uri = self.cell_uri(index)
        self.texts[uri], self.versions[uri] = text, 1
        array = {"start": at, "deleteCount": 0, "cells": [self.cell(uri)]}
        self.change({"structure": {"array": array, "didOpen": [self._item(uri)]}})
        return uri

    def edit(self, uri: str, *changes: Json) -> int:
        self.versions[uri] += 1
        document = {"uri": uri, "version": self.versions[uri]}
        self.change({"textContent": [{"document": document, "changes": changes}]})
        return self.versions[uri]


@pytest.fixture
def notebook(client: Client, folder: Path) -> Iterator[Notebook]:
    notebook = Notebook(client, folder / "train.ipynb", "# Train", IMPORT, TRAIN, LAUNCH)
    yield notebook
    notebook.close()


def test_findings_stand_in_their_cells(notebook: Notebook):
    client = notebook.client
    found = {uri: client.diagnostics(uri, 1) for uri in notebook.texts}
    codes = [[finding["code"] for finding in findings] for findings in found.values()]
    assert codes == [[], [], ["misplaced-model-init-kwargs"], ["secret-singular"]]
    uri = notebook.cell_uri(2)
    (finding,) = found[uri]
    assert "model_init_kwargs" in underlined(TRAIN, finding["range"])
    (finding,) = found[notebook.cell_uri(3)]
    assert "--secret" in underlined(LAUNCH, finding["range"])


def test_an_edited_cell_is_checked_with_all_others(notebook: Notebook):
    client = notebook.client
    trainer = notebook.cell_uri(2)
    assert client.codes(trainer, 1)
    notebook.edit(notebook.cell_uri(1), edit((0, 12), (0, 26), "other"))
    assert client.codes(trainer, 1) == []
    version = notebook.edit(trainer, edit((0, 0), (0, 0), "from trl import SFTTrainer\n"))
    (finding,) = client.diagnostics(trainer, version)
    assert finding["range"]["start"]["line"] == 1


def test_cells_are_inserted_moved_and_deleted(notebook: Notebook):
    client = notebook.client
    launch = notebook.cell_uri(3)
    assert client.codes(launch, 1)
    new = notebook.insert(0, 9, "!hf jobs uv run --secret A b.py")
    assert client.codes(new, 1) == ["secret-singular"]
    move = {"start": 0, "deleteCount": 2, "cells": [notebook.cell(notebook.cell_uri(0))]}
    notebook.change({"structure": {"array": move, "didClose": [{"uri": new}]}})
    assert client.codes(new) == []
    swap = [notebook.cell(notebook.cell_uri(index)) for index in (3, 2, 1)]
    notebook.change({"structure": {"array": {"start": 1, "deleteCount": 3, "cells": swap}}})
    version = notebook.edit(launch, edit((0, 0), (0, 0), "\n"))
    (finding,) = client.diagnostics(launch, version)
    assert finding["range"]["start"]["line"] == 1


def test_a_broken_cell_keeps_its_finding_and_leaves_the_others_alone(notebook: Notebook):
    client = notebook.client
    trainer = notebook.cell_uri(2)
    assert client.codes(trainer, 1)
    version = notebook.edit(trainer, edit((0, 0), (0, 0), "if (:\n"))
    (finding,) = client.diagnostics(trainer, version)
    assert finding["range"]["start"]["line"] == 1


def test_fix_all_in_one_cell_fixes_the_notebook(notebook: Notebook):
    client = notebook.client
    client.diagnostics(notebook.cell_uri(3), 1)
    start = {"line": 0, "character": 0}
    params = {
        "textDocument": {"uri": notebook.cell_uri(0)},
        "range": {"start": start, "end": start},
        "context": {"diagnostics": [], "only": ["source.fixAll.tunesmith"]},
    }
    (action,) = client.request("textDocument/codeAction", params)
    texts = dict(notebook.texts)
    apply_workspace_edit(texts, notebook.versions, action["edit"])
    assert texts[notebook.cell_uri(3)] == "!hf jobs uv run --secrets HF_TOKEN train.py"


def test_a_closed_notebook_has_no_diagnostics(notebook: Notebook):
    client = notebook.client
    cells = list(notebook.texts)
    assert client.codes(cells[3], 1)
    notebook.close()
    assert client.codes(cells[3]) == []
