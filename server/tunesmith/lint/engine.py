"""Runs the rules on one document. Pure: the project is given, nothing is read."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tunesmith.lint import rules as rules_package
from tunesmith.lint.rule import Finding, Fix, Rule, Severity
from tunesmith.lint.suppress import Suppressions
from tunesmith.project import Project
from tunesmith.sources.understand import Understanding
from tunesmith.text import Span

DOCUMENTATION_URL = "https://github.com/tunesmith/tunesmith/blob/main/docs/rules/{name}.md"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding with its rule's name and severity, as every front door shows it."""

    code: str
    name: str
    severity: Severity
    span: Span
    message: str
    fix: Fix | None

    @property
    def url(self) -> str:
        return DOCUMENTATION_URL.format(name=self.name)


@cache
def all_rules() -> Sequence[Rule]:
    """Every rule of the package, ordered by code. A rule is a module with a `check` made by @rule."""
    found: list[Rule] = []
    for group in pkgutil.iter_modules(rules_package.__path__, f"{rules_package.__name__}."):
        package = importlib.import_module(group.name)
        for module in pkgutil.iter_modules(package.__path__, f"{group.name}."):
            found.append(importlib.import_module(module.name).check)
    return tuple(sorted(found, key=lambda rule: rule.code))


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
    settings = project.settings_for(understanding.document.path)
    found = [
        diagnostic
        for rule in all_rules()
        if rule.name not in settings.ignore
        for diagnostic in _run(rule, understanding, project, on_failure)
    ]
    if found:
        found = Suppressions.of(understanding).apply(found)
    return sorted(found, key=lambda diagnostic: (diagnostic.span, diagnostic.code))


def _run(
    rule: Rule, understanding: Understanding, project: Project, on_failure: OnFailure | None
) -> Iterator[Diagnostic]:
    for source in understanding.sources:
        if type(source).__name__ in rule.sources:
            try:
                findings = list(rule.check(source, project))
            except Exception as error:
                if on_failure is None:
                    raise
                on_failure(rule, error)
            else:
                yield from (_diagnostic(rule, finding) for finding in findings)


def _diagnostic(rule: Rule, finding: Finding) -> Diagnostic:
    severity = finding.severity or rule.severity
    return Diagnostic(rule.code, rule.name, severity, finding.span, finding.message, finding.fix)
