"""Keywords that a library object refuses in the releases that a script will get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tunesmith.knowledge.histories import History, histories, packages_behind
from tunesmith.knowledge.likely import Likely, likely
from tunesmith.knowledge.signature_table import MODEL_LOADERS, signature_table
from tunesmith.knowledge.signatures import Versions, signature
from tunesmith.knowledge.versions import InForce, library, stale_since
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.sources.unknown import UNKNOWN
from tunesmith.text import regex

_LOADERS = regex(rf"transformers\.AutoModel(?:For\w+)?\.from_pretrained|{MODEL_LOADERS.pattern}")


class Refusal(NamedTuple):
    """An argument whose keyword raises TypeError.

    Attributes:
        argument: the argument; it has a name.
        removed: the keyword's history, where releases before the one in force took it.
        likely: what was meant instead.
        rests_on: the releases that decide it, the object's own package first.
    """

    argument: Argument
    removed: History | None
    likely: Likely | None
    rests_on: Sequence[InForce]


def refusals(call: Call, script: PythonScript, project: Project) -> Iterator[Refusal]:
    """The keywords that the called object surely refuses.

    A keyword that no release had is no refusal where the tables are old and "the newest release"
    is in force: it may be newer than they are.
    """
    if not call.name or not any(argument.name for argument in call.arguments):
        return
    name = object_meant(call.name, script)
    in_force = {package: library(package, script, project) for package in packages_behind(name)}
    versions = {package: each.version for package, each in in_force.items()}
    scanned = {package: each.scan for package, each in in_force.items() if each.scan}
    found = signature(name, versions, scanned)
    is_open = stale_since(project) and any(each.is_assumed for each in in_force.values())
    for argument in call.arguments:
        if not argument.name or _is_own(call, argument.name, script):
            continue
        if found is None or argument.name in found.parameters:
            continue
        is_refused = found.refuses(argument.name)
        if is_refused or _is_handed_on(name, argument):
            removed = _removed(name, argument.name, versions)
            if not removed and _shows_newer(name, argument.name, in_force):
                continue
            if removed or (is_refused and not is_open):
                meant = likely(name, argument.name, versions, scanned)
                yield Refusal(argument, removed, meant, list(in_force.values()))


def _is_own(call: Call, parameter: str, script: PythonScript) -> bool:
    """Whether a class of the script's own brings a field of that name."""
    if call.own_class is None or call.is_super:
        return False
    bases = [base for base in script.names.ancestors(call.own_class) if not isinstance(base, str)]
    return any(script.names.defines(each, parameter) for each in (call.own_class, *bases))


def _is_handed_on(name: str, argument: Argument) -> bool:
    """Whether a keyword goes on to something that raises, if the object itself does not take it.

    A loader hands it to the `__init__` of the model, where only `load_in_4bit` and its like are
    others' business; `load_dataset` to the builder's configuration, which lets None pass.
    """
    if name == "datasets.load_dataset":
        return argument.value is not None and argument.value is not UNKNOWN
    is_quantization = argument.name in ("load_in_4bit", "load_in_8bit")
    return _LOADERS.fullmatch(name) is not None and not is_quantization


_UNSLOTH_BASES = {"unsloth.UnslothTrainer": "trl.SFTTrainer"}
"""Classes of unsloth without an `__init__` of their own: it patches that of their bases."""


def object_meant(name: str, script: PythonScript) -> str:
    """The object of the tables that a name stands for: importing unsloth changes TRL's own."""
    unsloth = signature_table("unsloth")
    patched = f"unsloth.{_UNSLOTH_BASES.get(name, name)}"
    is_patched = unsloth and patched in unsloth and script.imports("unsloth")
    return patched if is_patched else name


def _shows_newer(name: str, parameter: str, in_force: Mapping[str, InForce]) -> bool:
    """Whether a keyword of newer releases shows that what a README tells to install is outdated."""
    for history in histories(name, parameter):
        release = in_force[history.package]
        if release.is_hearsay and release.version and history.added_after(release.version):
            return True
    return False


def _removed(name: str, parameter: str, versions: Versions) -> History | None:
    """The history of a parameter that a release not newer than the one in force took away."""
    for history in histories(name, parameter):
        version = versions[history.package]
        if version and history.removed_by(version):
            return history
    return None
