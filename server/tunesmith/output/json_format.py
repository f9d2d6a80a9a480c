"""Findings as JSON, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.rule import Fix
from tunesmith.output.result import Result, place_of, shown_path
from tunesmith.sources.document import Document


def render_json(results: Iterable[Result]) -> str:
    """A JSON list with one object for each finding, in ASCII."""
    return json.dumps([finding_fields(r, f) for r in results for f in r.findings], indent=2)


def finding_fields(result: Result, finding: Diagnostic) -> dict[str, Any]:
    """One finding as a JSON object."""
    document = result.document
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.name.lower(),
        "message": finding.message,
        "filename": result.name,
        "location": _location(document, finding.span.start),
        "end_location": _location(document, finding.span.end),
        "cell": place_of(document, finding.span.start).cell,
        "fix": _fix(document, finding.fix) if finding.fix else None,
        "alternatives": [_alternative(document, each) for each in finding.alternatives],
        "url": finding.url,
    }


def _location(document: Document, offset: int) -> dict[str, int]:
    place = place_of(document, offset)
    return {"row": place.row, "column": place.column}


def _fix(document: Document, fix: Fix) -> dict[str, Any]:
    return {
        "applicability": fix.applicability.value,
        "message": fix.title,
        "edits": _edits(document, fix),
    }


def _alternative(document: Document, fix: Fix) -> dict[str, Any]:
    """A fix with the file that it changes; None for the one with the finding."""
    other = fix.document
    filename = shown_path(Path(other.path)) if other else None
    return {**_fix(other or document, fix), "filename": filename}


def _edits(document: Document, fix: Fix) -> Sequence[dict[str, Any]]:
    return [
        {
            "content": edit.text,
            "location": _location(document, edit.span.start),
            "end_location": _location(document, edit.span.end),
            "cell": place_of(document, edit.span.start).cell,
        }
        for edit in fix.edits
    ]
