"""A block of Python in Markdown, as rules see it; `markdown_python` finds them."""

from __future__ import annotations

from collections.abc import Sequence

from tunesmith.sources.document import Document
from tunesmith.sources.python_parse import ParsedCode
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.requirements import Pin
from tunesmith.sources.script_header import ScriptHeader


class PythonSnippet(PythonScript):
    """A block of Python in Markdown.

    Its document's text is that of the Markdown up to the end of the block, with nothing in front of
    it that could be read, so that all spans are spans of the Markdown.

    Attributes:
        installs: what the Markdown tells people to install.
    """

    def __init__(
        self,
        document: Document,
        header: ScriptHeader | None,
        code: ParsedCode,
        installs: Sequence[Pin] = (),
    ) -> None:
        super().__init__(document, header, code)
        self.installs = installs
