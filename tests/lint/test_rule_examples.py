"""Runs every rule's own examples: what must be found, what its fix makes, what is fine.

All of it runs a second time under an audit hook that denies files, sockets and processes, as
rules, sources and tables may not touch any (the first run warms imports and tables).
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TypeVar

import pytest

from lint.rule_shape import bad_examples, good_examples, shape_errors
from tunesmith.lint.engine import Diagnostic, all_rules, check
from tunesmith.lint.rule import SAFE, UNSAFE, Bad, Good, Rule
from tunesmith.project import Project, Settings
from tunesmith.sources.document import Document, kind_of
from tunesmith.sources.document_edits import with_edits
from tunesmith.sources.understand import understand

ROOT = PurePosixPath("/project")
SCRIPTS = Path(__file__).parents[2] / "scripts"
_DENIED = ("open", "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
_T = TypeVar("_T")


class _Hook:
    """Cannot be taken away again, but switched off."""

    is_on = False

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_on and event.startswith(_DENIED):
            raise AssertionError(f"a rule or a source did {event} {arguments!r}")


_hook = _Hook()
sys.addaudithook(_hook)


@contextmanager
def no_input_or_output():
    _hook.is_on = True
    try:
        yield
    finally:
        _hook.is_on = False


def purely(function: Callable[[], _T]) -> _T:
    function()
    with no_input_or_output():
        return function()


def document_of(name: str, text: str) -> Document:
    kind = kind_of(PurePosixPath(name))
    assert kind, f"Tunesmith reads no files such as {name}"
    return Document(ROOT / name, kind, text)


def findings_of(document: Document, example: Bad | Good) -> Sequence[Diagnostic]:
    """All findings in a document, in the project that an example describes."""
    project = Project(ROOT, settings=Settings(hub_version=example.hub))
    beside = [document_of(name, text) for name, text in (example.beside or {}).items()]
    for other in (*beside, document):
        project = project.with_file(other.path, understand(other, relevant=True).facts)
    understanding = understand(document, relevant=project.runs_as_job(document.path) or None)
    assert understanding.unreadable is None or understanding.broken
    return check(understanding, project)


def _cases(examples: Callable[[Rule], Sequence[_T]]) -> Sequence[object]:
    return [
        pytest.param(rule, example, id=f"{rule.name}-{number}")
        for rule in all_rules()
        for number, example in enumerate(examples(rule), 1)
    ]


@pytest.mark.parametrize(("rule", "bad"), _cases(bad_examples))
def test_a_bad_example_is_found_once_and_fixed(rule: Rule, bad: Bad):
    document = document_of(bad.file, bad.text)
    before = purely(lambda: findings_of(document, bad))

    (finding,) = [finding for finding in before if finding.name == rule.name]
    assert bad.text[slice(*finding.span)] == bad.at
    assert bad.text.count(bad.at) == 1
    assert finding.severity is (bad.severity or rule.severity)
    _alternatives_do_as_well(rule, bad, finding)
    if bad.fixed is None:
        assert finding.fix is None
        return
    assert finding.fix
    fixed = with_edits(document, finding.fix.edits)
    assert fixed.text == bad.fixed
    after = purely(lambda: findings_of(fixed, bad))
    assert rule.name not in [finding.name for finding in after]
    assert [other for other in after if _is_made_worse(other, before, finding)] == []


def _alternatives_do_as_well(rule: Rule, bad: Bad, finding: Diagnostic):
    """Each one alone, in whichever document; none is ever made unasked."""
    assert [each.title for each in finding.alternatives] == list(bad.alternatives)
    for each in finding.alternatives:
        assert each.applicability is UNSAFE
        name = each.document.path.name if each.document else bad.file
        texts = {**(bad.beside or {}), bad.file: bad.text}
        texts[name] = with_edits(document_of(name, texts[name]), each.edits).text
        text = texts.pop(bad.file)
        after = findings_of(document_of(bad.file, text), bad._replace(text=text, beside=texts))
        assert rule.name not in [finding.name for finding in after], each.title


def _is_made_worse(new: Diagnostic, before: Sequence[Diagnostic], fixed: Diagnostic) -> bool:
    """Whether a finding is new. A lesser one that the fixed one hid may show up if fix-all, which
    goes on until nothing is left, removes it as well."""
    is_old = (new.name, new.message) in {(old.name, old.message) for old in before}
    goes_on = new.severity < fixed.severity and new.fix and new.fix.applicability is SAFE
    return not (is_old or goes_on)


@pytest.mark.parametrize(("rule", "good"), _cases(good_examples))
def test_a_good_example_is_silent(rule: Rule, good: Good):
    document = document_of(good.file, good.text)

    found = purely(lambda: findings_of(document, good))
    assert [finding.message for finding in found if finding.name == rule.name] == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_a_rule_is_complete(rule: Rule):
    assert list(shape_errors(rule)) == []


def test_names_and_codes_are_unique_and_groups_keep_to_one_prefix():
    rules = all_rules()

    assert len({rule.name for rule in rules}) == len(rules)
    assert len({rule.code for rule in rules}) == len(rules)
    prefixes = {(rule.group, rule.code[:3]) for rule in rules}
    assert len(prefixes) == len({rule.group for rule in rules})


@pytest.mark.parametrize(
    "touch",
    [
        lambda: Path(__file__).read_text(),
        lambda: subprocess.run(["true"], check=True),
        lambda: socket.socket().close(),
    ],
)
def test_the_hook_denies(touch: Callable[[], object]):
    touch()
    with no_input_or_output(), pytest.raises(AssertionError):
        touch()


def test_a_new_rule_is_complete_only_when_filled_in(tmp_path: Path, monkeypatch):
    """The scaffold is written, imported, and refused for each thing that it leaves open."""
    command = [sys.executable, str(SCRIPTS / "new_rule.py"), "too-bad", "--group", "trainer"]
    ran = subprocess.run([*command, "--folder", str(tmp_path)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    (tmp_path / "trainer" / "__init__.py").write_text('"""A group."""\n')
    assert (tmp_path / "trainer" / "too_bad.py").exists()
    again = subprocess.run([*command, "--folder", str(tmp_path)], capture_output=True, text=True)
    assert again.returncode == 2
    assert "exists" in again.stderr

    (tmp_path / "scaffold_of_a_rule").mkdir()
    (tmp_path / "trainer").rename(tmp_path / "scaffold_of_a_rule" / "trainer")
    (tmp_path / "scaffold_of_a_rule" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    from scaffold_of_a_rule.trainer.too_bad import check as rule

    assert rule.name == "too-bad"
    assert rule.group == "trainer"
    assert rule.code not in {other.code for other in all_rules()}
    assert set(shape_errors(rule)) >= {"the docstring has a TODO", "no BAD example"}
