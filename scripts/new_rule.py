"""Writes the file of a new rule: python scripts/new_rule.py missing-eval-set --group trainer."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import generate_rule_index
from generate_rule_index import imported_rules
from tunesmith.lint import rules

FOLDER = Path(rules.__path__[0])
TEMPLATE = '''\
"""TODO: the bad thing, in one sentence.

## What it does

TODO: what it finds.

## Why it costs you

TODO: what happens, when, and what is lost by then.

## Fix

TODO: what it does, and why it is safe or not; or that there is none.

## Source

TODO: which releases were read or run.

## Since

TODO: the first release where it is so.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunesmith.lint.rule import WARNING, Bad, Finding, Good, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript


@rule(code="{code}", severity=WARNING)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    yield from ()


BAD: list[Bad] = []
GOOD: list[str | Good] = []
'''


def main() -> int:
    options = _parse()
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", options.name):
        return _fail(f"{options.name!r} is no name such as missing-eval-set")
    if options.name.startswith("no-"):
        return _fail(f"{options.name!r}: name the bad thing, not its absence")
    path = options.folder / options.group / f"{options.name.replace('-', '_')}.py"
    if path.exists() or options.name in [rule.name for rule in imported_rules()]:
        return _fail(f"the rule {options.name} exists")
    if not path.parent.is_dir():
        path.parent.mkdir()
        (path.parent / "__init__.py").write_text("", "utf-8")
    path.write_text(TEMPLATE.replace("{code}", _next_code(options.group)), "utf-8")
    if options.folder == FOLDER:
        generate_rule_index.write()
    print(f"{path} is made; fill it in, then run: python -m pytest tests/lint")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="what is bad, in words with dashes")
    parser.add_argument("--group", required=True, help="the folder under lint/rules/")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=argparse.SUPPRESS)
    return parser.parse_args()


def _next_code(group: str) -> str:
    """The next free code of a group; a new group's prefix is made of its name's consonants."""
    codes = [rule.code for rule in imported_rules() if rule.group == group]
    if not codes:
        letters = re.sub(r"[^b-df-hj-np-tv-z]", "", group) + group
        return f"{letters[:3].upper()}001"
    highest = max(codes)
    return f"{highest[:3]}{int(highest[3:]) + 1:03}"


def _fail(message: str) -> int:
    print(f"new_rule.py: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
