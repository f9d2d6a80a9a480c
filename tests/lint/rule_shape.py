"""What every rule file must have."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from types import ModuleType

from tunesmith.lint.rule import Bad, Good, Rule

HEADINGS = ["What it does", "Why it costs you", "Fix", "Source", "Since"]
_SECTION = re.compile(r"^## (.*)\n\n((?:(?!## ).*(?:\n|\Z))*)", re.MULTILINE)


def module_of(rule: Rule) -> ModuleType:
    return importlib.import_module(rule.module)


def bad_examples(rule: Rule) -> Sequence[Bad]:
    return getattr(module_of(rule), "BAD", [])


def good_examples(rule: Rule) -> Sequence[Good]:
    examples = getattr(module_of(rule), "GOOD", [])
    return [Good(example) if isinstance(example, str) else example for example in examples]


def shape_errors(rule: Rule) -> Iterator[str]:
    """What is missing in a rule's file; nothing if it is complete."""
    title = rule.documentation.partition("\n")[0]
    if not title.endswith("."):
        yield f"the docstring's first line is no sentence: {title!r}"
    if "TODO" in (module_of(rule).__doc__ or ""):
        yield "the docstring has a TODO"
    sections = _SECTION.findall(rule.documentation)
    if [heading for heading, _ in sections] != HEADINGS:
        yield f"the docstring's headings are not {HEADINGS}"
    yield from (f"nothing under {heading!r}" for heading, body in sections if not body.strip())
    if not re.fullmatch(r"[A-Z]{3}\d{3}", rule.code):
        yield f"{rule.code!r} is no code such as TRN001"
    if rule.name.startswith("no-"):
        yield f"{rule.name} does not name the bad thing"
    if not bad_examples(rule):
        yield "no BAD example"
    if not good_examples(rule):
        yield "no GOOD example"
