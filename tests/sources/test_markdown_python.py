"""Python in the fences of Markdown."""

from __future__ import annotations

import pytest

from builders import ROOT, project, understood
from tunesmith.knowledge.versions import library
from tunesmith.lint.engine import check
from tunesmith.project import FolderFacts
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.sources.requirements import Pin, read_requirement
from tunesmith.text import apply_edits

INSTALL = "# Train\n\n```bash\npip install trl\n```\n\n"
CODE = "from trl import SFTConfig\n\nSFTConfig(max_seq_length=512)\n"
JOB = (
    "from huggingface_hub import run_job\n\n"
    'run_job(image="i", command=["c"], secrets={"HF_TOKEN": "$HF_TOKEN"})\n'
)


def fenced(code: str, language: str = "python") -> str:
    return f"```{language}\n{code}```\n"


def snippets(text: str) -> list[PythonSnippet]:
    return list(understood("README.md", text).snippets)


def found(text: str, folder: FolderFacts | None = None) -> list[str]:
    known = understood("README.md", text)
    made = project({"README.md": text}, folders={"": folder} if folder else None)
    return [each.name for each in check(known, made)]


@pytest.mark.parametrize("language", ["python", "py", "Python", "python3", 'python title="t.py"'])
def test_a_block_is_a_script_with_places_in_the_document(language: str):
    text = f"# Train 🚂\n\n{fenced(CODE, language)}\nMore.\n\n{fenced(CODE)}"
    first, second = snippets(text)
    for snippet, start in ((first, text.index(CODE)), (second, text.rindex(CODE))):
        (call,) = snippet.calls("trl.SFTConfig")
        assert call.span.start == start + CODE.index("SFTConfig(")
        assert text[slice(*call.span)] == "SFTConfig(max_seq_length=512)"


@pytest.mark.parametrize(
    "text",
    [
        fenced(CODE, "bash"),
        fenced(CODE, "diff"),
        fenced(CODE + "trainer = SFTTrainer(\n    ...\n"),  # a fragment
        fenced("    SFTConfig(max_seq_length=512)  # trl\n"),
        fenced("print('no library of ours')\n"),
        "- In a list:\n\n  ```python\n  from trl import SFTConfig\n  ```\n",
        "> ```python\n> from trl import SFTConfig\n> ```\n",
        "❌ Wrong:\n\n" + fenced(CODE),
        "Do not do this:\n\n" + fenced(CODE),
        "## Common mistakes\n\n" + fenced(CODE),
        fenced("# ❌ WRONG\n" + CODE),
        fenced(CODE + "\n# ✅ CORRECT\nSFTConfig(max_length=512)\n# ❌ as above\n"),
        fenced("from unsloth import FastLanguageModel\n") + "\nThen:\n\n" + fenced(CODE),
        fenced("# /// script\n# dependencies = [\n#   'trl',\n#   ...\n# ]\n# ///\n" + CODE),
    ],
)
def test_fragments_and_counter_examples_are_left_out(text: str):
    assert not [each for each in snippets(INSTALL + text) if "SFTConfig" in each.text]


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("`pip install trl==0.24.0`\n\n", "0.24.0"),
        ('```sh\nuv pip install -U "trl<0.20" \\\n  peft\n```\n\n', "0.19.1"),
        ("", None),
        ("```sh\npip install datasets\n```\n\n", None),
    ],
)
def test_the_document_says_which_release(told: str, version: str | None):
    text = told + fenced(CODE)
    (snippet,) = snippets(text)
    known = library("trl", snippet, project({"README.md": text})).version
    assert (str(known) if known else None) == version


def test_a_header_in_the_block_says_which_release():
    header = '# /// script\n# dependencies = ["trl==0.16.0"]\n# ///\n'
    (snippet,) = snippets(INSTALL + fenced(header + CODE))
    assert str(library("trl", snippet, project({})).version) == "0.16.0"


def test_what_comes_with_a_package_is_known_and_what_nobody_names_is_not():
    (snippet,) = snippets(INSTALL + fenced(CODE))
    assert library("transformers", snippet, project({})).version
    assert library("peft", snippet, project({})).version is None


@pytest.mark.parametrize(
    ("page", "is_known"), [("requirements.txt", True), ("README.md", True), ("other.md", False)]
)
def test_another_page_says_nothing_of_a_block(page: str, is_known: bool):
    requirement = read_requirement("trl==0.24.0")
    assert requirement
    pin = Pin(requirement, page, ROOT / page, text="trl==0.24.0", is_hearsay=True)
    (snippet,) = snippets(fenced(CODE))
    facts = FolderFacts(mentioned=[pin])
    found = library("trl", snippet, project({}, folders={"": facts}))
    assert (found.version is not None) is is_known


def test_keywords_and_calls_of_jobs_are_checked_and_fixed():
    text = INSTALL + fenced(CODE) + "\nStart it:\n\n" + fenced(JOB)
    findings = check(understood("README.md", text), project({"README.md": text}))
    assert [each.name for each in findings] == ["removed-argument", "secret-placeholder"]
    fixed = text
    for each in reversed(findings):
        assert each.fix
        fixed = apply_edits(fixed, each.fix.edits)
    job = JOB.replace('"$HF_TOKEN"', "get_token()")
    expected = job.replace("import run_job", "import get_token, run_job")
    assert fixed == text.replace("max_seq_length", "max_length").replace(JOB, expected)


def test_what_speaks_of_a_whole_training_is_silent():
    code = (
        "from trl import SFTConfig, SFTTrainer\n\n"
        "args = SFTConfig('out', push_to_hub=True, assistant_only_loss=True)\n"
        "SFTTrainer('m', args=args, train_dataset=data).train()\n"
    )
    assert found(INSTALL + fenced(code)) == []
