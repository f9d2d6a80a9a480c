"""Counts bytes of text per token, into tests/estimate/bytes_a_token.json and docs/time.md.

It needs an environment with `tokenizers` and `django`, whose messages are there in many languages,
and files of tokenizers by the name to show, as packages of npm ship them:

    python scripts/record_tokens.py "Gemma 3=…/tokenizer.json" "Llama 3=…/tokenizer.json" …
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from tokenizers import Tokenizer

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "tests" / "estimate" / "bytes_a_token.json"
PAGE = ROOT / "docs" / "time.md"
START, END = "<!-- bytes a token: begin -->", "<!-- bytes a token: end -->"
LANGUAGES = {
    "German": "de", "French": "fr", "Spanish": "es", "Portuguese": "pt_BR", "Russian": "ru",
    "Polish": "pl", "Turkish": "tr", "Arabic": "ar", "Persian": "fa", "Hebrew": "he",
    "Hindi": "hi", "Bengali": "bn", "Tamil": "ta", "Thai": "th", "Vietnamese": "vi",
    "Chinese": "zh_Hans", "Japanese": "ja", "Korean": "ko", "Greek": "el", "Georgian": "ka",
}  # fmt: skip


def main(named: list[str]) -> None:
    tokenizers = {
        name: Tokenizer.from_file(path) for name, _, path in (n.partition("=") for n in named)
    }
    found = {
        what: {name: _ratio(each, text) for name, each in tokenizers.items()}
        for what, text in texts().items()
    }
    RECORD.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    page = PAGE.read_text()
    before, rest = page.split(START)
    PAGE.write_text(f"{before}{START}\n\n{table(found)}\n\n{END}{rest.split(END)[1]}")


def _ratio(tokenizer: Tokenizer, text: str) -> float:
    tokens = tokenizer.encode(text, add_special_tokens=False).ids
    return round(len(text.encode()) / len(tokens), 2)


def table(found: dict[str, dict[str, float]]) -> str:
    names = list(next(iter(found.values())))
    lines = [f"| text | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for what, ratios in found.items():
        lines.append(f"| {what} | {' | '.join(f'{ratios[name]:.2f}' for name in names)} |")
    return "\n".join(lines)


def texts() -> dict[str, str]:
    library = sorted(Path(os.__file__).parent.glob("*.py"))[:100]
    code = [path.read_text(errors="replace") for path in library]
    typescript = [path.read_text() for path in sorted((ROOT / "extension").rglob("*.ts"))]
    recorded = sorted({*RECORD.parent.glob("*.json")} - {RECORD})
    data = [path.read_text()[:60_000] for path in recorded]
    return {
        "English: docstrings of Python": "\n".join(_docstrings(code))[:500_000],
        "English: messages of Django": "\n".join(_messages("de", "msgid")),
        "Python": "\n".join(code)[:500_000],
        "TypeScript": "\n".join(typescript),
        "JSON, mostly numbers": "\n".join(data),
        **{what: "\n".join(_messages(code, "msgstr")) for what, code in LANGUAGES.items()},
    }


def _docstrings(sources: list[str]) -> Iterator[str]:
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
                yield ast.get_docstring(node) or ""


def _messages(language: str, which: str) -> Iterator[str]:
    """What Django says in a language."""
    place = Path(django.__file__).parent
    for path in sorted(place.rglob(f"locale/{language}/LC_MESSAGES/django.po")):
        for match in re.finditer(
            rf'^{which}(?:\[\d\])? ((?:".*"\n?)+)', path.read_text(), re.MULTILINE
        ):
            text = "".join(ast.literal_eval(line) for line in match[1].strip().splitlines())
            if text and "Project-Id" not in text:
                yield text


if __name__ == "__main__":
    main(sys.argv[1:])
