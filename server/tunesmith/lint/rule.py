"""The shape of a rule: what a rule file gives, and what a rule reports.

A rule is one module under `lint/rules/<group>/`. Its file name is its name; its docstring is its
documentation; the annotation of its check's first parameter says what it looks at. See
CONTRIBUTING.md, "Add a rule in five steps".
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any

from tunesmith.named_tuple import NamedTuple
from tunesmith.text import Edit, Span

if TYPE_CHECKING:
    from tunesmith.knowledge.versions import InForce
    from tunesmith.project import Project
    from tunesmith.sources.document import Document


class Severity(IntEnum):
    """How much a finding costs: the job fails, it probably goes wrong, or it could be better."""

    INFORMATION = 1
    WARNING = 2
    ERROR = 3


INFORMATION, WARNING, ERROR = Severity.INFORMATION, Severity.WARNING, Severity.ERROR


class Applicability(Enum):
    """SAFE does what the author evidently wrote and loses no value or comment; UNSAFE chooses
    a value or drops something, and is therefore offered one by one only."""

    SAFE = "safe"
    UNSAFE = "unsafe"


SAFE, UNSAFE = Applicability.SAFE, Applicability.UNSAFE


class Fix(NamedTuple):
    """Edits of one document that remove a finding.

    Attributes:
        title: a verb phrase.
        document: which one, of an alternative; None for the one with the finding.
    """

    title: str
    edits: Sequence[Edit]
    applicability: Applicability
    document: Document | None = None


class Finding(NamedTuple):
    """What a rule reports: where, what happens, since which version, what to do."""

    span: Span
    message: str
    fix: Fix | None = None
    severity: Severity | None = None
    """Overrides the rule's severity where a version makes the difference."""
    rests_on: Sequence[InForce] = ()
    """The releases without which there would be no finding, as `knowledge.versions` gave them."""
    alternatives: Sequence[Fix] = ()
    """Other fixes, each of which does alone. All are UNSAFE, and made one by one only, on request:
    `--fix` and *Fix All* know `fix` alone. They may change another document."""


SUPPRESSION_MARK = "tunesmith:"
"""A text without it suppresses no finding."""

Check = Callable[[Any, "Project"], Iterator[Finding]]


class Rule(NamedTuple):
    """A rule as the engine runs it.

    Attributes:
        sources: what the check looks at: of `PythonScript`, `ScriptHeader`, `LaunchCommand` …
        words: the rule has nothing to say of a document that holds none of them; none: of any.
        module: where it is written.
    """

    name: str
    code: str
    severity: Severity
    group: str
    sources: frozenset[str]
    words: Sequence[str]
    module: str
    check: Check

    @property
    def documentation(self) -> str:
        return inspect.cleandoc(importlib.import_module(self.module).__doc__ or "")

    def concerns(self, text: str) -> bool:
        """Whether the rule may have something to say of a document with that text."""
        return not self.words or any(word in text for word in self.words)


class Bad(NamedTuple):
    """An example that a rule must find, exactly once.

    Attributes:
        text: the document.
        at: the text that the finding underlines.
        fixed: the document after the fix; None where the rule offers none.
        file: the document's name; its suffix tells its kind.
        beside: other files of the project, by path.
        hub: the huggingface_hub release in force, where it matters.
        severity: expected severity; None expects the rule's own.
        alternatives: the titles of the other fixes, in their order.
    """

    text: str
    at: str
    fixed: str | None = None
    file: str = "train.py"
    beside: Mapping[str, str] | None = None
    hub: str | None = None
    severity: Severity | None = None
    alternatives: Sequence[str] = ()


class Good(NamedTuple):
    """An example that a rule must stay silent on, where it takes more than a text to say it."""

    text: str
    file: str = "train.py"
    beside: Mapping[str, str] | None = None
    hub: str | None = None


def rule(*, code: str, severity: Severity, words: Sequence[str] = ()) -> Callable[[Check], Rule]:
    """Make a rule of a check; its module gives the name, the group and the documentation.

    Args:
        code: the rule's code.
        severity: of its findings, where they do not say another.
        words: texts of which one stands in every document that the rule finds something in. The
            others spare themselves the rule, and its import.

    Raises:
        TypeError: the first parameter has no annotation.
    """

    def decorate(check: Check) -> Rule:
        parameter = next(iter(inspect.signature(check).parameters.values()))
        if not isinstance(parameter.annotation, str):
            raise TypeError(
                f"{check.__module__}: annotate check()'s parameter {parameter.name!r} with the "
                "class that it looks at, under `from __future__ import annotations`"
            )
        sources = frozenset(parameter.annotation.split(" | "))
        module = check.__module__
        _, group, name = module.rsplit(".", 2)
        title = name.replace("_", "-")
        return Rule(title, code, severity, group, sources, tuple(words), module, check)

    return decorate
