"""Libraries made of a few lines, which are scanned as real ones are."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from tunesmith.knowledge.scan.scanner import scan
from tunesmith.knowledge.scan.types import Scan, Signature


def scan_files(package: str, files: Mapping[str, str]) -> Scan:
    """Scan a package given as path -> source."""
    sources = {path: textwrap.dedent(text) for path, text in files.items()}
    return scan(package, sources.get, list(sources))


def defaults(signature: Signature) -> dict[str, str | None]:
    """The default of each parameter."""
    return {name: parameter.default for name, parameter in signature.parameters.items()}
