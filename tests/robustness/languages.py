"""What an editor calls the language of a file."""

from __future__ import annotations

from pathlib import PurePath

_LANGUAGES = {
    ".py": "python",
    ".sh": "shellscript",
    ".md": "markdown",
    ".yml": "yaml",
    ".ps1": "powershell",
    ".ipynb": "python",
    "Makefile": "makefile",
    "justfile": "just",
    "Dockerfile": "dockerfile",
}


def language_of(name: str) -> str:
    return _LANGUAGES.get(PurePath(name).suffix) or _LANGUAGES[name]
