"""Whether the tables in the tree are sound: they are edited by machines only, and merged by Git."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.version import Version

from tables import releases, rows, signatures
from tables.tracked import PACKAGES, SCANNED
from tunesmith.knowledge.tables import FORMAT


def about() -> dict[str, Any]:
    """What tables.json says: its date is that of the oldest table of releases."""
    dates = [(rows.read(f"releases/{package}") or {}).get("date") for package in PACKAGES]
    date = min((date for date in dates if date), default=None)
    return {"format": FORMAT, "date": date, "packages": sorted(PACKAGES)}


def problems(today: datetime.date) -> Iterator[str]:
    """What is wrong with the tables, one line each."""
    yield from _of_files("releases", PACKAGES)
    yield from _of_files("signatures", SCANNED)
    if rows.read("tables") != about():
        yield "tables.json does not say what there is"
    for package in PACKAGES:
        if table := rows.read(f"releases/{package}"):
            yield from (f"releases/{package}: {each}" for each in of_releases(table, today))
    for package in SCANNED:
        table, known = rows.read(f"signatures/{package}"), rows.read(f"releases/{package}")
        if table and known:
            wrong = of_signatures(table, known["releases"], today)
            yield from (f"signatures/{package}: {each}" for each in wrong)


def of_releases(table: Mapping[str, Any], today: datetime.date) -> Iterator[str]:
    """What is wrong with a table of releases."""
    yield from _of_date(table, today)
    yield from _of_order(table["releases"])
    latest = max(table["releases"].values(), default="")
    if latest[:10] > table["date"]:
        yield f"a release of {latest} is newer than the table's date, {table['date']}"
    again = releases.compress(releases.expand(table), table["date"], table["from"])
    if rows.text_of(again) != rows.text_of(table):
        yield "is not written as a run of update-tables writes it"
    if table["tracked"] != releases.tracked_mark():
        yield "was made when other packages were tracked"


def of_signatures(
    table: Mapping[str, Any], released: Iterable[str], today: datetime.date
) -> Iterator[str]:
    """What is wrong with a table of signatures."""
    yield from _of_date(table, today)
    yield from _of_order(table["releases"])
    if unknown := sorted(set(table["releases"]) - set(released)):
        yield f"has releases that the table of releases lacks: {', '.join(unknown)}"
    again = signatures.compress(signatures.expand(table), table["date"])
    if rows.text_of(again) != rows.text_of(table):
        yield "is not written as a run of update-tables writes it"


def _of_files(folder: str, packages: Iterable[str]) -> Iterator[str]:
    there = {path.stem for path in (rows.DATA / folder).glob("*.json")}
    for package in sorted(there ^ set(packages)):
        yield f"{folder}/{package}.json is {'not tracked' if package in there else 'missing'}"


def _of_date(table: Mapping[str, Any], today: datetime.date) -> Iterator[str]:
    tomorrow = today + datetime.timedelta(days=1)  # clocks differ
    if not datetime.date(2023, 1, 1) < datetime.date.fromisoformat(table["date"]) <= tomorrow:
        yield f"has the date {table['date']}, expected one up to {today}"


def _of_order(releases: Iterable[str]) -> Iterator[str]:
    versions = list(map(Version, releases))
    if versions != sorted(set(versions)):
        yield "does not name each release once, ascending"
