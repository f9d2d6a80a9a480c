"""What an editor does with an answer of the server: it makes the edits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tunesmith.text import Edit, LineIndex, Position, Span, apply_edits

Json = dict[str, Any]


def apply_workspace_edit(texts: dict[str, str], versions: dict[str, int], edit: Json) -> None:
    """Make the changes in `texts`, by URI; the versions must be those of the editor."""
    for change in edit["documentChanges"]:
        document = change["textDocument"]
        uri = document["uri"]
        assert document["version"] == versions[uri]
        texts[uri] = apply_text_edits(texts[uri], change["edits"])


def apply_text_edits(text: str, edits: Iterable[Json]) -> str:
    lines = LineIndex(text)

    def offset(position: Json) -> int:
        return lines.utf16_offset(Position(position["line"], position["character"]))

    ours = [
        Edit(Span(offset(each["range"]["start"]), offset(each["range"]["end"])), each["newText"])
        for each in edits
    ]
    return apply_edits(text, ours)


def underlined(text: str, range_: Json) -> str:
    """The text that a range underlines."""
    lines = LineIndex(text)
    start, end = range_["start"], range_["end"]
    return text[
        lines.utf16_offset(Position(start["line"], start["character"])) : lines.utf16_offset(
            Position(end["line"], end["character"])
        )
    ]
