"""Edits of a PEP 723 header: a requirement put in, a header where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunesmith.sources.script_header import ScriptHeader
from tunesmith.sources.toml import Place
from tunesmith.text import Edit, Span, regex

_BEFORE_HEADER = regex(r"\ufeff?(?:#!.*(?:\r\n|\n|\r))?(?:#.*coding[:=].*(?:\r\n|\n|\r))?")
_LINE_BREAK = regex(r"\r\n|\n|\r")
_OPENING = "# /// script"


def requirement_insertion(header: ScriptHeader, requirement: str, text: str) -> Sequence[Edit]:
    """Put a requirement behind the others, in their layout; nothing where a header has errors."""
    place = header.places.get(("dependencies",))
    if header.errors or not header.toml.text:
        return ()
    if place is None:
        line = f'{_newline(text)}# dependencies = ["{requirement}"]'
        return [_insertion(header.span.start + len(_OPENING), line)]
    if not place.elements:
        return [_insertion(header.toml.starts[place.value.start] + 1, f'"{requirement}"')]
    return _behind_last(header, place, requirement, _newline(text))


def _behind_last(
    header: ScriptHeader, place: Place, requirement: str, newline: str
) -> Sequence[Edit]:
    toml = header.toml
    (start, end), comma = place.elements[-1]
    quote = toml.text[start]
    item = f"{quote}{requirement}{quote}"
    indent = toml.text[toml.text.rfind("\n", 0, start) + 1 : start]
    behind = comma.end if comma else end
    line_end = toml.text.find("\n", behind)
    if indent.strip():
        return [_insertion(toml.ends[end - 1], f", {item}")]
    line = f"{newline}# {indent}{item}"
    if line_end < 0 or line_end >= place.value.end:
        return [_insertion(toml.ends[end - 1], f",{line}")]
    if comma:
        return [_insertion(toml.starts[line_end], f"{line},")]
    comma_edit = _insertion(toml.ends[end - 1], ",")
    return [comma_edit, _insertion(toml.starts[line_end], line)]


def flavor_edits(header: ScriptHeader, flavor: str, text: str) -> Sequence[Edit]:
    """Name the machine of jobs in `[tool.hf-jobs]`; nothing where that is written another way."""
    return table_edits(header, {"flavor": flavor}, text)


def table_edits(header: ScriptHeader, values: Mapping[str, str], text: str) -> Sequence[Edit]:
    """Put strings into `[tool.hf-jobs]`; nothing where that is written another way."""
    if header.errors or not header.toml.text:
        return ()
    spans = {name: header.value_span("tool", "hf-jobs", name) for name in values}
    changed = [Edit(span, f'"{values[name]}"') for name, span in spans.items() if span]
    newline = _newline(text)
    added = [f'# {name} = "{values[name]}"' for name, span in spans.items() if span is None]
    if not added:
        return changed
    lines = newline.join(added)
    table = header.key_span("tool", "hf-jobs")
    if table and text[table.start] == "[":
        return [_insertion(table.end, newline + lines), *changed]
    if header.jobs_table is not None:
        return ()  # in one line, or by dotted keys
    closing = header.span.end - len("# ///")
    return [_insertion(closing, f"# [tool.hf-jobs]{newline}{lines}{newline}")]


def new_header(requirements: Sequence[str], text: str) -> Edit:
    """Begin a script with a header, behind `#!` and the coding where these are."""
    newline = _newline(text)
    listed = [f'#     "{requirement}",' for requirement in requirements]
    lines = [_OPENING, "# dependencies = [", *listed, "# ]", "# ///", "", ""]
    match = _BEFORE_HEADER.match(text)
    return _insertion(match.end() if match else 0, newline.join(lines))


def _newline(text: str) -> str:
    first = _LINE_BREAK.search(text)
    return first[0] if first else "\n"


def _insertion(offset: int, text: str) -> Edit:
    return Edit(Span(offset, offset), text)


def closing_edits(text: str, opening_end: int) -> Sequence[Edit]:
    """Edits that close a header whose lines only lack `# ` or a blank; nothing if more is wrong.

    Args:
        text: the script.
        opening_end: where its line `# /// script` ends.
    """
    edits: list[Edit] = []
    for line in _LINE.finditer(text, opening_end + 1):
        span, written = Span(*line.span()), line[0]
        if _END.fullmatch(written):
            return edits if written == "# ///" else [*edits, Edit(span, "# ///")]
        if written.strip() and not written.startswith("#"):
            return ()
        if not written.strip():
            edits.append(Edit(span, "#"))
        elif not written.startswith("# ") and written != "#":
            edits.append(Edit(Span(span.start, span.start + 1), "# "))
    return ()


_LINE = regex(r"(?<![^\r\n])[^\r\n]*(?![^\r\n])")
_END = regex(r"#[ \t]*/{2,4}[ \t]*")
