"""Checks public repositories, so that findings in real code can be read: one run, one table.

Usage: python scripts/ecosystem.py [--show RULE] [--json FILE] [--read FILE]
                                   [--record [--title TITLE]] FOLDER...

A folder is a git checkout of a repository, or a file that `--json` wrote of some: it keeps every
finding, each with a key, so that a long run can be made in pieces. A file of verdicts maps keys of
findings that somebody has read to "true", or to why they are wrong; `--read` counts them, and
`--show` leaves them out. `--record` writes the counts to docs/accuracy.md, under `--title`,
so that what an earlier run of other repositories wrote there stays.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from record_accuracy import write_section
from tunesmith.errors import internal_error
from tunesmith.files import UnreadableFileError
from tunesmith.knowledge import tables
from tunesmith.knowledge.credentials import ANY_CREDENTIAL
from tunesmith.lint import engine
from tunesmith.lint.rule import Rule
from tunesmith.output.result import place_of
from tunesmith.project import Project
from tunesmith.sources.document import Document
from tunesmith.sources.understand import Understanding
from tunesmith.workspace import Workspace

SLOW = 2.0
"""Seconds of processor time for one file that are worth a look."""
TITLE = "Public repositories"


@dataclass(frozen=True)
class Found:
    """A finding with all that a reader needs."""

    key: str
    rule: str
    severity: str
    place: str
    message: str
    lines: str


@dataclass(frozen=True)
class Checked:
    """A repository as it was found."""

    name: str
    commit: str
    files: int
    relevant: int
    findings: Sequence[Found]
    problems: Sequence[str]
    """Files that Tunesmith failed on, could not read or took long for."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--show", metavar="RULE", help="print this rule's findings (`all`: every)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all findings there")
    parser.add_argument("--read", type=Path, metavar="FILE", help="the verdicts of who read them")
    parser.add_argument("--record", action="store_true", help="write the counts to the docs")
    parser.add_argument("--title", default=TITLE, help="the section of the docs to write")
    options = parser.parse_args(arguments)
    verdicts: Mapping[str, str] = json.loads(options.read.read_text()) if options.read else {}
    checked = checked_of(options.folders)
    for repository in checked:
        for problem in repository.problems:
            print(f"{repository.name}: {problem}", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(list(map(asdict, checked)), indent=1))
    if options.show:
        print("\n\n".join(shown(checked, options.show, verdicts)))
    text = report(checked, verdicts)
    print(text)
    if options.record:
        write_section(options.title, text)
    return 0


def checked_of(paths: Sequence[Path]) -> Sequence[Checked]:
    """What the repositories hold, by name; of one that is given twice, the last counts."""
    files = [path for path in paths if path.suffix == ".json"]
    found = {each.name: each for file in files for each in load(file)}
    with ProcessPoolExecutor() as processes:
        found |= {e.name: e for e in processes.map(check, [p for p in paths if p not in files])}
    return [found[name] for name in sorted(found, key=str.lower)]


def load(file: Path) -> Iterator[Checked]:
    """The repositories in a file that `--json` wrote."""
    for each in json.loads(file.read_text()):
        yield Checked(**{**each, "findings": [Found(**found) for found in each["findings"]]})


def check(folder: Path) -> Checked:
    """Check every file of a repository, as `tunesmith check` does."""
    workspace = Workspace(folder)
    folder = workspace.root
    workspace.scan()
    name = "/".join(_git(folder, "remote", "get-url", "origin").split("/")[-2:]) or folder.name
    findings: list[Found] = []
    problems = [f"{note.path.relative_to(folder)}: {note.message}" for note in workspace.notes]
    relevant = 0
    for path in workspace.files:
        below = path.relative_to(folder).as_posix()
        before = time.process_time()
        try:
            known = workspace.understanding(path)
            problems += [f"{below}: {known.unreadable}"] if known.unreadable else []
            relevant += any(True for _ in known.sources)
            findings += _findings(known, workspace.project, f"{name} {below}", problems)
        except UnreadableFileError as error:
            problems.append(f"{below}: {error}")
        except Exception as error:
            problems.append(f"{below}: {internal_error(error)}")
        took = time.process_time() - before
        if took > SLOW:
            problems.append(f"{below}: took {took:.1f} s")
    commit = _git(folder, "rev-parse", "--short=10", "HEAD")
    return Checked(name, commit, len(workspace.files), relevant, findings, problems)


