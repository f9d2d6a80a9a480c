"""The scan of one release of a library."""

from __future__ import annotations

from collections.abc import Sequence

from tunesmith.knowledge.scan.classes import Signatures
from tunesmith.knowledge.scan.libraries import LIBRARIES
from tunesmith.knowledge.scan.modules import Library
from tunesmith.knowledge.scan.types import ReadFile, Scan


def scan(package: str, read: ReadFile, files: Sequence[str]) -> Scan:
    """Read what a release of a library takes. A file that does not parse counts as missing.

    Sources that nest too deeply to be read make the result empty.

    Args:
        package: the package's name on the index, as "huggingface-hub".
        read: gives a file's text; called only with paths among `files`.
        files: the release's paths below site-packages.

    Raises:
        ValueError: for a package that is none of `LIBRARIES`.
    """
    objects = LIBRARIES.get(package)
    if objects is None:
        known = ", ".join(sorted(LIBRARIES))
        raise ValueError(f"Nothing is known of {package!r}; the libraries are {known}.")
    try:
        return dict(objects(Signatures(Library(read, files))))
    except RecursionError:
        return {}  # a part of it would tell that the rest was removed
