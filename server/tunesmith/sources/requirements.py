"""Requirements as installers read them, and where they are stated."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from tunesmith.named_tuple import NamedTuple
from tunesmith.pep508 import InvalidRequirement, Requirement, canonicalize_name
from tunesmith.text import Span, regex


class Pin(NamedTuple):
    """A requirement on a package, with a normalised name, and what states it.

    Attributes:
        origin: what states it, as users call it: "the header", "requirements.txt".
        path: the file that states it, where known.
        span: its place in that file, where known.
        text: the requirement as written.
        is_hearsay: no installer reads it: a README, or a notebook beside, tells people to.
    """

    requirement: Requirement
    origin: str
    path: PurePosixPath | None = None
    span: Span | None = None
    text: str = ""
    is_hearsay: bool = False

    @property
    def name(self) -> str:
        return self.requirement.name

    @property
    def is_exact(self) -> bool:
        """Whether it admits one release only."""
        return self.exact_version is not None

    @property
    def exact_version(self) -> str | None:
        """The one release that it admits, as written."""
        for each in self.requirement.specifier:
            if each.operator in ("==", "===") and not each.version.endswith(".*"):
                return each.version
        return None


def read_requirement(text: str) -> Requirement | None:
    """The requirement that a text states, its name normalised; None where it states none.

    The address of a repository or an archive stands for what it is named after:
    `git+https://…/trl.git` requires `trl`.
    """
    text = text.strip()
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        name = _name_of_address(text)
        if name is None:
            return None
        requirement = Requirement(f"{name} @ {text.partition('#')[0]}")
    requirement.name = canonicalize_name(requirement.name)
    return requirement


_ADDRESS = regex(r"(?:git|hg|svn|bzr)\+\w+://\S+|(?:https?|file)://\S+", re.IGNORECASE)
_EGG = regex(r"\begg=([\w.-]+)")
_NAME = regex(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")


def _name_of_address(text: str) -> str | None:
    if not _ADDRESS.fullmatch(text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    egg = _EGG.search(parts.fragment)
    file = parts.path.rstrip("/").rpartition("/")[2]
    if egg:
        name = egg[1]
    elif file.endswith(".whl"):
        from packaging.utils import InvalidWheelFilename, parse_wheel_filename

        try:
            name = parse_wheel_filename(file)[0]
        except InvalidWheelFilename:
            return None
    else:
        name = file.partition("@")[0].removesuffix(".git")
        name = re.sub(r"-\d.*|\.(?:zip|tar\.\w+)$", "", name)
    return name if _NAME.fullmatch(name) else None
