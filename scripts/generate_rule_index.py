"""Writes lint/rules.json from the rules' own files; with --check, only compares."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from tunesmith.lint import rules as rules_package
from tunesmith.lint.rule import Rule
from tunesmith.lint.rule_index import PATH, written_index


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if it is out of date")
    is_check = parser.parse_args().check
    if not is_check:
        write()
    elif PATH.read_text("utf-8") != written_index(imported_rules()):
        print(f"{PATH.name} is not what the rules say: run `npm run check -- --fix`")
        return 1
    return 0


def write() -> None:
    PATH.write_text(written_index(imported_rules()), "utf-8", newline="\n")


def imported_rules() -> Sequence[Rule]:
    """Every rule of the package by code; a rule is a module with a `check` made by `@rule`."""
    found: list[Rule] = []
    for group in pkgutil.iter_modules(rules_package.__path__, f"{rules_package.__name__}."):
        package = importlib.import_module(group.name)
        for module in pkgutil.iter_modules(package.__path__, f"{group.name}."):
            found.append(importlib.import_module(module.name).check)
    return sorted(found, key=lambda rule: rule.code)


if __name__ == "__main__":
    sys.exit(main())
