"""A comment that suppresses nothing.

## What it does

Finds `tunesmith: ignore[...]` comments whose rule finds nothing there, whose rule does not exist,
or that name no rule. A rule that the settings switch off and a document that cannot be parsed say
nothing about a suppression; then it is left alone.

## Why it costs you

A suppression that outlives its finding hides the next one, and one with a misspelt name never hid
anything. Both tell a reader that a risk was accepted which is not there.

## Fix

Removes the name, or the comment where it has no other. A misspelt name can be changed to the
likely one. Unsafe: it deletes a comment that somebody wrote.

## Source

The comments of the document, held against the findings of all other rules.

## Since

Every version.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.rule import INFORMATION, Bad, Finding, Good, rule
from tunesmith.lint.suppress import Suppressions
from tunesmith.project import Project


@rule(code="SUP001", severity=INFORMATION)
def check(suppressions: Suppressions, project: Project) -> Iterator[Finding]:
    yield from suppressions.useless()


BAD = [
    Bad(
        "# tunesmith: ignore[secret-singular]\nhf jobs uv run --secrets HF_TOKEN train.py\n",
        at="secret-singular",
        fixed="hf jobs uv run --secrets HF_TOKEN train.py\n",
        file="run.sh",
    ),
    Bad(
        "hf jobs uv run --secret HF_TOKEN train.py  # tunesmith: ignore[secret-singulr]\n",
        at="secret-singulr",
        fixed="hf jobs uv run --secret HF_TOKEN train.py  # tunesmith: ignore[secret-singular]\n",
        file="run.sh",
    ),
    Bad("import trl  # tunesmith: ignore\n", at="# tunesmith: ignore"),
]
GOOD = [
    Good(
        "# tunesmith: ignore[secret-singular]\nhf jobs uv run --secret HF_TOKEN train.py\n",
        file="run.sh",
    ),
    "import trl\n\ntext = '# tunesmith: ignore[login-call]'\n",
]
