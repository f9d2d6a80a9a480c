"""All rules without importing them: `rules.json` says what each of them looks at.

`scripts/generate_rule_index.py` writes it from the rules.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunesmith.lint import rules
from tunesmith.lint.rule import Check, Finding, Rule, Severity

if TYPE_CHECKING:
    from tunesmith.project import Project

PATH = Path(__file__).with_name("rules.json")
_PREFIX = f"{rules.__name__}."


def read_index(text: str) -> Sequence[Rule]:
    """The rules of an index, in its order; each imports its module when it first runs."""
    return tuple(map(_rule, json.loads(text)))


def written_index(rules: Sequence[Rule]) -> str:
    """The index of these rules, a line for each."""
    lines = ",\n".join(json.dumps(_row(rule)) for rule in rules)
    return f"[\n{lines}\n]\n"


def _row(rule: Rule) -> Mapping[str, Any]:
    return {
        "code": rule.code,
        "module": rule.module.removeprefix(_PREFIX),
        "severity": rule.severity.name,
        "sources": sorted(rule.sources),
        "words": list(rule.words),
    }


def _rule(row: Mapping[str, Any]) -> Rule:
    group, name = row["module"].split(".")
    module = _PREFIX + row["module"]
    return Rule(
        name=name.replace("_", "-"),
        code=row["code"],
        severity=Severity[row["severity"]],
        group=group,
        sources=frozenset(row["sources"]),
        words=tuple(row["words"]),
        module=module,
        check=_check_of(module),
    )


def _check_of(module: str) -> Check:
    def check(source: object, project: Project) -> Iterator[Finding]:
        return importlib.import_module(module).check.check(source, project)

    return check
