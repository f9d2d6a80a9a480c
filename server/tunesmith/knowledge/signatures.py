"""What classes and functions of the libraries take in the releases in force.

An object is composed with what it inherits: SFTConfig of one TRL over TrainingArguments of one
transformers. What a table does not know is unknown, and nothing follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from packaging.version import Version

from tunesmith.knowledge.scan.types import Parameter, Scan, Signature
from tunesmith.knowledge.signature_table import inherited, package_of, signature_table
from tunesmith.named_tuple import NamedTuple

Versions = Mapping[str, "Version | None"]
"""Normalised name of a package -> the release in force; None or no entry where it is unknown."""


class OwnedParameter(NamedTuple):
    """A parameter, and the object that brings it.

    Attributes:
        name: as the keyword is written.
        owner: canonical name of the object that defines it, as "transformers.TrainingArguments".
        facts: its default, allowed values and so on in the release in force.
    """

    name: str
    owner: str
    facts: Parameter

    @property
    def package(self) -> str:
        """The normalised name of the package whose release decides."""
        return package_of(self.owner)


class ComposedSignature(NamedTuple):
    """What an object takes, all bases included.

    Attributes:
        name: its canonical name.
        module: the module that defines it.
        parameters: by name; what must be given by itself and what it inherits.
        positional: the names that may be given by position, in order; of a configuration only
            the first, as the order of its fields changes and is not in the tables.
        takes_any: other keywords do not raise.
        is_complete: all bases are known. Where one is not, a missing name means nothing.
    """

    name: str
    module: str
    parameters: Mapping[str, OwnedParameter]
    positional: Sequence[str]
    takes_any: bool
    is_complete: bool

    def refuses(self, parameter: str) -> bool:
        """Whether a keyword surely raises TypeError."""
        return self.is_complete and not self.takes_any and parameter not in self.parameters


def signature(
    name: str, versions: Versions, scanned: Mapping[str, Scan] | None = None
) -> ComposedSignature | None:
    """What an object takes in the releases in force.

    Args:
        name: canonical name, as "trl.SFTConfig".
        versions: the releases in force.
        scanned: package -> scan of the installed release, which then stands for its version.

    Returns:
        None where the package's release or the object in it is unknown.
    """
    if scanned:
        return _compose(name, dict(versions), scanned)
    return _composed(name, tuple(sorted(versions.items())))


@lru_cache(maxsize=512)
def _composed(
    name: str, versions: tuple[tuple[str, Version | None], ...]
) -> ComposedSignature | None:
    return _compose(name, dict(versions), {})


def _compose(
    name: str, versions: Versions, scanned: Mapping[str, Scan]
) -> ComposedSignature | None:
    own = _own(name, versions, scanned)
    if own is None:
        return None
    bases = [_compose(base, versions, scanned) for base in own.bases]
    known = [base for base in bases if base]
    parameters: dict[str, OwnedParameter] = {}
    for base in reversed(known):
        parameters.update(base.parameters)
    for parameter, facts in own.parameters.items():
        inherited = parameters.get(parameter)
        merged = _over(facts, inherited.facts) if inherited else facts
        parameters[parameter] = OwnedParameter(parameter, name, merged)
    return ComposedSignature(
        name=name,
        module=own.module,
        parameters=parameters,
        positional=_positional(own, known),
        takes_any=own.takes_any or any(base.takes_any for base in known),
        is_complete=len(known) == len(bases) and all(base.is_complete for base in known),
    )


def _own(name: str, versions: Versions, scanned: Mapping[str, Scan]) -> Signature | None:
    package = package_of(name)
    if package in scanned:
        return scanned[package].get(name) or scanned[package].get(inherited(name))
    table = signature_table(package)
    position = table.position(versions.get(package)) if table else None
    return table.signature(name, position) if table and position is not None else None


def _over(own: Parameter, inherited: Parameter) -> Parameter:
    """A redefined parameter: what the base checks and warns of, it still does."""
    return own._replace(
        choices=own.choices or inherited.choices,
        deprecated=own.deprecated or inherited.deprecated,
        replaced_by=own.replaced_by or inherited.replaced_by,
        doc=own.doc or inherited.doc,
    )


def _positional(own: Signature, bases: Sequence[ComposedSignature]) -> Sequence[str]:
    """The order that is known: of a dataclass the first field, which the farthest base brings."""
    if own.positional is not None:
        return own.positional
    inherited = [name for base in reversed(bases) for name in base.positional]
    return [*inherited, *own.parameters][:1]
