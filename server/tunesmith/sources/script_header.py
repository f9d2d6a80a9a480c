"""The PEP 723 header of a script: its requirements, `[tool.uv]` and `[tool.hf-jobs]`.

Format: https://packaging.python.org/en/latest/specifications/inline-script-metadata/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from packaging.requirements import Requirement

from tunesmith.text import Span


@dataclass(frozen=True, slots=True)
class HeaderRequirement:
    """One entry of `dependencies`.

    Attributes:
        text: the entry as TOML gives it.
        requirement: what it means; None where it is no valid requirement.
        span: the string with its quotes, in the document.
        removal: what to delete so that the entry is gone and the header stays valid: the string
            with its comma, and its whole line where nothing else stands on it.
    """

    text: str
    requirement: Requirement | None
    span: Span
    removal: Span

    @property
    def name(self) -> str | None:
        """The normalised distribution name."""


@dataclass(frozen=True, slots=True)
class HeaderError:
    """Why a header cannot be used, and where."""

    span: Span
    message: str


@dataclass(frozen=True)
class ScriptHeader:
    """A script's `# /// script` block.

    Attributes:
        path: the script.
        span: the whole block, from `# /// script` to `# ///`.
        table: the TOML as Python values; empty where it does not parse.
        dependencies: the entries with their places, in order.
        errors: bad TOML, a second block, wrong types; such a header gives no findings but these.
    """

    path: PurePosixPath
    span: Span
    table: Mapping[str, Any]
    dependencies: Sequence[HeaderRequirement]
    errors: Sequence[HeaderError] = ()
