"""A rule's documentation: its docstring and its examples, in Markdown."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from tunesmith.folder_settings import unknown_rule
from tunesmith.lint.engine import DOCUMENTATION_URL, all_rules, rule_named
from tunesmith.lint.rule import Bad, Rule

_LANGUAGES = {".py": "python", ".sh": "bash", ".md": "markdown", ".yml": "yaml", ".yaml": "yaml"}
_MAX_EXAMPLES = 3


def summary_of(rule: Rule) -> str:
    """The first sentence of a rule's documentation."""
    return rule.documentation.partition("\n")[0]


def rule_page(rule: Rule) -> str:
    """The page of a rule."""
    title, _, body = rule.documentation.partition("\n")
    severity = rule.severity.name.lower()
    examples = "\n\n".join(_example(bad) for bad in _examples(rule)[:_MAX_EXAMPLES])
    return (
        f"# {rule.name}\n\n{title}\n\nCode {rule.code} · {severity} · group {rule.group}\n"
        f"\n{body.strip()}\n\n## Examples\n\n{examples}\n\n"
        f"To accept a finding, write `tunesmith: ignore[{rule.name}]` in a comment behind it or "
        "above it.\n"
    )


def show_rules(name: str | None) -> int:
    """Print a rule's page, or the list of all rules; returns the exit status."""
    if name is None:
        print("\n".join(_list()))
        return 0
    rule = rule_named(name)
    if rule is None:
        print(f"tunesmith: {unknown_rule(name)}", file=sys.stderr)
        return 2
    print(f"{rule_page(rule)}\n{DOCUMENTATION_URL.format(name=rule.name)}")
    return 0


def _list() -> Iterator[str]:
    rules = all_rules()
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        severity = rule.severity.name.lower()
        yield f"{rule.code}  {rule.name:{width}}  {severity:11}  {summary_of(rule)}"


def _examples(rule: Rule) -> Sequence[Bad]:
    return importlib.import_module(rule.module).BAD


def _example(bad: Bad) -> str:
    """What is found and what it becomes; "wrong" keeps our own check of the page silent."""
    parts = [f"Wrong, in `{bad.file}`:\n\n{_fenced(bad.file, bad.text)}"]
    parts += [f"Beside it, `{name}`:\n\n{_fenced(name, text)}" for name, text in _beside(bad)]
    if bad.fixed is not None:
        parts.append(f"Fixed:\n\n{_fenced(bad.file, bad.fixed)}")
    return "\n\n".join(parts)


def _beside(bad: Bad) -> Sequence[tuple[str, str]]:
    return list(bad.beside.items()) if bad.beside else []


def _fenced(file: str, text: str) -> str:
    fence = "````" if "```" in text else "```"
    language = _LANGUAGES.get(PurePosixPath(file).suffix, "")
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
