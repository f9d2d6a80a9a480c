"""The PEP 723 header of a script: its requirements, `[tool.uv]` and `[tool.hf-jobs]`.

Format: https://packaging.python.org/en/latest/specifications/inline-script-metadata/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, cast

from tunesmith.named_tuple import NamedTuple
from tunesmith.pep508 import (
    InvalidRequirement,
    InvalidSpecifier,
    Requirement,
    SpecifierSet,
    canonicalize_name,
)
from tunesmith.sources.document import CellKind, Document, Kind
from tunesmith.sources.toml import Element, Place, places, read_toml
from tunesmith.text import MappedText, Span, regex


class HeaderRequirement(NamedTuple):
    """One entry of `dependencies`.

    Attributes:
        text: the entry as TOML gives it.
        requirement: what it means; None where it is no valid requirement.
        span: the string with its quotes, in the document.
        removal: what to delete so that the entry is gone and the header stays valid: the string
            with its comma, and its whole line where nothing else stands on it.
    """

    text: str
    requirement: Requirement | None
    span: Span
    removal: Span

    @property
    def name(self) -> str | None:
        """The normalised distribution name."""
        return canonicalize_name(self.requirement.name) if self.requirement else None


class HeaderError(NamedTuple):
    """Why a header cannot be used, and where."""

    span: Span
    message: str


class ScriptHeader(NamedTuple):
    """A script's `# /// script` block.

    Attributes:
        path: the script.
        span: the whole block, from `# /// script` to `# ///`.
        table: the TOML as Python values; empty where it does not parse.
        dependencies: the entries with their places, in order.
        errors: bad TOML, a second block, wrong types; such a header gives no findings but these.
        toml: its TOML, with the place of every character.
    """

    path: PurePosixPath
    span: Span
    table: Mapping[str, Any]
    dependencies: Sequence[HeaderRequirement]
    errors: Sequence[HeaderError] = ()
    toml: MappedText = MappedText("", (), ())

    @property
    def requires_python(self) -> str | None:
        """The Python versions that it asks for, as written."""
        value = self.table.get("requires-python")
        return value if isinstance(value, str) else None

    @property
    def uv_table(self) -> Mapping[str, Any] | None:
        """`[tool.uv]`; None where there is none."""
        return self._tool("uv")

    @property
    def jobs_table(self) -> Mapping[str, Any] | None:
        """`[tool.hf-jobs]`; None where there is none."""
        return self._tool("hf-jobs")

    @property
    def ignored_rules(self) -> frozenset[str]:
        """`ignore` of `[tool.tunesmith]`: the names of rules that stay silent in this script."""
        names = (self._tool("tunesmith") or {}).get("ignore")
        listed = cast("list[object]", names) if isinstance(names, list) else []
        return frozenset(name for name in listed if isinstance(name, str))

    def requirement(self, name: str) -> HeaderRequirement | None:
        """The first entry of that distribution; `name` is normalised."""
        return next((entry for entry in self.dependencies if entry.name == name), None)

    def key_span(self, *key: str) -> Span | None:
        """Where a key stands: `key_span("tool", "hf-jobs", "flavor")`."""
        place = self.places.get(key)
        return self.toml.span(*place.key) if place else None

    def value_span(self, *key: str) -> Span | None:
        """Where a key's value stands, quotes and brackets included."""
        place = self.places.get(key)
        return self.toml.span(*place.value) if place else None

    @cached_property
    def places(self) -> Mapping[tuple[str, ...], Place]:
        """The place of every key in `toml`."""
        return places(self.toml.text)

    def _tool(self, name: str) -> Mapping[str, Any] | None:
        tools = self.table.get("tool")
        table = cast("dict[str, Any]", tools).get(name) if isinstance(tools, dict) else None
        return cast("dict[str, Any]", table) if isinstance(table, dict) else None


def find_header(document: Document) -> ScriptHeader | None:
    """The header of a script or of a notebook's code cells; None where there is none."""
    blocks = [block for part in _python_parts(document) for block in _blocks(document.text, part)]
    if not blocks:
        return None
    first = blocks[0]
    if not first.is_closed:
        message = (
            "This script header is never closed: every line from `# /// script` to `# ///`, "
            "blank ones too, must begin with `#`, and the last one is `# ///`."
        )
        return ScriptHeader(document.path, first.span, {}, (), (HeaderError(first.span, message),))
    header = _read(document, first)
    repeated = [
        HeaderError(block.span, "A script has only one header: merge this one into the first.")
        for block in blocks[1:]
        if block.is_closed
    ]
    return header._replace(errors=(*header.errors, *repeated)) if repeated else header


class _Block(NamedTuple):
    """A header's lines; `content` are those between the first and the last."""

    span: Span
    content: Sequence[Span]
    is_closed: bool


_OPENING = "# /// script"
_CLOSING = "# ///"
_COMMENT_LINE = regex(r"(?:\A|(?<=[\r\n]))#(?: [^\r\n]*)?(?=[\r\n]|\Z)")
_OTHER_OPENING = regex(r"# /// [a-zA-Z0-9-]+\Z")
_LINE_BREAK = regex(r"\r\n|\n|\r")


def _python_parts(document: Document) -> Sequence[Span]:
    if document.kind is Kind.NOTEBOOK:
        return [cell.span for cell in document.cells if cell.kind is CellKind.CODE]
    return [Span(0, len(document.text))]


