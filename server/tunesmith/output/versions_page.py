"""`tunesmith versions`: which releases a script gets, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tunesmith.errors import UserError
from tunesmith.knowledge import tables, versions
from tunesmith.knowledge.overview import Overview, overview
from tunesmith.knowledge.versions import InForce
from tunesmith.one_script import read_script
from tunesmith.output.failure import fail
from tunesmith.output.result import place_of
from tunesmith.output.text_format import printable
from tunesmith.project import Project
from tunesmith.sources.document import Document
from tunesmith.sources.requirements import Pin


def show_versions(name: str, *, as_json: bool) -> int:
    """Print what a script gets; returns the exit status.

    0: its requirements can be installed; 2: they cannot, or the file cannot be read.
    """
    try:
        one = read_script(name)
    except UserError as error:
        return fail(name, error)
    found = overview(one.script, one.project)
    if as_json:
        print(_json(name, found, one.script.document))
    else:
        for line in _text(name, found, one.project):
            print(printable(line))
    return 2 if found.clashes else 0


def _text(name: str, found: Overview, project: Project) -> Iterator[str]:
    rows = [(each.package, str(each.version or "unknown"), each.reason) for each in _rows(found)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for package, version, reason in rows:
        yield f"{package:{widths[0]}}  {version:{widths[1]}}  {reason}"
    if not found.packages:
        yield f"{name} requires and imports no package that the tables have"
    for clash in found.clashes:
        yield "These cannot be installed together:"
        yield from (f"  {cause}" for cause in clash)
    date = versions.stale_since(project)
    if date:
        yield f"The tables are of {date.isoformat()}: `tunesmith update` fetches newer ones"


def _rows(found: Overview) -> Iterator[InForce]:
    yield from found.packages
    yield found.python


def _json(name: str, found: Overview, document: Document) -> str:
    return json.dumps(
        {
            "filename": name,
            "tables": tables.date().isoformat(),
            "python": _entry(found.python, document),
            "packages": [_entry(each, document) for each in found.packages],
            "clashes": [[str(cause) for cause in clash] for clash in found.clashes],
        },
        indent=2,
    )


def _without_address(pin: Pin) -> str:
    """A requirement; the address of one from a URL is left out, as it may carry a password."""
    return pin.name if pin.requirement.url else pin.text or str(pin.requirement)


def _entry(each: InForce, document: Document) -> dict[str, Any]:
    return {
        "name": each.package,
        "version": str(each.version) if each.version else None,
        "reason": each.reason,
        "is_assumed": each.is_assumed,
        "stated": [
            {
                "requirement": _without_address(pin),
                "origin": pin.origin,
                "path": str(pin.path) if pin.path else None,
                "row": place_of(document, pin.span.start).row
                if pin.span and pin.path == document.path
                else None,
            }
            for pin in each.stated
        ],
    }
