"""A document that nobody writes on purpose, and what is expected of a check of it."""

from __future__ import annotations

from typing import NamedTuple

COMMAND = "hf jobs uv run train.py --flavor a10g-large"
"""A command with one finding, flags-after-script."""


class Nasty(NamedTuple):
    """A generated document.

    Attributes:
        title: what is nasty about it; unique.
        name: the file's name; its suffix tells the kind.
        data: the file's bytes.
        findings: the rules that must find something; None where anything may be found, or none.
    """

    title: str
    name: str
    data: bytes
    findings: frozenset[str] | None = None

    @property
    def text(self) -> str:
        """What an editor that opens the file shows."""
        return self.data.decode("utf-8", "surrogatepass")

    @property
    def is_text(self) -> bool:
        """Whether an editor would open it as UTF-8."""
        try:
            _ = self.text
        except UnicodeDecodeError:
            return False
        return True


FLAGS = frozenset({"flags-after-script"})


def nasty(
    title: str, name: str, text: str | bytes, findings: frozenset[str] | None = None
) -> Nasty:
    """A nasty document of a text, which may hold lone surrogates."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return Nasty(title, name, data, findings)