def _findings(
    known: Understanding, project: Project, name: str, problems: list[str]
) -> Iterator[Found]:
    def on_failure(rule: Rule, error: Exception) -> None:
        problems.append(f"{name.partition(' ')[2]}: rule {rule.name}: {internal_error(error)}")

    for each in engine.check(known, project, on_failure=on_failure):
        at = place_of(known.document, each.span.start)
        place = f"{name}:{f'{at.cell}:' if at.cell else ''}{at.row}"
        lines = _lines(known.document, each.span.start, each.span.end)
        key = f"{place}:{at.column} {each.name}"
        yield Found(key, each.name, each.severity.name.lower(), place, each.message, lines)


def _lines(document: Document, start: int, end: int) -> str:
    """The whole lines that a finding underlines, without the secrets in them."""
    text = document.text
    after = text.find("\n", max(start, end - 1))
    lines = text[text.rfind("\n", 0, start) + 1 : after if after >= 0 else None]
    return ANY_CREDENTIAL.sub("...", lines)


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", os.fspath(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def shown(checked: Iterable[Checked], rule: str, verdicts: Mapping[str, str]) -> Iterator[str]:
    """A rule's findings that nobody has read, as text."""
    for repository in checked:
        for each in repository.findings:
            if rule in (each.rule, "all") and each.key not in verdicts:
                yield f"{each.key} [{each.severity}]\n{each.lines}\n=> {each.message}"


def report(checked: Sequence[Checked], verdicts: Mapping[str, str]) -> str:
    """The tables of the documentation."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    findings = [each for repository in checked for each in repository.findings]
    introduction = (
        f"Written by `scripts/ecosystem.py --record` on {today}, with tables of {tables.date()}: "
        f"{sum(each.files for each in checked):,} files of {len(checked)} repositories, "
        f"{sum(each.relevant for each in checked):,} of them with something to check, "
        f"{len(findings):,} findings. Those counted as read were judged by a reader: would one "
        "defend it before the file's author?"
    )
    return "\n".join(
        [
            introduction,
            "",
            "| rule | findings | repositories | read | true |",
            "|---|---|---|---|---|",
            *_rule_rows(findings, verdicts),
            "",
            f"Rules without a finding: {', '.join(_silent(findings))}.",
            "",
            "| repository | commit | files | findings |",
            "|---|---|---|---|",
            *(f"| {r.name} | {r.commit} | {r.files:,} | {_counted(r.findings)} |" for r in checked),
        ]
    )


def _rule_rows(findings: Iterable[Found], verdicts: Mapping[str, str]) -> Iterator[str]:
    by_rule: dict[str, list[Found]] = {rule.name: [] for rule in engine.all_rules()}
    for each in findings:
        by_rule[each.rule].append(each)
    for rule, found in sorted(by_rule.items(), key=lambda item: (-len(item[1]), item[0])):
        if not found:
            continue
        repositories = {each.key.partition(" ")[0] for each in found}
        read = [verdicts[each.key] for each in found if each.key in verdicts]
        yield (
            f"| {rule} | {len(found):,} | {len(repositories)} "
            f"| {len(read):,} | {read.count('true'):,} |"
        )


def _silent(findings: Iterable[Found]) -> Sequence[str]:
    heard = {each.rule for each in findings}
    return sorted(rule.name for rule in engine.all_rules() if rule.name not in heard)


def _counted(findings: Iterable[Found]) -> str:
    counts = Counter(each.rule for each in findings)
    return ", ".join(f"{rule} {count}" for rule, count in sorted(counts.items())) or "-"


if __name__ == "__main__":
    sys.exit(main())
