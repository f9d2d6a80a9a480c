"""The version in force: which release of a library a script or a command will get, and why.

`installation` says what is installed and by whom, `solution` in which versions, `explanation` why.
Where a URL, an index that nobody here knows or a release outside the tables decides, the version is
unknown, and rules stay silent on what depends on it.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from packaging.version import InvalidVersion, Version

from tunesmith.knowledge import tables
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.requirements import Pin

if TYPE_CHECKING:
    from tunesmith.knowledge.resolution import Cause
    from tunesmith.knowledge.scan.types import Scan
    from tunesmith.sources.python_script import PythonScript

STALE = datetime.timedelta(days=30)
"""Age of the tables from which on what rests on "the newest release" is only information."""


class InForce(NamedTuple):
    """The release of a package that will be used.

    Attributes:
        package: the distribution's normalised name.
        version: the release; None where it cannot be told.
        reason: what makes it so, as the end of a sentence: "pinned by `trl==0.20.0` in the header".
        is_assumed: it is the newest that the tables know, and a newer one would take its place.
        stated: the requirements that make it so.
        scan: what an installed release takes that is newer than the tables.
    """

    package: str
    version: Version | None
    reason: str
    is_assumed: bool = False
    stated: Sequence[Pin] = ()
    scan: Scan | None = None

    @property
    def is_hearsay(self) -> bool:
        """Whether only what people are told to install makes it so."""
        return any(pin.is_hearsay for pin in self.stated)

    def at_least(self, release: str) -> bool:
        """Whether the version is known and not older than a release."""
        return self.version is not None and self.version >= Version(release)

    def below(self, release: str) -> bool:
        """Whether the version is known and older than a release."""
        return self.version is not None and self.version < Version(release)

    def __str__(self) -> str:
        return f"{self.package} {self.version or 'of an unknown version'}, {self.reason}"


def library(package: str, script: PythonScript, project: Project) -> InForce:
    """The release of a library that a script will import."""
    known = _known.get(script)
    if known is None or known[0] is not project:
        known = _known[script] = (project, {})
    answers = known[1]
    if package not in answers:
        answers[package] = _library(package, script, project)
    return answers[package]


_known: WeakKeyDictionary[PythonScript, tuple[Project, dict[str, InForce]]] = WeakKeyDictionary()


def _library(package: str, script: PythonScript, project: Project) -> InForce:
    from tunesmith.knowledge.explanation import in_force  # only scripts that need it pay for it
    from tunesmith.knowledge.installation import installations

    return _common([in_force(package, each) for each in installations(script, project)])


def python(script: PythonScript, project: Project) -> InForce:
    """The Python that will run a script; a version of two parts stands for its newest patch."""
    from tunesmith.knowledge.installation import installations

    return _common([InForce("python", *each.python) for each in installations(script, project)])


def clashes(script: PythonScript, project: Project) -> Sequence[Sequence[Cause]]:
    """Why a script's requirements cannot be installed, for each way in which they cannot."""
    from tunesmith.knowledge.installation import installations
    from tunesmith.knowledge.solution import solve

    found = [solve(each).clash for each in installations(script, project) if not each.unknown]
    return [clash for clash in found if clash]


def stale_since(project: Project) -> datetime.date | None:
    """The date of the tables where they are too old to be relied on; None where they are not."""
    if project.today is None or project.today - tables.date() <= STALE:
        return None
    return tables.date()


def hub_of(command: LaunchCommand, project: Project) -> InForce:
    """The huggingface_hub release whose `hf` runs a command; unknown unless somebody says it."""
    if command.hub:
        return _told(command.hub, "by the command itself")
    setting = project.settings_for(command.path).hub_version
    if setting:
        return _told(setting, "by the setting hf-version")
    return InForce("huggingface-hub", None, "as nothing says which `hf` is installed")


def _told(version: str, reason: str) -> InForce:
    try:
        return InForce("huggingface-hub", Version(version), reason)
    except InvalidVersion:
        return InForce("huggingface-hub", None, f"as {version!r} is no version")


def _common(found: Sequence[InForce]) -> InForce:
    """What all ways to run a script agree on."""
    first = found[0]
    other = next((each for each in found if each.version != first.version), None)
    if other is None:
        return first
    one, two = (str(each.version or f"unknown, {each.reason}") for each in (first, other))
    return InForce(first.package, None, f"as it is {one} or {two}, by how the script is run")
