"""What fixes would change, as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from tunesmith.output.text_format import printable
from tunesmith.sources.document import Document


def render_diff(name: str, before: Document, after: Document) -> Iterator[str]:
    """The lines of a unified diff, without line breaks; one diff for each cell that changes."""
    if not before.cells:
        yield from _diff(name, before.text, after.text)
    for index, (old, new) in enumerate(zip(before.cells, after.cells, strict=True)):
        old_text, new_text = before.text[slice(*old.span)], after.text[slice(*new.span)]
        yield from _diff(f"{name}:cell {index + 1}", old_text, new_text)


def _diff(name: str, before: str, after: str) -> Iterator[str]:
    if before == after:
        return
    old, new = (
        text.replace("\r\n", "\n").replace("\r", "\n").split("\n") for text in (before, after)
    )
    missing = "\\ No newline at end of file"
    for lines in (old, new):
        if lines[-1]:
            lines[-1] += f"\n{missing}"
        else:
            lines.pop()
    shown = printable(name)
    yield from difflib.unified_diff(old, new, shown, shown, lineterm="")
