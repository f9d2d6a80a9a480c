"""Writes the first section of docs/accuracy.md from the JUnit file of `npm run test:heavy`.

Usage: python scripts/record_accuracy.py RESULTS.xml REQUIREMENTS.txt

A test hands a figure over with pytest's `record_property(name, value)`.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "accuracy.md"

HEADER = """\
# Accuracy

Each section is written by the program that it names.

"""
TITLE = "The real libraries"
INTRODUCTION = """\
Written by `npm run test:heavy`: what Tunesmith says, compared with what the real libraries do.

"""


def main(results: str, requirements: str) -> int:
    suite = ElementTree.parse(results).getroot().find("testsuite")
    if suite is None:
        print(f"{results} holds no test suite; expected a JUnit file of pytest", file=sys.stderr)
        return 2
    write_section(TITLE, INTRODUCTION + report(suite, Path(requirements).read_text("utf-8")))
    return 0


def write_section(title: str, text: str) -> None:
    """Write a section of docs/accuracy.md anew; the others stay as they are."""
    document = TARGET.read_text("utf-8") if TARGET.exists() else HEADER
    TARGET.write_text(with_section(document, title, text), "utf-8")
    print(f"{TARGET.name}: {title!r} is written", file=sys.stderr)


def with_section(document: str, title: str, text: str) -> str:
    """The document with this text below `## title`, in place of what stood there or at the end."""
    header, *sections = re.split(r"^(?=## )", document, flags=re.MULTILINE)
    by_title = {section.partition("\n")[0]: section for section in sections}
    by_title[f"## {title}"] = f"## {title}\n\n{text}"
    return "\n\n".join(part.strip() for part in [header, *by_title.values()]) + "\n"


def report(suite: ElementTree.Element, requirements: str) -> str:
    pins = [line for line in requirements.splitlines() if "==" in line]
    date = suite.get("timestamp", "")[:10]
    lines = [f"Last run: {date}, with {', '.join(pins)}.", "", "| test | results | figures |"]
    lines.append("|---|---|---|")
    tests: dict[str, list[ElementTree.Element]] = {}
    for case in suite.iter("testcase"):
        tests.setdefault(case.get("name", "").partition("[")[0], []).append(case)
    lines += [row(name, cases) for name, cases in tests.items()]
    return "\n".join(lines) + "\n"


def row(name: str, cases: list[ElementTree.Element]) -> str:
    """A test with the outcomes of all its parameters."""
    counts = Counter(map(outcome, cases))
    results = ", ".join(f"{count} {result}" for result, count in counts.items())
    figures = "; ".join(f"{parameters(case)}{figure(case)}" for case in cases if figure(case))
    return f"| {name.removeprefix('test_').replace('_', ' ')} | {results} | {figures or '-'} |"


def parameters(case: ElementTree.Element) -> str:
    _, _, inside = case.get("name", "").partition("[")
    return f"{inside.removesuffix(']')} ".replace("|", "\\|") if inside else ""


def figure(case: ElementTree.Element) -> str:
    return ", ".join(f"{key} {value}" for key, value in properties(case))


def outcome(case: ElementTree.Element) -> str:
    failed = any(case.find(tag) is not None for tag in ("failure", "error"))
    if failed:
        return "**failed**"
    return "skipped" if case.find("skipped") is not None else "passed"


def properties(case: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for each in case.iterfind("properties/property"):
        yield each.get("name", ""), each.get("value", "")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
