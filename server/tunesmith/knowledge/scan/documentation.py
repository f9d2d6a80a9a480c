"""What docstrings and `help` texts say of parameters: the first sentence, as plain text."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping

from tunesmith.text import regex

_ENTRY = regex(
    r"""^(?P<indent>\s*) (?:[-*]\s+)? [`*]{0,2} (?P<name>\w+) [`*]{0,2}
    \s* (?:\( .* \))? \s* (?:--|:) (?:\s+|$) (?P<text>.*)$""",
    re.VERBOSE,
)
_LINK = regex(r"\[([^\][]*)\](?:\([^()\s]*\))?")
_EMPHASIS = regex(r"(?<!\w)\*{1,2}(\w[^*]*)\*{1,2}")
_SENTENCE_END = regex(r"(?<!e\.g)(?<!i\.e)(?<!etc)(?<!vs)[.!?](?=\s+[^\s\da-z])")
_MAX_LENGTH = 200


def parameter_docs(docstring: str | None, names: Collection[str]) -> Mapping[str, str]:
    """The first sentence that a docstring's list of parameters says of each of `names`.

    Reads `name (type): text`, `name: text` and `**name** (type) -- text`.
    """
    docs: dict[str, str] = {}
    for name, text in _entries(docstring or "", names):
        if name not in docs and (sentence := first_sentence(text)):
            docs[name] = sentence
    return docs


def first_sentence(text: str) -> str:
    """The first sentence in one line without markup, cut after 200 characters."""
    plain = _EMPHASIS.sub(r"\1", _LINK.sub(r"\1", text.replace("%%", "%")))
    plain = " ".join(plain.replace("`", "").replace("~", "").split())
    end = _SENTENCE_END.search(plain)
    sentence = plain[: end.end()] if end else plain
    if sentence.endswith(":"):
        return ""  # it only leads up to a list
    if len(sentence) <= _MAX_LENGTH:
        return sentence
    return sentence[:_MAX_LENGTH].rpartition(" ")[0].rstrip(",;:") + " …"


def text_of(node: ast.expr | None) -> str:
    """The text of a string expression, as far as it is written out."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left) + text_of(node.right)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(text_of, node.values))
    return ""


def _entries(docstring: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Name and first paragraph of each entry."""
    lines = docstring.splitlines()
    for at, line in enumerate(lines):
        entry = _ENTRY.match(line)
        if entry and entry["name"] in names:
            paragraph = [entry["text"]]
            for following in lines[at + 1 :]:
                indent = len(following) - len(following.lstrip())
                is_over = not following.strip() or indent <= len(entry["indent"])
                if is_over or following.lstrip().startswith(("- ", "* ")):
                    break
                paragraph.append(following)
            yield entry["name"], " ".join(paragraph)
