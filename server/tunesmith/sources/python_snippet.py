"""A block of Python in Markdown, as rules see it; `markdown_python` finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.requirements import Pin


@dataclass(eq=False)
class PythonSnippet(PythonScript):
    """A block of Python in Markdown.

    Its document's text is that of the Markdown up to the end of the block, with nothing in front of
    it that could be read, so that all spans are spans of the Markdown.

    Attributes:
        installs: what the Markdown tells people to install.
    """

    installs: Sequence[Pin] = field(default=(), repr=False)
