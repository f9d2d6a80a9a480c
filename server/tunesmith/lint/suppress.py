"""`# tunesmith: ignore[rule-name]`: findings that a user has decided to live with.

Behind code it holds for its line, alone on a line for the next one, as `ignore-file` in the first
lines for the whole document. A command counts with all of its lines. In Markdown it is
`<!-- tunesmith: ignore[rule-name] -->`, which holds for the block below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Protocol, TypeVar

from tunesmith.lint.rule import UNSAFE, Finding, Fix, Rule
from tunesmith.sources.document import CellKind, Document, Kind
from tunesmith.sources.understand import Understanding
from tunesmith.text import Edit, Span, regex

FIRST_LINES = 10
"""Where `ignore-file` may stand."""
MAX_COMMENTS = 500
"""More of them in one document are not looked at, so that a check ends in time."""
_MAX_EXPLANATION = 10
"""Comment lines that may stand between a lone comment and the code that it is for."""

_DIRECTIVE = regex(
    r"(?P<open>#|<!--)[ \t]*tunesmith:[ \t]*(?P<kind>ignore-file|ignore)(?![\w-])"
    r"(?:\[(?P<names>[^\]\r\n]*)\])?(?P<close>[ \t]*-->)?"
)
_NAME = regex(r"[^\s,]+")
_BEFORE_LONE_COMMENT = regex(r"[\s#>*-]*")
_COMMENT_LINE = regex(r"\s*#")
_FENCE = regex(r"[\s>]*(```+|~~~+)")


class _Placed(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def span(self) -> Span: ...


_P = TypeVar("_P", bound=_Placed)


@dataclass(frozen=True)
class Suppression:
    """One comment that suppresses.

    Attributes:
        names: the rules' names or codes as written, with their places.
        span: the comment, up to the end of the directive.
        reach: the lines that it holds for; None where an `ignore-file` stands too far down.
        is_sample: it stands in a Markdown document's code, which often shows how to write one.
        used: those of `names` that suppressed a finding.
    """

    names: Sequence[tuple[str, Span]]
    span: Span
    reach: Span | None
    is_sample: bool
    used: set[str] = field(default_factory=set[str])


@dataclass(frozen=True)
class Suppressions:
    """All comments of a document that suppress findings."""

    understanding: Understanding
    found: Sequence[Suppression]
    rules: Sequence[Rule]
    ignored: frozenset[str]

    @classmethod
    def of(
        cls,
        understanding: Understanding,
        rules: Sequence[Rule],
        ignored: frozenset[str] = frozenset(),
    ) -> Suppressions:
        """The suppressions of a document; `rules` are all there are, those `ignored` do not run."""
        return cls(understanding, tuple(_find(understanding)), rules, ignored)

    def apply(self, findings: Iterable[_P]) -> list[_P]:
        """The findings that no comment suppresses."""
        return [finding for finding in findings if not self._covers(finding)]

    def useless(self) -> Iterator[Finding]:
        """What is wrong with them, once `apply` has seen all findings."""
        for suppression in self.found:
            if suppression.is_sample:
                continue
            if not suppression.names:
                message = "This names no rule: write `tunesmith: ignore[rule-name]`."
                yield Finding(suppression.span, message)
            elif suppression.reach is None:
                message = f"`ignore-file` holds only in the first {FIRST_LINES} lines: move it up."
                yield Finding(suppression.span, message)
            else:
                yield from self._useless_names(suppression)

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[Suppression]]:
        by_name: dict[str, list[Suppression]] = {}
        for suppression in self.found:
            for name, _ in suppression.names:
                by_name.setdefault(name, []).append(suppression)
        return by_name

    def _covers(self, finding: _Placed) -> bool:
        """Whether a comment suppresses a finding; notes which ones are of use."""
        is_covered = False
        for name in (finding.name, finding.code):
            for suppression in self._by_name.get(name, ()):
                if suppression.reach and suppression.reach.touches(self._extent(finding)):
                    suppression.used.add(name)
                    is_covered = True
        return is_covered

    def _extent(self, finding: _Placed) -> Span:
        """The command that holds a finding, for which a comment beside any of its lines counts."""
        commands = self.understanding.commands
        return next((c.span for c in commands if c.span.contains(finding.span)), finding.span)

    def _useless_names(self, suppression: Suppression) -> Iterator[Finding]:
        by_name = {name: rule for rule in self.rules for name in (rule.name, rule.code)}
        for name, span in suppression.names:
            rule = by_name.get(name)
            if rule is None:
                yield _unknown(name, span, by_name)
            elif name not in suppression.used and self._ran(rule):
                message = f"Nothing is found here by {name}: this suppression is not needed."
                edit = _removal(self.understanding.document, suppression, span)
                yield Finding(span, message, Fix("Remove the suppression", [edit], UNSAFE))

    def _ran(self, rule: Rule) -> bool:
        is_ignored = bool(self.ignored & {rule.name, rule.code})
        return not is_ignored and self.understanding.unreadable is None


def _unknown(name: str, span: Span, known: Iterable[str]) -> Finding:
    import difflib

    likely = difflib.get_close_matches(name, list(known), n=1)
    if not likely:
        return Finding(span, f"No rule is called {name!r}; `tunesmith rule --all` lists them.")
    fix = Fix(f"Change to {likely[0]}", [Edit(span, likely[0])], UNSAFE)
    return Finding(span, f"No rule is called {name!r}; do you mean {likely[0]!r}?", fix)


def _find(understanding: Understanding) -> Iterator[Suppression]:
    document, script = understanding.document, understanding.script
    is_python = document.kind in (Kind.PYTHON, Kind.NOTEBOOK)
    if is_python and script is None and understanding.unreadable is None:
        return  # nothing in it concerns us, so that it was not read
    comments = list(script.comments) if script else None
    for match in islice(_DIRECTIVE.finditer(document.text), MAX_COMMENTS):
        is_html = match["open"] == "<!--"
        is_markdown = _is_markdown(document, match.start())
        if is_html and not is_markdown:
            continue
        span = Span(*match.span())
        if comments is not None and not is_html and not any(c.contains(span) for c in comments):
            continue
        start = match.start("names")
        names = [
            (name[0], Span(start + name.start(), start + name.end()))
            for name in _NAME.finditer(match["names"] or "")
        ]
        is_for_file = match["kind"] == "ignore-file"
        reach = _whole(document, span) if is_for_file else _reach(understanding, span, is_html)
        yield Suppression(names, span, reach, is_markdown and not is_html)


def _is_markdown(document: Document, offset: int) -> bool:
    cell = document.cell_at(offset)
    if cell is not None:
        return document.cells[cell].kind is CellKind.MARKDOWN
    return document.kind is Kind.MARKDOWN


def _whole(document: Document, span: Span) -> Span | None:
    is_at_top = document.lines.position(span.start).line < FIRST_LINES
    return Span(0, len(document.text)) if is_at_top else None


def _reach(understanding: Understanding, span: Span, is_html: bool) -> Span:
    document = understanding.document
    lines = document.lines
    line = lines.position(span.start).line
    own = lines.line_span(line)
    if not _BEFORE_LONE_COMMENT.fullmatch(document.text[own.start : span.start]):
        return own
    last = _last_line_of(document, line)
    header = understanding.header
    if line == last:
        return own
    if is_html:
        end = _end_of_block(document, line + 1, last)
    elif header and header.span.contains(span):
        end = line + 1
    else:
        end = _first_code_line(document, line + 1, last)
    return Span(lines.line_span(line + 1).start, lines.line_span(end).end)


def _last_line_of(document: Document, line: int) -> int:
    """The last line of the cell, or of the document, that holds a line."""
    lines = document.lines
    cell = document.cell_at(lines.line_span(line).start)
    return (
        lines.line_count - 1 if cell is None else lines.position(document.cells[cell].span.end).line
    )


def _first_code_line(document: Document, line: int, last: int) -> int:
    last = min(last, line + _MAX_EXPLANATION)
    while line < last and _COMMENT_LINE.match(document.lines.line_text(line)):
        line += 1
    return line


def _end_of_block(document: Document, line: int, last: int) -> int:
    """The last line of the Markdown block that begins at a line or below: fence or paragraph."""
    text_of = document.lines.line_text
    while line < last and not text_of(line).strip():
        line += 1
    fence = _FENCE.match(text_of(line))
    while line < last:
        line += 1
        if fence and text_of(line).strip(" \t>").startswith(fence[1]):
            return line
        if not fence and not text_of(line).strip():
            return line - 1
    return line


def _removal(document: Document, suppression: Suppression, name: Span) -> Edit:
    """Delete a name, or the whole directive where it has no other."""
    text = document.text
    if len(suppression.names) > 1:
        is_last = name == suppression.names[-1][1]
        pattern = re.compile(r"[ \t]*,?[ \t]*" if not is_last else r"[ \t]*")
        behind = pattern.match(text, name.end)
        before = re.search(r"[ \t]*,[ \t]*\Z", text[: name.start]) if is_last else None
        start = before.start() if before else name.start
        return Edit(Span(start, behind.end() if behind else name.end), "")
    line = document.lines.line_span(document.lines.position(suppression.span.start).line)
    start, end = suppression.span
    if text[end : line.end].strip():
        return Edit(Span(start, end + 1 if text[end] == " " else end), _opening(text[start:end]))
    if text[line.start : start].strip():
        start = line.start + len(text[line.start : start].rstrip())
        return Edit(Span(start, line.end), "")
    line_break = re.compile(r"\r\n|\n|\r").match(text, line.end)
    return Edit(Span(line.start, line_break.end() if line_break else line.end), "")


def _opening(directive: str) -> str:
    """What must stay of a comment's beginning when more of the comment follows."""
    if directive.startswith("#"):
        return "# "
    return "" if directive.endswith("-->") else "<!-- "
