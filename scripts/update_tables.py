"""Adds the newest releases to the tables in knowledge/data: npm run update-tables

Usage: python scripts/update_tables.py [--rescan] [PACKAGE ...]

Asks the package index that pip is configured for, and reads what the tables lack; `--rescan` reads
the metadata and sources of every release again. `--check` asks nobody, and tells whether the tables
are sound.
"""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import cache
from itertools import repeat

from packaging.version import Version

import generate_configurations
import generate_hf_cli
from tables import releases, rows, signatures
from tables.cache import Reader
from tables.checks import about, problems
from tables.index import File, Index
from tables.tracked import PACKAGES, SCANNED
from tunesmith.knowledge.scan.scanner import scan
from tunesmith.knowledge.scan.types import Scan

PROCESSES, THREADS = 3, 8

Found = Mapping[str, Sequence[File]]
"""Releases, ascending -> the files of each."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help="all tracked ones if none")
    parser.add_argument("--rescan", action="store_true", help="read every release again")
    parser.add_argument("--check", action="store_true", help="tell whether the tables are sound")
    options = parser.parse_args(arguments)
    if options.check:
        return check()
    unknown = set(options.packages) - PACKAGES.keys()
    if unknown:
        parser.error(f"not tracked: {', '.join(sorted(unknown))}; see scripts/tables/tracked.py")
    update(options.packages or list(PACKAGES), is_rescan=options.rescan)
    return 0


def update(packages: Sequence[str], *, is_rescan: bool) -> None:
    index = Index()
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    spawn = multiprocessing.get_context("spawn")  # a fork would take the threads' locks along
    with (
        ThreadPoolExecutor(THREADS) as threads,
        ProcessPoolExecutor(PROCESSES, spawn) as processes,
    ):
        for package in packages:
            found = releases.listed(index.files(package), PACKAGES[package])
            update_releases(package, found, index, threads, today, is_rescan=is_rescan)
            if package in SCANNED:
                update_signatures(package, found, processes, today, is_rescan=is_rescan)
    if "huggingface-hub" in packages:
        generate_hf_cli.update()
    if "transformers" in packages:
        generate_configurations.update()
    rows.write("tables", about())


def update_releases(
    package: str,
    found: Found,
    index: Index,
    threads: Executor,
    today: str,
    *,
    is_rescan: bool,
) -> None:
    """Write the table of a package's releases anew, reading only what is new."""
    old = rows.read(f"releases/{package}") or {}
    is_known = not is_rescan and old.get("tracked") == releases.tracked_mark()
    known = releases.expand(old) if is_known else {}
    missing = [release for release in found if release not in known]
    texts = threads.map(lambda release: _requirements(index, found[release]), missing)
    # Not in the threads: some Pythons cannot parse literals in several threads at once.
    read = dict(zip(missing, map(releases.tracked_requires, texts), strict=True))
    table = {
        release: releases.row_of(
            files, read[release] if release in read else known[release].requires
        )
        for release, files in found.items()
    }
    print(f"{package}: {len(table)} releases, {len(missing)} read", flush=True)
    rows.write(f"releases/{package}", releases.compress(table, today, PACKAGES[package]))


def _requirements(index: Index, files: Sequence[File]) -> Sequence[str]:
    with closing(Reader(index, releases.preferred(files))) as reader:
        return reader.requirements()


def update_signatures(
    package: str, found: Found, processes: Executor, today: str, *, is_rescan: bool
) -> None:
    """Write the table of a library's signatures anew, scanning only what is new."""
    old = rows.read(f"signatures/{package}")
    known = signatures.expand(old) if old and not is_rescan else {}
    wheels = {
        release: releases.preferred(files)
        for release, files in found.items()
        if not Version(release).is_prerelease and Version(release) >= Version(SCANNED[package])
    }
    wheels = {release: file for release, file in wheels.items() if file.is_wheel}
    missing = [release for release in wheels if release not in known]
    work = processes.map(scanned, repeat(package), [wheels[release] for release in missing])
    read = dict(zip(missing, work, strict=True))
    known.update(read)
    # Some wheels were published without their sources.
    scans = {release: known[release] for release in wheels if known[release]}
    print(f"{package}: {len(scans)} releases, {len(missing)} scanned", flush=True)
    rows.write(f"signatures/{package}", signatures.compress(scans, today))


def scanned(package: str, wheel: File) -> Scan:
    """What a wheel's source files tell."""
    with closing(Reader(_index(), wheel)) as reader:
        return scan(package, reader.text, reader.files())


_index = cache(Index)


def check() -> int:
    """Whether the tables in the tree are sound."""
    found = list(problems(datetime.datetime.now(datetime.timezone.utc).date()))
    for problem in found:
        print(problem)
    if found:
        print("Write the tables anew: npm run update-tables")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
