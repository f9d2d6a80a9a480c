"""Realistic documents with random damage. Everything follows from a number, to be repeated."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent / "data"
SEEDS = {path.name: path.read_text("utf-8") for path in sorted(DATA.iterdir())}

_TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
_ODDITIES = [
    *"\0\t\v\f\r\x1b\x7f\x85\xa0\xad\u0301\u200b\u2028\u202e\ufeff\ufffc\ufffd\uffff",
    *"éß\u01c5\u6f22ﬁ😀👩\u200d👧",
    "\ud800",
    "\udc00",
    "\r\n",
    "\\\n",
    '"""',
    "'''",
    "```",
    "<<EOF",
    "$(",
    "${",
    "{{",
    "}}",
    "#",
    "\\",
    "--",
    "# /// script\n",
    "hf jobs uv run ",
    " --flavor l4x1",
    "tunesmith: ignore",
]


class Mutant(NamedTuple):
    """A damaged seed, and the number that it follows from."""

    number: int
    name: str
    text: str

    def __str__(self) -> str:
        return f"mutation {self.number} of {self.name}"


def mutant(number: int) -> Mutant:
    """The document that follows from a number."""
    generator = random.Random(number)
    name = list(SEEDS)[number % len(SEEDS)]
    text = SEEDS[name]
    for _ in range(generator.choice([1, 1, 1, 2, 3, 8])):
        text = _damaged(name, text, generator)
    return Mutant(number, name, text)


def _damaged(name: str, text: str, generator: random.Random) -> str:
    is_notebook = name.endswith(".ipynb")
    if is_notebook and generator.random() < 0.8:
        return _with_damaged_cell(text, generator)
    return generator.choice(_DAMAGES)(text, generator)


def _with_damaged_cell(text: str, generator: random.Random) -> str:
    try:
        notebook = json.loads(text)
        cell = generator.choice(notebook["cells"])
        source = "".join(cell["source"])
    except (ValueError, LookupError, TypeError):
        return text
    cell["source"] = generator.choice(_DAMAGES)(source, generator).splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=generator.random() < 0.5)


def _truncate(text: str, generator: random.Random) -> str:
    return text[: generator.randint(0, len(text))]


def _insert(text: str, generator: random.Random) -> str:
    at = generator.randint(0, len(text))
    return text[:at] + generator.choice(_ODDITIES) + text[at:]


def _graft(text: str, generator: random.Random) -> str:
    """Put a piece of any seed somewhere."""
    other = generator.choice(list(SEEDS.values()))
    start = generator.randrange(len(other))
    at = generator.randint(0, len(text))
    return text[:at] + other[start : start + generator.randint(1, 300)] + text[at:]


def _on_pieces(split: Callable[[str], list[str]]) -> Sequence[Callable[..., str]]:
    """Ways to delete, double, swap and move the pieces of a text."""

    def delete(text: str, generator: random.Random) -> str:
        pieces = split(text)
        start = generator.randint(0, len(pieces))
        del pieces[start : start + generator.choice([1, 1, 2, 5])]
        return "".join(pieces)

    def double(text: str, generator: random.Random) -> str:
        pieces = split(text)
        start = generator.randint(0, len(pieces))
        piece = pieces[start : start + generator.choice([1, 1, 3])]
        return "".join([*pieces[:start], *piece * 2, *pieces[start + len(piece) :]])

    def swap(text: str, generator: random.Random) -> str:
        pieces = split(text)
        if pieces:
            one, other = generator.randrange(len(pieces)), generator.randrange(len(pieces))
            pieces[one], pieces[other] = pieces[other], pieces[one]
        return "".join(pieces)

    return delete, double, swap


_DAMAGES: Sequence[Callable[[str, random.Random], str]] = [
    _truncate,
    _insert,
    _insert,
    _graft,
    *_on_pieces(list),
    *_on_pieces(_TOKEN.findall),
    *_on_pieces(_TOKEN.findall),
    *_on_pieces(lambda text: text.splitlines(keepends=True)),
]