def _blocks(text: str, part: Span) -> Iterator[_Block]:
    for run in _comment_runs(text, part):
        lines = [text[start:end] for start, end in run]
        first = next((i for i, line in enumerate(lines) if _OTHER_OPENING.match(line)), None)
        if first is None or lines[first] != _OPENING:
            continue
        last = len(lines) - 1
        while last > first and lines[last] != _CLOSING:
            last -= 1
        if last > first + 1:
            yield _Block(Span(run[first].start, run[last].end), run[first + 1 : last], True)
        else:
            yield _Block(run[first], (), False)


def _comment_runs(text: str, part: Span) -> Iterator[list[Span]]:
    """The lines of each stretch of lines that are `#` or begin with `# `."""
    if _OPENING not in text:
        return
    run: list[Span] = []
    for match in _COMMENT_LINE.finditer(text, part.start, part.end):
        if run and text[run[-1].end : match.start()] not in ("\n", "\r\n", "\r"):
            yield run
            run = []
        run.append(Span(*match.span()))
    if run:
        yield run


def _read(document: Document, block: _Block) -> ScriptHeader:
    toml = _toml_of(document.text, block.content)
    try:
        table = read_toml(toml.text)
    except ValueError as error:
        found = _toml_error(error, toml, block)
        return ScriptHeader(document.path, block.span, {}, (), (found,))
    header = ScriptHeader(document.path, block.span, table, (), (), toml)
    errors = tuple(_type_errors(header))
    entries = () if errors else tuple(_entries(header, document))
    return ScriptHeader(document.path, block.span, table, entries, errors, toml)


def _toml_of(text: str, content: Sequence[Span]) -> MappedText:
    """The TOML of a block, with the place of every character."""
    parts: list[MappedText] = []
    for start, end in content:
        parts.append(MappedText.slice(text, Span(min(start + 2, end), end)))
        line_break = _LINE_BREAK.match(text, end)
        break_end = line_break.end() if line_break else end
        parts.append(MappedText("\n", (end,), (break_end,)))
    return MappedText.join(parts)


_TOML_PLACE = regex(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")


def _toml_error(error: ValueError, toml: MappedText, block: _Block) -> HeaderError:
    message = str(error)
    place = _TOML_PLACE.search(message)
    lines = toml.text.split("\n")
    index, column = len(block.content) - 1, 0
    if place and place[1]:
        index, column = int(place[1]) - 1, int(place[2]) - 1
    index = min(index, len(block.content) - 1)
    start, end = block.content[index]
    start = min(start + 2 + min(column, max(0, len(lines[index]) - 1)), max(start, end - 1))
    reason = _TOML_PLACE.sub("", message)
    return HeaderError(Span(start, end), f"This script header is no valid TOML: {reason}.")


def _type_errors(header: ScriptHeader) -> Iterator[HeaderError]:
    table = header.table
    dependencies = table.get("dependencies", [])
    if not _is_list_of_strings(dependencies):
        yield _error(header, "dependencies", 'a list of strings such as ["trl>=1.16"]')
    python = table.get("requires-python", "")
    if not isinstance(python, str) or not _is_specifier(python):
        yield _error(header, "requires-python", 'a version specifier such as ">=3.10"')
    tools: Any = table.get("tool", {})
    if not isinstance(tools, dict):
        yield _error(header, "tool", "a table such as [tool.uv]")
        return
    for name in ("uv", "hf-jobs"):
        if not isinstance(cast("dict[str, Any]", tools).get(name, {}), dict):
            yield _error(header, "tool", name, "a table")


def _error(header: ScriptHeader, *key_and_expected: str) -> HeaderError:
    *key, expected = key_and_expected
    value: Any = header.table
    for part in key:
        value = value[part]
    span = header.value_span(*key) or header.value_span(key[0]) or header.span
    return HeaderError(span, f"`{'.'.join(key)}` is {_shown(value)}; expected {expected}.")


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _is_list_of_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in cast("list[object]", value))


def _is_specifier(text: str) -> bool:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


def _entries(header: ScriptHeader, document: Document) -> Iterator[HeaderRequirement]:
    place = header.places.get(("dependencies",))
    texts = header.table.get("dependencies", [])
    if place is None or len(place.elements) != len(texts):
        return
    for index, (text, element) in enumerate(zip(texts, place.elements, strict=True)):
        previous = place.elements[index - 1] if index else None
        span = header.toml.span(*element.span)
        removal = _removal(header.toml, document, element, previous)
        yield HeaderRequirement(text, _requirement(text), span, removal)


def _requirement(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _removal(
    toml: MappedText, document: Document, element: Element, previous: Element | None
) -> Span:
    text = toml.text
    start, end = element.span.start, (element.comma or element.span).end
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    before, behind = text[line_start:start], text[end:line_end]
    if not before.strip() and not behind.strip():
        first_line = document.lines.position(toml.starts[start]).line
        return Span(document.lines.line_span(first_line).start, toml.ends[line_end])
    if element.comma:
        end += len(behind) - len(behind.lstrip(" \t")) if behind.strip() else 0
    elif previous and previous.comma and line_start <= previous.comma.start:
        start = previous.comma.start
    return toml.span(start, end)
