"""Python in the fences of Markdown: each block that is whole by itself, as a script of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from tunesmith.sources.commands.markdown import Fence, fences
from tunesmith.sources.commands.marks import Mark, mark_of
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.python_parse import ParsedCode, UnreadableScriptError, parse_document
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.sources.requirements import Pin, read_requirement
from tunesmith.sources.script_header import find_header
from tunesmith.text import MappedText, Span, regex

_LANGUAGE = regex(r"py(?:thon)?3?")
_FENCE = regex(r"^ {0,3}(?:```+|~~~+)[ \t{.]*py", re.MULTILINE | re.IGNORECASE)
_OURS = regex(
    r"\b(?:trl|peft|transformers|unsloth|huggingface_hub|datasets|bitsandbytes|trackio)\b"
)
_COMMENT = regex(r"#+(.*)")
_INSTALL = regex(r"\b(?:pip3?|uv)\b[^;&|\n`]{0,80}?\b(?:install|add)\b([^;&|\n`]{0,4000})")
_CONTINUED = regex(r"\\\r?\n")
_WORD = regex(r"\"[^\"\n]*\"|'[^'\n]*'|\S+")
_UNSLOTH = regex(r"^[ \t]*(?:import|from)[ \t]+unsloth\b", re.MULTILINE)
_BEFORE = "\0"
"""Stands for what is in front of a block, so that places in it are places in the document."""
_MOST_SNIPPETS = 100
"""A document with more was made by a program."""


def find_snippets(document: Document) -> Sequence[PythonSnippet]:
    """The Python blocks of a Markdown document that mention a library of ours and parse.

    Those that the text calls wrong are left out, and those of a document that patches TRL by
    unsloth in another block.
    """
    if not _FENCE.search(document.text):
        return ()
    return list(_snippets(document))


def _snippets(document: Document) -> Iterator[PythonSnippet]:
    source = MappedText.slice(document.text, Span(0, len(document.text)))
    is_patched = _UNSLOTH.search(document.text) is not None
    installs = list(_installs(document))
    for fence in islice(fences(source, _LANGUAGE, _OURS), _MOST_SNIPPETS):
        code = document.text[slice(*fence.span)]
        is_sound = not _is_wrong(fence, code) and not (is_patched and "unsloth" not in code)
        found = _read(document, fence.span, installs) if is_sound else None
        if found:
            yield found


def _is_wrong(fence: Fence, code: str) -> bool:
    """Whether the text in front of a block, or any comment in it, calls something in it wrong."""
    comments = (match[1] for match in _COMMENT.finditer(code))
    return fence.mark is Mark.WRONG or any(mark_of(each) is Mark.WRONG for each in comments)


def _read(document: Document, span: Span, installs: Sequence[Pin]) -> PythonSnippet | None:
    """A block as a script; None where it does not parse by itself, or its header is a fragment."""
    start, end = span
    if start == 0:
        return None
    code = document.text[start:end]
    text = _BEFORE * (start - 1) + "\n" + code
    whole = Document(document.path, Kind.PYTHON, text)
    header = find_header(whole) if "# ///" in code else None
    if header and header.errors:
        return None
    try:
        parsed = parse_document(Document(document.path, Kind.PYTHON, code))
    except UnreadableScriptError:
        return None
    source, offset = text[:start] + parsed.source, start + parsed.offset
    moved = ParsedCode(parsed.module, parsed.index, source, offset)
    return PythonSnippet(whole, header, moved, installs)


def _installs(document: Document) -> Iterator[Pin]:
    """The requirements that a document's `pip install` and `uv add` name, once each."""
    seen: set[str] = set()
    for command in _INSTALL.finditer(_CONTINUED.sub("  ", document.text)):
        for word in _WORD.finditer(command[1]):
            text = word[0].strip("\"'")
            requirement = None if text.startswith("-") else read_requirement(text)
            if requirement and text not in seen:
                seen.add(text)
                yield Pin(
                    requirement, document.path.name, document.path, text=text, is_hearsay=True
                )
