"""Adds the newest releases to the tables in knowledge/data: npm run update-tables

Usage: python scripts/update_tables.py [--rescan] [PACKAGE ...]

Asks the package index that pip is configured for, and reads what the tables lack; `--rescan` reads
every release again.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tables import releases, rows
from tables.cache import Reader
from tables.index import File, Index
from tables.tracked import PACKAGES
from tunesmith.knowledge.tables import FORMAT

THREADS = 8


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help="all tracked ones if none")
    parser.add_argument("--rescan", action="store_true", help="read every release again")
    options = parser.parse_args(arguments)
    unknown = set(options.packages) - PACKAGES.keys()
    if unknown:
        parser.error(f"not tracked: {', '.join(sorted(unknown))}; see scripts/tables/tracked.py")
    update(options.packages or list(PACKAGES), is_rescan=options.rescan)
    return 0


def update(packages: Sequence[str], *, is_rescan: bool) -> None:
    index = Index()
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    with ThreadPoolExecutor(THREADS) as pool:
        for package in packages:
            update_releases(package, index, pool, today, is_rescan=is_rescan)
    write_about()


def update_releases(
    package: str, index: Index, pool: ThreadPoolExecutor, today: str, *, is_rescan: bool
) -> None:
    """Write the table of a package's releases anew, reading only what is new."""
    old = rows.read(f"releases/{package}") or {"releases": {}}
    is_known = not is_rescan and old.get("tracked") == releases.tracked_mark()
    known = releases.expand(old) if is_known else {}
    found = releases.listed(index.files(package), PACKAGES[package])
    missing = [release for release in found if release not in known]
    texts = pool.map(lambda release: _requirements(index, found[release]), missing)
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


def write_about() -> None:
    """Say in tables.json what there is; its date is that of the oldest table of releases."""
    dates = [(rows.read(f"releases/{package}") or {}).get("date") for package in PACKAGES]
    known = [date for date in dates if date]
    rows.write("tables", {"format": FORMAT, "date": min(known), "packages": sorted(PACKAGES)})


if __name__ == "__main__":
    sys.exit(main())
