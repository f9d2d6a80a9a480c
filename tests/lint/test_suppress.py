"""Comments that suppress findings: how far they reach, and which of them are of no use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import pytest

from tunesmith.lint.engine import Diagnostic, check
from tunesmith.lint.suppress import MAX_COMMENTS
from tunesmith.project import Project, Settings
from tunesmith.sources.document import CellKind, Document, kind_of, notebook
from tunesmith.sources.document_edits import with_edits
from tunesmith.sources.understand import understand

ROOT = PurePosixPath("/project")
NO_SETTINGS = Settings()
BAD = "hf jobs uv run --secret HF_TOKEN train.py"


def document_of(name: str, text: str) -> Document:
    kind = kind_of(PurePosixPath(name))
    assert kind
    return Document(ROOT / name, kind, text)


def findings_of(document: Document, settings: Settings = NO_SETTINGS) -> Sequence[Diagnostic]:
    return check(understand(document), Project(ROOT, settings=settings))


def names_of(name: str, text: str) -> list[str]:
    return [finding.name for finding in findings_of(document_of(name, text))]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.sh", f"{BAD}  # tunesmith: ignore[secret-singular]\n"),
        ("run.sh", f"{BAD}  # tunesmith: ignore[LCH002]\n"),
        ("run.sh", f"{BAD}  #tunesmith:ignore[ LCH001 , secret-singular ] old habit\n"),
        ("run.sh", f"# tunesmith: ignore[secret-singular]\n{BAD}\n"),
        ("run.sh", f"# tunesmith: ignore[secret-singular]\n# and why\n{BAD}\n"),
        (
            "run.sh",
            f"#!/bin/sh\n# tunesmith: ignore-file[secret-singular]\nset -e\n\n{BAD}\n{BAD}\n",
        ),
        ("run.sh", f"# tunesmith: ignore[secret-singular]\r\n{BAD}\r\n"),
        (
            "run.sh",
            "# tunesmith: ignore[LCH002]\nhf jobs uv run \\\n  --secret HF_TOKEN \\\n  train.py\n",
        ),
        (
            "run.sh",
            "hf jobs uv run \\\n --secret HF_TOKEN \\\n train.py # tunesmith: ignore[LCH002]\n",
        ),
        ("README.md", f"<!-- tunesmith: ignore[secret-singular] -->\n```bash\nls\n\n{BAD}\n```\n"),
        ("README.md", f"<!-- tunesmith: ignore[secret-singular] -->\n\n```bash\n{BAD}\n```\n"),
        ("README.md", f"<!-- tunesmith: ignore-file[LCH002] why -->\n# T\n```bash\n{BAD}\n```\n"),
        ("README.md", f"```bash\n# tunesmith: ignore[secret-singular]\n{BAD}\n```\n"),
        ("submit.py", f'import os\nos.system("{BAD}")  # tunesmith: ignore[secret-singular]\n'),
        ("submit.py", f'import os\n# tunesmith: ignore[secret-singular]\nos.system("{BAD}")\n'),
    ],
)
def test_what_is_suppressed(name: str, text: str):
    unsuppressed = text.replace("tunesmith:", "somebody:")

    assert "secret-singular" in names_of(name, unsuppressed)
    assert "secret-singular" not in names_of(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.sh", f"{BAD}\n{BAD}  # tunesmith: ignore[secret-singular]\n"),
        ("run.sh", f"# tunesmith: ignore[secret-singular]\n\n{BAD}\n"),
        ("run.sh", f"ls # tunesmith: ignore[secret-singular]\n{BAD}\n"),
        ("run.sh", f"{BAD}  # tunesmith: ignore[login-call]\n"),
        ("run.sh", f"{BAD}  # tunesmith: ignore\n"),
        ("run.sh", "\n" * 10 + f"# tunesmith: ignore-file[secret-singular]\n\n{BAD}\n"),
        ("run.sh", f"{BAD}  # <!-- tunesmith: ignore[secret-singular] -->\n"),
        ("README.md", f"<!-- tunesmith: ignore[LCH002] -->\n```\nls\n```\n\n```bash\n{BAD}\n```\n"),
        ("submit.py", f'import os\nx = "# tunesmith: ignore[LCH002]"; os.system("{BAD}")\n'),
    ],
)
def test_what_is_not_suppressed(name: str, text: str):
    assert "secret-singular" in names_of(name, text)


def test_a_header_entry_is_suppressed_alone_or_by_the_line_above():
    entry = '#   "flash-attn",'
    for lines in (
        f"{entry}  # tunesmith: ignore[flash-attn-under-uv]",
        f"#   # tunesmith: ignore[flash-attn-under-uv]\n{entry}",
    ):
        text = f"# /// script\n# dependencies = [\n{lines}\n# ]\n# ///\nimport json\n"
        assert "flash-attn-under-uv" in names_of("train.py", text.replace("tunesmith:", "x:"))
        assert names_of("train.py", text) == []


def test_cells_of_a_notebook_do_not_reach_into_each_other():
    cells = [
        (CellKind.CODE, "# tunesmith: ignore[secret-singular]"),
        (CellKind.CODE, f"!{BAD}"),
        (CellKind.CODE, f"# tunesmith: ignore[secret-singular]\n!{BAD}"),
    ]
    document = notebook(ROOT / "train.ipynb", cells)

    found = [f for f in findings_of(document) if f.name == "secret-singular"]
    assert [document.cell_at(finding.span.start) for finding in found] == [1]


@pytest.mark.parametrize(
    ("text", "message", "fixed"),
    [
        (
            "ls jobs  # tunesmith: ignore[secret-singular]\n",
            "not needed",
            "ls jobs\n",
        ),
        ("# tunesmith: ignore[LCH002]\r\nls jobs\r\n", "not needed", "ls jobs\r\n"),
        ("ls jobs # tunesmith: ignore[LCH002] it is old\n", "not needed", "ls jobs # it is old\n"),
        ("ls jobs # tunesmith: ignore[secret-singula]\n", "do you mean 'secret-singular'", None),
        ("ls jobs # tunesmith: ignore[zzz]\n", "tunesmith rule --all", None),
        ("ls jobs # tunesmith: ignore\n", "names no rule", None),
        ("ls jobs # tunesmith: ignore[]\n", "names no rule", None),
        ("\n" * 10 + "# tunesmith: ignore-file[LCH002]\nls jobs\n", "move it up", None),
    ],
)
def test_useless_comments_are_told(text: str, message: str, fixed: str | None):
    document = document_of("run.sh", text)
    (finding,) = findings_of(document)

    assert finding.name == "unused-suppression"
    assert message in finding.message
    if fixed is not None:
        assert finding.fix
        assert with_edits(document, finding.fix.edits).text == fixed


@pytest.mark.parametrize(
    ("names", "left"),
    [
        ("LCH001, secret-singular", "secret-singular"),
        ("secret-singular,LCH001", "secret-singular"),
        ("LCH001,secret-singular", "secret-singular"),
    ],
)
def test_only_the_useless_name_is_removed(names: str, left: str):
    document = document_of("run.sh", f"{BAD} # tunesmith: ignore[{names}]\n")
    (finding,) = findings_of(document)

    assert finding.fix
    assert with_edits(document, finding.fix.edits).text == f"{BAD} # tunesmith: ignore[{left}]\n"


def test_nothing_is_said_where_the_rule_did_not_run():
    text = "import trl\nx = (  # tunesmith: ignore[secret-singular]\n"
    assert names_of("train.py", text) == []
    text = "ls jobs # tunesmith: ignore[secret-singular]\n"
    for name in ("secret-singular", "LCH002"):
        settings = Settings(ignore=frozenset({name}))
        assert findings_of(document_of("run.sh", text), settings) == []
    assert names_of("README.md", f"```bash\n{text}```\n") == []


@pytest.mark.timeout(10)
def test_many_comments_take_no_time():
    names = names_of("run.sh", "# tunesmith: ignore[login-call]\n" * 10_000 + f"{BAD}\n")

    assert "secret-singular" in names
    assert names.count("unused-suppression") == MAX_COMMENTS
