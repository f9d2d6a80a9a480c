"""What is shown while code does not parse."""

from __future__ import annotations

from pathlib import PurePosixPath

from tunesmith.lint import engine
from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.rule import WARNING
from tunesmith.lsp.last_good import with_last_good
from tunesmith.lsp.moves import moved
from tunesmith.project import Project
from tunesmith.sources.document import CellKind, Document, Kind, notebook
from tunesmith.sources.understand import Understanding, understand
from tunesmith.text import Edit, Span, apply_edits

PATH = PurePosixPath("/w/train.py")
HEADER = '# /// script\n# dependencies = ["flash-attn", "trl"]\n# [tool.hf-jobs]\n# ///\n'
TRAIN = "from trl import SFTTrainer\nSFTTrainer(model='m', model_init_kwargs={})\n"


def _shown(document: Document, last: list[Diagnostic]) -> list[str]:
    understanding = _typed(document)
    fresh = engine.check(understanding, Project())
    return [finding.name for finding in with_last_good(last, understanding, fresh)]


def _typed(document: Document) -> Understanding:
    """What the server understands of code that is being typed."""
    return understand(document)._replace(broken=None)


def _python(text: str) -> Document:
    return Document(PATH, Kind.PYTHON, text)


def _found(document: Document) -> list[Diagnostic]:
    return list(engine.check(_typed(document), Project()))


def test_code_that_parses_shows_only_what_is_found_in_it():
    last = _found(_python(TRAIN))
    assert [finding.name for finding in last] == ["misplaced-model-init-kwargs"]
    assert _shown(_python("import trl\n"), last) == []


def test_broken_code_shows_what_was_found_before():
    assert _shown(_python(TRAIN + "if (:\n"), _found(_python(TRAIN))) == [
        "misplaced-model-init-kwargs"
    ]


def test_findings_that_an_edit_replaced_are_gone_also_in_broken_code():
    last = _found(_python(HEADER + TRAIN))
    names = ["flash-attn-under-uv", "misplaced-model-init-kwargs"]
    assert [finding.name for finding in last] == names
    assert _shown(_python(HEADER + TRAIN + "if (:\n"), last) == names
    edit = Edit(last[0].span, '"trl"')
    text = apply_edits(HEADER + TRAIN + "if (:\n", [edit])
    assert _shown(_python(text), list(moved(last, [edit]))) == names[1:]


def _notebook(*cells: str) -> Document:
    return notebook(PurePosixPath("/w/a.ipynb"), [(CellKind.CODE, cell) for cell in cells])


def test_only_the_broken_cells_of_a_notebook_keep_theirs():
    last = _found(_notebook(TRAIN, TRAIN))
    assert len(last) == 2
    assert len(_shown(_notebook(TRAIN, "import os\n" + " " * 60, "if (:"), last)) == 1
    assert len(_shown(_notebook(TRAIN, "if (:\n" + TRAIN), last)) == 2


def test_cells_of_other_languages_keep_nothing():
    document = _notebook("import trl", "%%bash\necho " + " " * 40, "if (:")
    start = document.cells[1].span.start
    old = [Diagnostic("X", "secret-singular", WARNING, Span(start, start + 5), "message", None)]
    assert _shown(document, old) == []
