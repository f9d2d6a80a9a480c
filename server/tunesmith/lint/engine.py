"""Runs the rules on one document. Pure: the project is given, nothing is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from tunesmith.knowledge.versions import stale_since
from tunesmith.lint import rule_index
from tunesmith.lint.rule import SUPPRESSION_MARK, Finding, Fix, Rule, Severity
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.document import Document
from tunesmith.sources.understand import Understanding
from tunesmith.text import Span, regex

DOCUMENTATION_URL = "https://github.com/tunesmith/tunesmith/blob/main/docs/rules/{name}.md"


class Diagnostic(NamedTuple):
    """A finding with its rule's name and severity, as every front door shows it."""

    code: str
    name: str
    severity: Severity
    span: Span
    message: str
    fix: Fix | None
    alternatives: Sequence[Fix] = ()

    @property
    def fixes(self) -> Sequence[Fix]:
        """All that it offers, the preferred one first."""
        return [*([self.fix] if self.fix else []), *self.alternatives]

    @property
    def url(self) -> str:
        return DOCUMENTATION_URL.format(name=self.name)


@cache
def all_rules() -> Sequence[Rule]:
    """Every rule by code; none of them is imported before it runs."""
    return rule_index.read_index(rule_index.PATH.read_text("utf-8"))


def rule_named(name: str) -> Rule | None:
    """The rule of that name or code."""
    return next((rule for rule in all_rules() if name in (rule.name, rule.code)), None)


OnFailure = Callable[[Rule, Exception], None]


def check(
    understanding: Understanding, project: Project, *, on_failure: OnFailure | None = None
) -> Sequence[Diagnostic]:
    """All findings of a document, in the order of their places.

    Args:
        understanding: the document.
        project: what it is checked against.
        on_failure: told of a rule that raised, which then finds nothing; without it, the rule's
            exception is the caller's.
    """
    sources = list(understanding.sources)
    text = understanding.document.text
    if not sources and SUPPRESSION_MARK not in text:
        return ()  # most files of a folder
    ignored = project.settings_for(understanding.document.path).ignore
    if understanding.header:
        ignored |= understanding.header.ignored_rules
    rules = [rule for rule in all_rules() if not ignored & {rule.name, rule.code}]
    if _is_test(understanding.document):
        rules = [rule for rule in rules if rule.name in _IN_TESTS_TOO]
    run = _Run([rule for rule in rules if rule.concerns(text)], project, on_failure)
    found = list(run.on(sources))
    if SUPPRESSION_MARK in text:
        from tunesmith.lint.suppress import Suppressions  # few documents suppress anything

        suppressions = Suppressions.of(understanding, all_rules(), ignored)
        found = [*suppressions.apply(found), *run.on([suppressions])]
    once = {(each.code, each.span): each for each in reversed(found)}
    return sorted(once.values(), key=lambda diagnostic: (diagnostic.span, diagnostic.code))


_TEST_NAME = regex(r"(?:test_.*|.*_test|conftest)\.py")
_TEST_TOOL = regex(r"\b(?:pytest|unittest)\b")
_IN_TESTS_TOO = frozenset(
    [
        "deprecated-argument",
        "hardcoded-token",
        "misplaced-argument",
        "misplaced-model-init-kwargs",
        "removed-argument",
        "unknown-argument",
    ]
)
"""What is a mistake in a test as well; the others speak of trainings and jobs that cost something,
where a test does wrong things on purpose, with tiny data that nobody waits for."""


def _is_test(document: Document) -> bool:
    is_named_so = _TEST_NAME.fullmatch(document.path.name) is not None
    return is_named_so and _TEST_TOOL.search(document.text) is not None


class _Run(NamedTuple):
    """The rules to run and what they are run against."""

    rules: Sequence[Rule]
    project: Project
    on_failure: OnFailure | None

    def on(self, sources: Iterable[object]) -> Iterator[Diagnostic]:
        """What the rules find in these sources, each rule in those that it looks at."""
        for source in sources:
            for rule in self.rules:
                if type(source).__name__ in rule.sources:
                    yield from (
                        _diagnostic(rule, finding, self.project)
                        for finding in self._findings(rule, source)
                    )

    def _findings(self, rule: Rule, source: object) -> Sequence[Finding]:
        try:
            return list(rule.check(source, self.project))
        except Exception as error:
            if self.on_failure is None:
                raise
            self.on_failure(rule, error)
            return ()


def _diagnostic(rule: Rule, finding: Finding, project: Project) -> Diagnostic:
    severity, message = finding.severity or rule.severity, finding.message
    assumed = next((each for each in finding.rests_on if each.is_assumed), None)
    date = stale_since(project) if assumed else None
    if assumed and date:
        severity = Severity.INFORMATION
        message += (
            f" So it was on {date.isoformat()}, the date of the tables, when {assumed.package} "
            f"{assumed.version} was the newest release: `tunesmith update` fetches newer ones."
        )
    fix, others = finding.fix, finding.alternatives
    return Diagnostic(rule.code, rule.name, severity, finding.span, message, fix, others)
