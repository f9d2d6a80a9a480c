"""The version in force: which release of a library a script or a command will get.

The script's header decides where it names the package, then what the files beside the script
require, else the newest release. Where a URL or a release outside the table decides, the version
is unknown, and rules stay silent on what depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from tunesmith.knowledge.releases import releases
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.python_script import PythonScript


@dataclass(frozen=True, slots=True)
class InForce:
    """The release of a package that will be used.

    Attributes:
        package: the distribution's normalised name.
        version: the release; None where it cannot be told.
        reason: what makes it so, as the end of a sentence: "by the script's header".
    """

    package: str
    version: Version | None
    reason: str

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
    own = script.header.requirement(package) if script.header else None
    if own and own.requirement:
        return _newest_admitted(package, [own.requirement], "by the script's header")
    pins = () if script.header else project.pins_for(script.path, package)
    if pins:
        origins = ", ".join(dict.fromkeys(pin.origin for pin in pins))
        return _newest_admitted(package, [pin.requirement for pin in pins], f"by {origins}")
    return _newest_admitted(package, [], "the newest release, as nothing pins it")


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


def _newest_admitted(package: str, requirements: Iterable[Requirement], reason: str) -> InForce:
    required = list(requirements)
    if any(requirement.url for requirement in required):
        return InForce(package, None, "as it comes from a URL")
    specifier = SpecifierSet()
    for requirement in required:
        specifier &= requirement.specifier
    admitted = list(specifier.filter(releases(package)))
    if not admitted:
        return InForce(package, None, f"as no known release satisfies {str(specifier)!r}")
    return InForce(package, max(admitted), reason)
