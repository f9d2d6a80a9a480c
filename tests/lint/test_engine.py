from datetime import timedelta

import pytest

from builders import project, understood
from tunesmith.knowledge import tables
from tunesmith.lint import engine
from tunesmith.lint.rule import ERROR, INFORMATION
from tunesmith.project import FolderFacts, Settings

COMMAND = "hf jobs uv run --secret HF_TOKEN train.py\n"
SCRIPT = f'"""Run:\n    {COMMAND}"""\n'


def names(found: object) -> list[str]:
    return [diagnostic.name for diagnostic in found]  # type: ignore[attr-defined]


def test_findings_come_in_the_order_of_their_places():
    text = COMMAND * 3
    found = engine.check(understood("run.sh", text), project({}))
    assert names(found) == ["secret-singular"] * 3
    assert [f.span for f in found] == sorted(f.span for f in found)
    assert found[0].severity is ERROR
    assert found[0].url.endswith("/docs/rules/secret-singular.md")


@pytest.mark.parametrize("name", ["secret-singular", "LCH002"])
def test_a_rule_is_switched_off_in_the_editor_in_a_folder_and_in_a_script(name: str):
    ignore = Settings(ignore=frozenset({name}))
    assert not engine.check(understood("run.sh", COMMAND), project({}, ignore))
    folders = {".": FolderFacts(ignore)}
    assert not engine.check(understood("run.sh", COMMAND), project({}, folders=folders))
    header = (
        f'# /// script\n# dependencies = []\n# [tool.tunesmith]\n# ignore = ["{name}"]\n# ///\n'
    )
    assert names(engine.check(understood("train.py", SCRIPT), project({}))) == ["secret-singular"]
    assert not engine.check(understood("train.py", header + SCRIPT), project({}))


def test_a_test_does_wrong_on_purpose_but_its_keywords_and_tokens_are_judged():
    text = (
        "import pytest\nfrom peft import LoraConfig\nfrom trl import SFTConfig, SFTTrainer\n\n"
        "SFTConfig(learning_rat=0.1)\nlora = LoraConfig(target_modules=['lm_head'])\n"
        "SFTTrainer('m', args=SFTConfig(output_dir='x'), peft_config=lora, train_dataset=data)\n"
    )
    everything = {"unknown-argument", "lm-head-adapter"}
    assert set(names(engine.check(understood("train.py", text), project({})))) >= everything
    for name in ("test_sft.py", "tests/conftest.py", "sft_test.py"):
        assert names(engine.check(understood(name, text), project({}))) == ["unknown-argument"]
    no_test = text.replace("import pytest\n", "")
    assert set(names(engine.check(understood("test_sft.py", no_test), project({})))) >= everything


def test_a_rule_that_raises_does_not_silence_the_others(monkeypatch: pytest.MonkeyPatch):
    failing = engine.all_rules()[0]

    def fail(*_: object):
        raise ZeroDivisionError

    rules = [rule for rule in engine.all_rules() if rule is not failing]
    broken = failing._replace(check=fail, words=())
    monkeypatch.setattr(engine, "all_rules", lambda: [broken, *rules])
    failed: list[str] = []
    found = engine.check(
        understood("run.sh", COMMAND),
        project({}),
        on_failure=lambda rule, error: failed.append(rule.name),
    )
    assert names(found) == ["secret-singular"]
    assert failed == [failing.name]
    with pytest.raises(ZeroDivisionError):
        engine.check(understood("run.sh", COMMAND), project({}))


MISPLACED = "from trl import SFTTrainer\nSFTTrainer('m', model_init_kwargs={})\n"
PINNED = '# /// script\n# dependencies = ["trl==1.0.0"]\n# ///\n'


def test_what_rests_on_a_newest_release_of_stale_tables_is_information():
    fresh = project({})._replace(today=tables.date() + timedelta(days=30))
    stale = project({})._replace(today=tables.date() + timedelta(days=31))
    (finding,) = engine.check(understood("train.py", MISPLACED), fresh)
    assert finding.severity is ERROR
    (finding,) = engine.check(understood("train.py", MISPLACED), stale)
    assert finding.severity is INFORMATION
    assert tables.date().isoformat() in finding.message
    assert "tunesmith update" in finding.message
    (finding,) = engine.check(understood("train.py", PINNED + MISPLACED), stale)
    assert finding.severity is ERROR, "a pinned release does not grow old"
