"""The templates: right for the newest releases and their lower bounds, and filled by users."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

from builders import project
from tunesmith.errors import UserError
from tunesmith.lint.engine import check
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.understand import understand
from tunesmith.templates import (
    Template,
    has_training_template,
    template_named,
    templates,
    with_header_values,
)

NAMES = [template.name for template in templates()]
CHATS = [name for name in NAMES if name.startswith("sft-")]
MODELS = [
    "Qwen/Qwen3-4B",
    "google/gemma-3-4b-it",
    "meta-llama/Llama-3.2-1B-Instruct",
    "HuggingFaceTB/SmolLM2-1.7B-Instruct",
    "nobody/has-seen-this",
]


@pytest.fixture(params=NAMES)
def template(request: pytest.FixtureRequest) -> Template:
    return template_named(request.param)


def found(text: str) -> list[str]:
    understood = understand(
        Document(PurePosixPath("/project/train.py"), Kind.PYTHON, text), relevant=True
    )
    assert understood.script
    return [str(each) for each in check(understood, project({}))]


def test_nothing_is_found_in_it(template: Template):
    assert found(template.script) == []


def test_nothing_is_found_under_its_lower_bounds(template: Template):
    line = r'(?m)^(#     "[\w-]+)>=([\d.]+)(?:,<\d+)?"'
    pinned = re.sub(line, r'\1==\2"', template.script)
    assert pinned.count("==") >= 4
    assert found(pinned) == []


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_found_in_it_when_filled(template: Template, model: str):
    text = template.filled({"model": model, "dataset": "me/data", "length": "512"})
    text = with_header_values(text, {"flavor": ("h200", ""), "timeout": ("2d", "")})
    assert found(text) == []
    if template.gpus == "one":
        compile(text, "train.py", "exec")


def test_a_filled_template_differs_in_its_values_alone(template: Template):
    given = {"model": "a/b", "dataset": "c/d", "output": "e/f", "length": "4096"}
    before, after = template.script.splitlines(), template.filled(given).splitlines()
    assert len(before) == len(after)
    changed = [line for old, line in zip(before, after, strict=True) if old != line]
    names = ["MODEL_ID", "DATASET_ID", "OUTPUT_REPO", "TRACKIO_SPACE", "MAX_LENGTH", "ANSWERS_ONLY"]
    assert [line.split(" = ")[0] for line in changed] == names[: len(changed)]
    assert changed[:4] == [
        'MODEL_ID = "a/b"',
        *(line for line in changed if line.startswith('DATASET_ID = "c/d"  # ')),
        *(line for line in changed if line.startswith('OUTPUT_REPO = "e/f"  # ')),
        *(line for line in changed if line.startswith('TRACKIO_SPACE = "e/trackio"  # ')),
    ]


def test_its_own_values_change_nothing(template: Template):
    given = {each.name: str(each.default) for each in template.parameters}
    assert template.filled(given) == template.script


def test_the_output_is_named_by_what_goes_in():
    text = template_named("sft-lora").filled({"model": "Org/Big.Model-7B", "dataset": "me/Talks"})
    assert '\nOUTPUT_REPO = "big.model-7b-talks"' in text
    assert '\nTRACKIO_SPACE = "trackio"' in text
    long = template_named("dpo").filled({"model": f"org/{'m' * 90}", "dataset": "me/data-set"})
    (line,) = (each for each in long.splitlines() if each.startswith("OUTPUT_REPO"))
    name = line.split('"')[1]
    assert len(name) <= 96
    assert name[-1].isalnum()


@pytest.mark.parametrize("name", CHATS)
@pytest.mark.parametrize(
    ("model", "is_known"),
    [
        ("Qwen/Qwen3-8B", True),
        ("Qwen/Qwen3-4B-Instruct-2507", True),
        ("Qwen/Qwen3-30B-A3B", True),
        ("meta-llama/Llama-3.1-8B-Instruct", True),
        ("google/gemma-3-12b-it", True),
        ("Qwen/Qwen3-8B-Base", False),
        ("HuggingFaceTB/SmolLM2-1.7B-Instruct", False),
    ],
)
def test_answers_alone_are_learnt_where_trl_tells_them_apart(name: str, model: str, is_known: bool):
    assert has_training_template(model) is is_known
    assert f"\nANSWERS_ONLY = {is_known}\n" in template_named(name).filled({"model": model})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", 'a"b'),
        ("model", "a'b/c"),
        ("model", "a/b/c"),
        ("model", "a b"),
        ("model", ""),
        ("model", "a\nb"),
        ("model", "a\\"),
        ("model", "../b"),
        ("model", "-a/b"),
        ("model", "a/b."),
        ("model", "a--b"),
        ("model", "é/b"),
        ("model", "a" * 97),
        ("dataset", "{x}"),
        ("output", "$HOME"),
        ("output", "/out"),
        ("length", "0"),
        ("length", "15"),
        ("length", "-5"),
        ("length", "1e4"),
        ("length", "2048.5"),
        ("length", "²"),
        ("length", "many"),
        ("length", "100000000"),
    ],
)
def test_wrong_values_are_refused(name: str, value: str):
    with pytest.raises(UserError) as caught:
        template_named("sft-qlora").filled({name: value})
    assert f"--{name}: {value.strip()!r}" in caught.value.message
    assert caught.value.next_step


def test_what_is_not_there_is_named():
    with pytest.raises(UserError, match="did you mean sft-qlora"):
        template_named("sft-qlor")
    with pytest.raises(UserError, match="there are sft-qlora"):
        template_named("nothing-like-it")
    with pytest.raises(UserError, match="it has model, dataset, output, length"):
        template_named("dpo").filled({"rank": "8"})


def test_each_has_a_page_that_says_how_to_start_it():
    index = Path("templates/README.md").read_text("utf-8")
    for name in NAMES:
        assert f"[{name}]({name}/README.md)" in index
        page = (Path("templates") / name / "README.md").read_text("utf-8")
        assert f"tunesmith new {name}" in page
        assert "hf jobs uv run" in page
        assert "dollars" in page


def test_each_goes_on_from_a_pushed_checkpoint(template: Template):
    for part in ('hub_strategy="checkpoint"', "resume_from_checkpoint=", "last-checkpoint"):
        assert part in template.script
