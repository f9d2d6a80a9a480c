"""Commands as the readers of each format find them: words with places in a stretch of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.launch_command import Argv, Word
from tunesmith.text import MappedText, Span, regex


class Sought(NamedTuple):
    """Which commands are looked for.

    Attributes:
        mention: what every such command says somewhere, whatever quotes, commas and line ends stand
            between.
        beginning: the pattern of its first words where it stands in text for people.
        name_end: the pattern of the last word of its name; what follows may go on as a sentence.
    """

    mention: re.Pattern[str]
    beginning: str
    name_end: re.Pattern[str]


LOGICAL_LINE = regex(r"(?:[^\\\n]|\\[^\n]|\\\n)+")
"""A line with those that a backslash at its end joins to it."""
LAUNCHES = Sought(
    regex(r"\b(?:jobs\W{1,200}(?:scheduled\W{1,200})?|hfjobs\W{1,200})(?:uv\W{1,200})?run\b"),
    r"(?:[\w./~-]*/)?(?:hf|huggingface-cli|hfjobs|huggingface_hub(?:\.[\w.]+)?)(?:@[\w.]+)?"
    r"[ \t]+(?:jobs[ \t]+)?(?:\\\n[ \t]*)?(?:scheduled|uv|run)\b",
    regex("run"),
)
"""The commands that start a job."""

UNKNOWN_PART = "\x01"
"""Stands for a character of a placeholder of one word, such as `<dataset>`."""

OPEN_PART = "\x02"
"""Stands for a character of what may be any number of words, such as `${{ inputs.arguments }}`."""

HOLE = "\ufffc"
"""Stands for what a Python f-string inserts; `python_strings.HOLE`."""

_UNKNOWN = regex(f"[{UNKNOWN_PART}{OPEN_PART}{HOLE}]")


class Value(NamedTuple):
    """What a piece of a word stands for.

    Attributes:
        text: what the program receives; None where it is not known.
        prefix: the known text at the beginning of an unknown value.
        is_open: it may be any number of words.
    """

    text: str | None
    prefix: str = ""
    is_open: bool = False

    @property
    def known(self) -> str:
        return self.prefix if self.text is None else self.text


UNKNOWN_VALUE = Value(None)
OPEN_VALUE = Value(None, is_open=True)


def joined(parts: Iterable[Value]) -> Value:
    """The value of parts written side by side."""
    known: list[str] = []
    values = list(parts)
    for value in values:
        known.append(value.known)
        if value.text is None:
            is_bare = not any(v.text for v in values)  # `$DIR/train.py` is taken for one word
            return Value(None, "".join(known), is_bare and any(v.is_open for v in values))
    return Value("".join(known))


def literal(text: str) -> Value:
    """The value of known text in which placeholders may stand."""
    unknown = _UNKNOWN.search(text)
    return Value(None, text[: unknown.start()]) if unknown else Value(text)


def unquoted_literal(text: str) -> Value:
    """The value of known text that the shell splits into words where blanks come in."""
    is_open = bool(text) and not text.strip(OPEN_PART + HOLE)
    return OPEN_VALUE if is_open else literal(text)


def make_word(source: MappedText, start: int, end: int, value: Value) -> Word:
    """The word that stands at `source.text[start:end]`."""
    return Word(
        value.text,
        source.span(start, end) if start < end else _point(source, start),
        is_movable=_stands_as_it_is(source, start, end),
        prefix=value.prefix,
        is_open=value.is_open,
    )


def _point(source: MappedText, index: int) -> Span:
    """The empty span before a character: a word that the grammar missed stands there."""
    place = source.starts[index] if index < len(source.starts) else source.ends[-1]
    return Span(place, place)


def _stands_as_it_is(source: MappedText, start: int, end: int) -> bool:
    """Whether the document has the same characters, one behind the other."""
    starts, ends, text = source.starts, source.ends, source.text
    return all(
        (ends[i] == starts[i] + 1 or text[i] == HOLE) and (i + 1 == end or ends[i] == starts[i + 1])
        for i in range(start, end)
    )


def placed_in(argv: Argv, outer: MappedText) -> Argv:
    """An argv that was found in `outer.text` alone, with places in the document."""
    return argv._replace(words=[_placed(word, outer) for word in argv.words])


def _placed(word: Word, outer: MappedText) -> Word:
    start, end = word.span
    is_movable = word.is_movable and _stands_as_it_is(outer, start, end)
    return word._replace(span=outer.span(start, end), is_movable=is_movable)


def substituted(
    source: MappedText, pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str]
) -> MappedText:
    """The text with every match replaced; a replacement's characters stand at the whole match.

    A replacement that is as long as its match keeps the places of the characters.
    """
    parts: list[MappedText] = []
    position = 0
    for match in pattern.finditer(source.text):
        start, end = match.span()
        new = replacement(match)
        parts.append(source.part(position, start))
        if len(new) == end - start:
            parts.append(MappedText(new, source.starts[start:end], source.ends[start:end]))
        elif new:
            span = source.span(start, end)
            parts.append(MappedText(new, [span.start] * len(new), [span.end] * len(new)))
        position = end
    if not parts:
        return source
    return MappedText.join([*parts, source.part(position, len(source.text))])


def lines_of(source: MappedText) -> Iterator[MappedText]:
    """The lines with their line breaks."""
    position = 0
    for line in re.findall(r"[^\n]*\n|[^\n]+", source.text):
        yield source.part(position, position + len(line))
        position += len(line)


_COMMENT_BLOCK = regex(r"(?:^[ \t]*#[^\n]*(?:\n|\Z))+", re.MULTILINE)
_COMMENT_SIGN = regex(r"^[ \t]*#+[!:]?[ \t]?", re.MULTILINE)


def comment_blocks(source: MappedText, sought: Sought = LAUNCHES) -> Iterator[MappedText]:
    """Comment lines that stand together and mention a command, without their `#`."""
    for match in _COMMENT_BLOCK.finditer(source.text):
        if sought.mention.search(match[0]):
            yield without(source.part(*match.span()), _COMMENT_SIGN)


def without(source: MappedText, pattern: re.Pattern[str]) -> MappedText:
    """The text with every match left out."""
    return substituted(source, pattern, lambda _: "")


def without_long_lines(source: MappedText) -> MappedText:
    """The text with blanks for lines that no person wrote, such as an image's data."""
    return substituted(source, _LONG_LINE, lambda match: " " * len(match[0]))


def unified_line_ends(source: MappedText) -> MappedText:
    """The text with LF for every CRLF and CR."""
    return substituted(source, _LINE_END, lambda _: "\n") if "\r" in source.text else source


_LONG_LINE = regex(r"[^\n]{10001,}")
_LINE_END = regex(r"\r\n?")
