"""What somebody meant who gave an object a keyword that it does not take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from tunesmith.knowledge.histories import histories
from tunesmith.knowledge.scan.types import Scan
from tunesmith.knowledge.signatures import ComposedSignature, Versions, signature
from tunesmith.named_tuple import NamedTuple
from tunesmith.text import close_matches, regex

_CLOSE, _CLOSE_HEAD = 0.8, 0.7
_DIGITS = regex(r"\d+")
_MOST_RENAMES = 3


class Why(Enum):
    """What makes a keyword likely; the first one is the surest."""

    RENAMED = "the library says that the name is new"
    MISPLACED = "another object takes it"
    MISSPELLED = "the names differ in few letters"


class Likely(NamedTuple):
    """A keyword that the releases in force take.

    Attributes:
        object: canonical name of what takes it.
        parameter: its name there.
        why: what speaks for it.
    """

    object: str
    parameter: str
    why: Why


def likely(
    name: str, parameter: str, versions: Versions, scanned: Mapping[str, Scan] | None = None
) -> Likely | None:
    """What was meant by a keyword that an object refuses in the releases in force.

    Looks at the object, and at the configuration that goes with a trainer or the trainer that
    goes with a configuration: for the new name, the same name there, or a close spelling.
    """
    known = [
        (each, found)
        for each in (name, *counterparts(name))
        if (found := signature(each, versions, scanned))
    ]
    return next(_candidates(known, parameter), None)


def counterparts(name: str) -> Iterator[str]:
    """The configuration of a trainer, or the trainer of a configuration."""
    theirs = "Config" if name.startswith(("trl.", "unsloth.trl.")) else "TrainingArguments"
    if name.endswith("Trainer"):
        yield name.removesuffix("Trainer") + theirs
    elif name.endswith(theirs):
        yield name.removesuffix(theirs) + "Trainer"


def _candidates(known: list[tuple[str, ComposedSignature]], parameter: str) -> Iterator[Likely]:
    for name, found in known:
        if parameter in found.parameters:
            yield Likely(name, parameter, Why.MISPLACED)
        renamed = _new_name(found, parameter)
        if renamed:
            yield Likely(name, renamed, Why.RENAMED)
    for name, found in known:
        welcome = [each for each, taken in found.parameters.items() if not taken.facts.deprecated]
        for close in close_matches(parameter, welcome, n=1, cutoff=_CLOSE):
            if not is_misspelling(parameter, close):
                continue
            if _may_follow(name, close, [each.name for _, each in known], parameter):
                yield Likely(name, close, Why.MISSPELLED)


def is_misspelling(written: str, meant: str) -> bool:
    """Whether two close names can be the same word: `bnb_8bit_x` is no misspelt `bnb_4bit_x`, nor
    is `sft_config` a misspelt `peft_config`, as only their last part is what makes them alike."""
    if _DIGITS.findall(written) != _DIGITS.findall(meant):
        return False
    head, _, tail = written.rpartition("_")
    other, _, end = meant.rpartition("_")
    if tail != end:
        return True
    from difflib import SequenceMatcher  # few words get here

    return SequenceMatcher(None, head, other).ratio() >= _CLOSE_HEAD


def _may_follow(name: str, close: str, names: Sequence[str], parameter: str) -> bool:
    """Whether a close name is no older sibling of a keyword that once was one itself."""
    once = [found for each in names for found in histories(each, parameter)]
    return all(
        new.added > old.added
        for new in histories(name, close)
        for old in once
        if new.package == old.package
    )


def _new_name(found: ComposedSignature, parameter: str) -> str | None:
    """The name that a signature takes, of a name that some release of it took."""
    current = parameter
    for _ in range(_MOST_RENAMES):
        names = [each.replaced_by for each in histories(found.name, current) if each.replaced_by]
        if not names:
            return None
        current = names[0]
        if current in found.parameters:
            return current
    return None
