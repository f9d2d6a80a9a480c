"""The versions in force for all that a script names, as the command line and a hover show them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tunesmith.knowledge import versions
from tunesmith.knowledge.installation import installations
from tunesmith.knowledge.releases import is_tracked
from tunesmith.knowledge.resolution import Cause
from tunesmith.knowledge.versions import InForce
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.pip_cells import ORIGIN
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import regex

_IMPORT = regex(r"^[ \t]*(?:from|import)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
_DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn", "yaml": "pyyaml"}
"""Distributions whose name is not that of their module."""


class Overview(NamedTuple):
    """What a script gets.

    Attributes:
        packages: the tracked packages that it requires or imports, in the order of the text.
        python: the Python that runs it.
        clashes: why its requirements cannot be installed; empty where they can.
    """

    packages: Sequence[InForce]
    python: InForce
    clashes: Sequence[Sequence[Cause]]


def overview(script: PythonScript, project: Project) -> Overview:
    """What a script gets, with the reasons."""
    names = dict.fromkeys(name for name in _names(script, project) if is_tracked(name))
    return Overview(
        [versions.library(name, script, project) for name in names],
        versions.python(script, project),
        versions.clashes(script, project),
    )


def _names(script: PythonScript, project: Project) -> Iterator[str]:
    for installation in installations(script, project):
        for pin in (*installation.additions, *installation.pins):
            if installation.is_whole or pin.origin == ORIGIN:
                yield pin.name
    for match in _IMPORT.finditer(script.text):
        yield _DISTRIBUTIONS.get(match[1], match[1].lower().replace("_", "-"))
