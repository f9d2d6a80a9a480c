"""The index spares a document the rules that cannot speak of it, and changes nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from generate_rule_index import imported_rules
from lint.rule_shape import bad_examples, good_examples
from lint.test_rule_examples import document_of, findings_of
from tunesmith.lint import engine
from tunesmith.lint.rule import WARNING, Bad, Good, Rule
from tunesmith.lint.rule_index import PATH, read_index, written_index
from tunesmith.text import Span

FILES = Path(__file__).parents[1] / "robustness" / "data"
COMMAND = "hf jobs uv run --timeout 2h --secrets HF_TOKEN train.py\n"
SCRIPT = "from trl import SFTTrainer\n\nSFTTrainer('m').train()\n"


def test_it_says_what_the_rules_say():
    written = PATH.read_text("utf-8")
    assert written == written_index(imported_rules()), "run `npm run check -- --fix`"
    assert written_index(read_index(written)) == written


def test_a_rule_of_the_index_is_the_one_that_is_imported():
    for own, imported in zip(engine.all_rules(), imported_rules(), strict=True):
        assert own._replace(check=imported.check) == imported
        assert own.documentation == imported.documentation


def _documents() -> Iterator[tuple[str, Bad | Good]]:
    for rule in engine.all_rules():
        for example in (*bad_examples(rule), *good_examples(rule)):
            yield rule.name, example
    for file in sorted(FILES.glob("*.[!i]*")):
        yield file.name, Good(file.read_text("utf-8"), file=file.name)


@pytest.mark.parametrize("place", sorted({name for name, _ in _documents()}))
def test_a_rule_without_its_words_finds_nothing(place: str, monkeypatch: pytest.MonkeyPatch):
    examples = [example for name, example in _documents() if name == place]
    documents = [(document_of(example.file, example.text), example) for example in examples]
    expected = [findings_of(*each) for each in documents]

    rules = [rule._replace(words=()) for rule in engine.all_rules()]
    monkeypatch.setattr(engine, "all_rules", lambda: rules)
    assert [findings_of(*each) for each in documents] == expected


def _imported(folder: Path, *arguments: str) -> set[str]:
    """The rules that a process imports."""
    code = (
        "import sys\n"
        "from tunesmith.cli import main\n"
        "main(sys.argv[1:])\n"
        "print(*(name for name in sys.modules if '.lint.rules.' in name), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", code, *arguments]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    names = [name.rpartition(".")[2].replace("_", "-") for name in ran.stderr.split()]
    return set(names) & {rule.name for rule in engine.all_rules()}


@pytest.mark.parametrize(("file", "text"), [("run.sh", COMMAND), ("train.py", SCRIPT)])
def test_a_check_imports_only_rules_that_may_speak(tmp_path: Path, file: str, text: str):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / file).write_text(text)

    kind = "LaunchCommand" if file == "run.sh" else "PythonScript"
    may_speak = {r.name for r in engine.all_rules() if kind in r.sources and r.concerns(text)}
    imported = _imported(tmp_path, "check", file)
    assert imported == may_speak
    assert imported < {rule.name for rule in engine.all_rules()}


def test_a_check_without_python_of_ours_loads_no_parser(tmp_path: Path):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "other.py").write_text("print('nothing of ours')\n")
    code = (
        "import sys\n"
        "from tunesmith.cli import main\n"
        "main(['check', 'other.py'])\n"
        "sys.exit('libcst' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    "arguments", [("check", "other.py"), ("check", "other.py", "--ignore", "login-call")]
)
def test_a_file_with_nothing_of_ours_imports_no_rule(tmp_path: Path, arguments: tuple[str, ...]):
    (tmp_path / "pyproject.toml").write_text('[tool.tunesmith]\nignore = ["secret-singular"]\n')
    (tmp_path / "other.py").write_text("print('nothing of ours')\n")

    assert _imported(tmp_path, *arguments) == set()


def test_a_rule_runs_where_one_of_its_words_stands():
    def check(*_: object):
        yield Span(0, 0)

    rule = Rule("a", "AAA001", WARNING, "b", frozenset(), ("one", "two"), "b.a", check)
    assert rule.concerns("this is two")
    assert not rule.concerns("this is 2")
    assert rule._replace(words=()).concerns("")
